"""What events keeps of a guest, for the guest alone, though a sale is everybody's."""

import json

from tests.integration.events.house import House, Json, Who
from tests.integration.events.test_story import ada, bob, hold, olga, on_sale, order_paid, stranger


async def taken(house: House, who: Who) -> Json:
    await house.quiet()
    return await house.ask(who, "GET", "/me/data")


async def test_a_guest_takes_out_their_seats_and_tickets_and_nobody_elses(house: House) -> None:
    gathering_id = await on_sale(house, 5)
    held = await hold(house, gathering_id, holder="Ada Lovelace")
    await hold(house, gathering_id, bob, holder="Bob Bishop")
    await house.hear(order_paid(held))
    document = await taken(house, ada)
    facts = {fact["type"]: fact for fact in document["facts"]}
    assert facts["TicketIssued"]["data"]["holder"] == "Ada Lovelace"
    assert facts["SeatHeld"]["data"]["seats"]["person_id"] == str(ada.person_id)
    # What the sale is for everybody is not about her.
    assert "SaleOpened" not in facts
    assert [one["type"] for one in document["heard"]] == ["io.tessera.billing.OrderPaid"]
    assert document["heard"][0]["source"] == "billing"
    (of_bob,) = (await taken(house, bob))["facts"]
    assert of_bob["data"]["holder"] == "Bob Bishop"
    for private in ("Bob", str(bob.person_id), str(bob.account_id)):
        assert private not in json.dumps(document)
    for nobody in (olga, stranger):
        assert (await taken(house, nobody))["facts"] == []
