"""Somebody who has no account gives, looks, stops and is forgotten, by what membership signs and a letter brings."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from services.membership.gateways.passes import PASS_LIFE, Passes
from shared.contracts import billing_checkout, billing_donation, billing_message, billing_payment
from shared.contracts import billing_privacy as privacy
from shared.contracts.membership_member import PersonErased
from shared.ids import random_id
from tests.integration.billing import cards
from tests.integration.billing.shop import ORIGIN, Shop, ada, community, olga
from tests.integration.events.house import TOKEN_KEY, Json

DOOR = f"/public/communities/{community}/donations"


@pytest.fixture(autouse=True)
async def _opened(shop: Shop) -> None:
    await shop.opens()


def euros(minor: int) -> Json:
    return {"minor": minor, "currency": "EUR"}


async def asks_for(shop: Shop, interval: str = "once", **more: Any) -> str:
    """An offer that people give to."""
    price = {"amount": euros(2000), "minimum": euros(500), "presets": [euros(1000), euros(2000)]}
    body = {"name": "Roof", "prices": [price], "interval": interval, "donation": True} | more
    published = await shop.house.ask(olga, "POST", "/offers", body)
    await shop.house.quiet()
    return str(published["offer_id"])


def pass_for(shop: Shop, person_id: UUID | None = None, community_id: UUID = community) -> str:
    return Passes(TOKEN_KEY).sign(person_id or random_id(), community_id, "live", shop.now)


def gift(shop: Shop, offer_id: str, minor: int = 2000, **more: Any) -> Json:
    return {
        "guest_pass": pass_for(shop),
        "offer_id": offer_id,
        "amount": euros(minor),
        "return_url": f"{ORIGIN}/thanks",
    } | more


async def opens(shop: Shop, offer_id: str, **more: Any) -> str:
    """The link to pay by."""
    opened = await shop.house.ask(None, "POST", DOOR, gift(shop, offer_id, **more))
    await shop.house.quiet()
    return str(opened["link"])


async def pays(shop: Shop, link: str, number: str = cards.GOOD) -> Json:
    body = {"payment_method": await shop.card(number)}
    await shop.house.ask(None, "POST", f"/public/donations/{link}/pay", body)
    return await shop.until(
        None, f"/public/donations/{link}", lambda seen: seen["state"] == "completed"
    )


async def letter(shop: Shop) -> tuple[billing_message.MessageRequested, str]:
    """The last that the giver is sent, and the link in it."""
    told = await shop.until_told(billing_message.MessageRequested)
    assert told[-1].link is not None
    return told[-1], told[-1].link.removeprefix("/donations/")


async def gives(shop: Shop, interval: str = "once", **more: Any) -> str:
    """The link of the letter, once it is paid."""
    await pays(shop, await opens(shop, await asks_for(shop, interval), **more))
    await shop.house.quiet()
    return (await letter(shop))[1]


async def refused(shop: Shop, body: Json) -> tuple[int, str]:
    return await shop.house.refusal(None, "POST", DOOR, body)


async def test_a_stranger_gives_in_two_steps_and_is_thanked(shop: Shop) -> None:
    gus = random_id()
    link = await opens(shop, await asks_for(shop), guest_pass=pass_for(shop, gus))
    seen = await pays(shop, link)
    assert (seen["amount"], seen["recurs"], seen["of_letter"]) == (euros(2000), False, False)
    await shop.house.quiet()
    thanks, by_letter = await letter(shop)
    assert (thanks.template, thanks.person_id) == ("donation_received", gus)
    shown = await shop.house.ask(None, "GET", f"/public/donations/{by_letter}")
    assert shown["of_letter"] is True
    (receipt,) = shown["receipts"]
    assert (receipt["amount"], receipt["returned"]) == (euros(2000), euros(0))
    (paid,) = await shop.told(billing_payment.PaymentSucceeded)
    assert [(line.charged_for, line.amount.minor) for line in paid.lines] == [("donation", 2000)]
    (came,) = await shop.told(billing_donation.DonationReceived)
    assert (came.person_id, came.amount.minor, came.recurs) == (gus, 2000, False)
    assert len(await shop.told(billing_message.MessageRequested)) == 1


async def test_on_stripes_own_page(shop: Shop) -> None:
    link = await opens(shop, await asks_for(shop))
    path = f"/public/donations/{link}"
    await shop.house.ask(None, "POST", f"{path}/pay-on-page")
    seen = await shop.until(None, path, lambda seen: seen["processor"]["page_url"])
    async with httpx.AsyncClient() as browser:
        await browser.post(seen["processor"]["page_url"], json={"number": cards.GOOD})
    await shop.house.ask(None, "POST", f"{path}/return")
    await shop.until(None, path, lambda seen: seen["state"] == "completed")
    assert [charge["amount"] for charge in await shop.charges()] == [2000]


async def test_by_the_month_until_the_letter_stops_it(shop: Shop) -> None:
    by_letter = await gives(shop, "month")
    thanks, _ = await letter(shop)
    assert thanks.template == "donation_received_recurring"
    path = f"/public/donations/{by_letter}"
    before = await shop.house.ask(None, "GET", path)
    assert (before["regular"]["state"], before["regular"]["stops_at"]) == ("active", None)
    await shop.house.ask(
        None, "POST", f"{path}/card", {"payment_method": await shop.card(cards.GOOD)}
    )
    await shop.house.quiet()
    await shop.at(shop.now + timedelta(days=32))
    again = await shop.until(None, path, lambda seen: len(seen["receipts"]) == 2)
    await shop.house.ask(None, "POST", f"{path}/stop")
    await shop.house.quiet()
    stopped = await shop.house.ask(None, "GET", path)
    assert stopped["regular"]["stops_at"] == again["regular"]["runs_until"]
    await shop.at(shop.now + timedelta(days=64))
    assert len((await shop.house.ask(None, "GET", path))["receipts"]) == 2
    assert [charge["amount"] for charge in await shop.charges()] == [2000, 2000]


async def gives_card(shop: Shop, path: str, number: str = cards.GOOD) -> Json:
    """What the donation says of the card, once the processor has answered."""
    body = {"payment_method": await shop.card(number)}
    await shop.house.ask(None, "POST", f"{path}/card", body)
    await shop.house.quiet()
    shown: Json = (await shop.house.ask(None, "GET", path))["card"]
    return shown


async def test_a_card_that_is_refused_is_seen_by_who_has_the_letter(shop: Shop) -> None:
    link = await opens(shop, await asks_for(shop, "month"))
    await pays(shop, link)
    await shop.house.quiet()
    path = f"/public/donations/{(await letter(shop))[1]}"
    refused = await gives_card(shop, path, cards.REFUSED_WHEN_KEPT)
    assert (refused["state"], bool(refused["code"])) == ("refused", True)
    assert (await shop.house.ask(None, "GET", f"/public/donations/{link}"))["card"] is None
    assert await gives_card(shop, path) == {"state": "saved", "code": None}


async def test_a_card_by_a_letter_pays_for_no_other_donation_in_that_name(shop: Shop) -> None:
    offer_id, gus = await asks_for(shop, "month"), random_id()
    await pays(shop, await opens(shop, offer_id, guest_pass=pass_for(shop, gus)))
    await shop.house.quiet()
    own = f"/public/donations/{(await letter(shop))[1]}"
    by_stranger = await opens(shop, offer_id, minor=9000, guest_pass=pass_for(shop, gus))
    await pays(shop, by_stranger)
    await shop.house.quiet()
    customers = [charge["payment_method"] for charge in await shop.charges()]
    given = await gives_card(shop, own)
    assert given["state"] == "saved"
    await shop.at(shop.now + timedelta(days=32))
    await shop.until(None, own, lambda seen: len(seen["receipts"]) == 2)
    await shop.house.quiet()
    by_card = {charge["amount"]: charge["payment_method"] for charge in (await shop.charges())[2:]}
    assert by_card[9000] in customers
    assert by_card[2000] not in customers


async def test_who_only_opened_it_pays_and_does_no_more(shop: Shop) -> None:
    link = await opens(shop, await asks_for(shop, "month"))
    await pays(shop, link)
    card = {"payment_method": await shop.card()}
    for door, body in (("stop", None), ("card", card), ("erasure", None)):
        path = f"/public/donations/{link}/{door}"
        assert await shop.house.refusal(None, "POST", path, body) == (403, "bad_link")
    await shop.at(shop.now + timedelta(days=2))
    path = f"/public/donations/{link}"
    assert await shop.house.refusal(None, "GET", path) == (403, "bad_link")
    assert await shop.house.refusal(None, "GET", "/public/donations/x") == (403, "bad_link")


async def test_a_pass_is_good_once_and_a_repeat_answers_the_same(shop: Shop) -> None:
    offer_id, key = await asks_for(shop), str(uuid4())
    body = gift(shop, offer_id)
    first = await shop.house.ask(None, "POST", DOOR, body, Idempotency_Key=key)
    again = await shop.house.ask(None, "POST", DOOR, body, Idempotency_Key=key)
    assert first["checkout_id"] == again["checkout_id"]
    assert await refused(shop, body) == (422, "guest_pass_used")
    assert await refused(shop, body | {"amount": euros(900)}) == (422, "guest_pass_used")


async def test_a_pass_that_is_old_or_for_another_community_opens_nothing(shop: Shop) -> None:
    offer_id = await asks_for(shop)
    elsewhere = gift(shop, offer_id, guest_pass=pass_for(shop, community_id=uuid4()))
    assert await refused(shop, elsewhere) == (422, "foreign_guest_pass")
    assert await refused(shop, gift(shop, offer_id, guest_pass=ada.token)) == (
        422,
        "invalid_guest_pass",
    )
    body = gift(shop, offer_id)
    await shop.at(shop.now + PASS_LIFE)
    assert await refused(shop, body) == (422, "guest_pass_expired")


async def test_a_pass_signs_nobody_in(shop: Shop) -> None:
    headers = {"Authorization": f"Bearer {pass_for(shop)}"}
    for path in ("/subscriptions", "/me/data", "/donors"):
        assert (await shop.house.client.get(path, headers=headers)).status_code == 401


async def test_only_what_asks_for_nothing_in_return_is_given_to(shop: Shop) -> None:
    sold = await shop.offer(2000, "once")
    body = gift(shop, sold)
    del body["amount"]
    assert await refused(shop, body) == (422, "not_a_donation")
    assert await refused(shop, gift(shop, str(uuid4()))) == (422, "offer_not_on_sale")
    offer_id = await asks_for(shop)
    assert await refused(shop, gift(shop, offer_id, minor=499)) == (422, "amount_below_minimum")
    assert await refused(shop, gift(shop, offer_id, show_name=True)) == (422, "name_missing")
    away = gift(shop, offer_id, return_url="https://elsewhere.test/thanks")
    assert await refused(shop, away) == (422, "foreign_return_url")
    await shop.house.quiet()
    assert await shop.charges() == []


async def test_an_offer_of_another_community_is_not_to_be_had_here(shop: Shop) -> None:
    offer_id = await asks_for(shop)
    there = uuid4()
    path = f"/public/communities/{there}/donations"
    body = gift(shop, offer_id, guest_pass=pass_for(shop, community_id=there))
    assert (await shop.house.refusal(None, "POST", path, body))[0] == 404


async def test_a_declined_card_may_be_followed_by_another(shop: Shop) -> None:
    link = await opens(shop, await asks_for(shop))
    path = f"/public/donations/{link}"
    body = {"payment_method": await shop.card(cards.REFUSED_WHEN_CHARGED)}
    await shop.house.ask(None, "POST", f"{path}/pay", body)
    await shop.until(None, path, lambda seen: seen["problem"] is not None)
    await pays(shop, link)
    assert len(await shop.charges()) == 1


async def test_staff_see_who_gave_and_a_name_of_who_wants_it_shown(shop: Shop) -> None:
    offer_id = await asks_for(shop)
    shown, hidden = random_id(), random_id()
    by_name: Json = {"name": "Gus", "show_name": True, "guest_pass": pass_for(shop, shown)}
    await pays(shop, await opens(shop, offer_id, **by_name))
    more: Json = {"minor": 700, "guest_pass": pass_for(shop, shown)}
    await pays(shop, await opens(shop, offer_id, **more))
    silent: Json = {"name": "Ida", "guest_pass": pass_for(shop, hidden)}
    await pays(shop, await opens(shop, offer_id, **silent))
    await shop.buys({"offer_id": offer_id, "amount": euros(600)})
    await shop.house.quiet()
    listed = (await shop.house.ask(olga, "GET", "/donors"))["items"]
    donors = {UUID(one["person_id"]): one for one in listed}
    told = {
        person_id: (one["given"]["minor"], one["gifts"], one["is_guest"], one["name"])
        for person_id, one in donors.items()
    }
    assert told == {
        shown: (2700, 2, True, "Gus"),
        hidden: (2000, 1, True, None),
        ada.person_id: (600, 1, False, None),
    }
    assert (await shop.house.refusal(ada, "GET", "/donors"))[0] == 403
    first = await shop.house.ask(olga, "GET", "/donors?limit=2")
    rest = await shop.house.ask(olga, "GET", f"/donors?limit=2&after={first['next']}")
    assert [*first["items"], *rest["items"]] == listed
    # Members are not thanked by letter.
    assert len(await shop.told(billing_donation.DonationReceived)) == 3


async def test_who_has_the_letter_is_forgotten_and_gives_no_more(shop: Shop) -> None:
    gus = random_id()
    by_name: Json = {"name": "Gus", "show_name": True, "guest_pass": pass_for(shop, gus)}
    by_letter = await gives(shop, "month", **by_name)
    path = f"/public/donations/{by_letter}"
    await shop.house.ask(None, "POST", f"{path}/erasure")
    (asked,) = await shop.until_told(billing_donation.DonorErasureAsked)
    assert asked.person_id == gus
    erased = PersonErased(community_id=community, occurred_at=shop.now, person_id=gus)
    await shop.house.hear(erased, stream_id=gus)
    await shop.until_told(privacy.PersonForgotten)
    await shop.house.quiet()
    assert await shop.house.refusal(None, "GET", path) == (404, "donation_not_found")
    (donor,) = (await shop.house.ask(olga, "GET", "/donors"))["items"]
    shown = donor["name"], donor["given"]["minor"], donor["is_guest"]
    assert shown == (None, 2000, True)
    await shop.at(shop.now + timedelta(days=40))
    assert len(await shop.charges()) == 1


async def test_a_guest_hands_in_by_which_link_they_came(shop: Shop) -> None:
    via, guest = {"visit": "a-visit", "agreed": True}, random_id()
    offer_id = await asks_for(shop)
    body = gift(shop, offer_id, via=via, guest_pass=pass_for(shop, guest))
    opened = await shop.house.ask(None, "POST", DOOR, body)
    assert opened["via"] == "kept"
    await shop.house.quiet()
    await pays(shop, str(opened["link"]))
    (given,) = await shop.until_told(billing_checkout.CheckoutCompleted)
    assert given.via is not None
    assert (given.person_id, given.via.visit) == (guest, "a-visit")
    await gives(shop, via={"visit": "no visit", "agreed": True})
    assert [one.via for one in await shop.told(billing_checkout.CheckoutCompleted)][1:] == [None]
