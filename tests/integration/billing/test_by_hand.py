"""Money that people send or bring: awaited under a reference, recorded by a named person, once."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from shared.contracts import billing_payment, billing_subscription
from shared.contracts.billing_message import MessageRequested, StaffMessageRequested
from tests.integration.billing import cards
from tests.integration.billing.shop import Shop, ada, bob, community, olga
from tests.integration.events.house import Json, Who, somebody

HOW = "FR76 3000 6000 0112 3456 7890 189, or at the club on Mondays"
treasurer = somebody(community, "accountant")


@pytest.fixture(autouse=True)
async def _opened(shop: Shop) -> None:
    await shop.opens()
    await shop.house.ask(olga, "PUT", "/by-hand", {"instructions": HOW})


async def chooses(shop: Shop, offer_id: str, who: Who = ada) -> Json:
    """A checkout that waits for money by hand."""
    checkout_id = await shop.checkout({"offer_id": offer_id}, who=who)
    await shop.house.ask(who, "POST", f"/checkouts/{checkout_id}/pay-by-hand", {})
    await shop.house.quiet()
    return await shop.state_of(checkout_id, "processing", who)


async def awaited(shop: Shop) -> list[Json]:
    listed = await shop.house.ask(treasurer, "GET", "/payments?filter[state]=awaited")
    items: list[Json] = listed["items"]
    return items


STATEMENT = "Statement 12, line 4"


def receipt(shop: Shop, payment_id: str, reference: str, **more: Any) -> tuple[str, Json]:
    body = {
        "amount": {"minor": 1000, "currency": "EUR"},
        "way": "transfer",
        "reference": reference,
        "on": shop.now.date().isoformat(),
    }
    return f"/payments/{payment_id}/receipts", body | more


async def record(shop: Shop, payment_id: str, reference: str = STATEMENT, **more: Any) -> None:
    path, body = receipt(shop, payment_id, reference, **more)
    await shop.house.ask(treasurer, "POST", path, body)
    await shop.house.quiet()


async def refusal(
    shop: Shop, payment_id: str, reference: str = STATEMENT, who: Who = treasurer, **more: Any
) -> tuple[int, str]:
    path, body = receipt(shop, payment_id, reference, **more)
    return await shop.house.refusal(who, "POST", path, body)


async def test_what_is_sent_is_found_by_its_reference_and_begins_what_it_pays_for(
    shop: Shop,
) -> None:
    checkout = await chooses(shop, await shop.offer())
    assert checkout["by_hand"]["instructions"] == HOW
    assert checkout["by_hand"]["until"] > checkout["expires_at"], "the money has its time"
    (letter,) = await shop.until_told(MessageRequested)
    assert (letter.template, letter.person_id) == ("payment_by_hand", ada.person_id)
    assert letter.values["reference"] == checkout["by_hand"]["reference"]
    reference = checkout["by_hand"]["reference"]
    assert await shop.told(billing_subscription.SubscriptionActivated) == []
    typed = reference.lower().replace("-", " ")
    found = await shop.house.ask(treasurer, "GET", f"/payments?filter[reference]={typed}")
    (payment,) = found["items"]
    assert (payment["payment_id"], payment["state"]) == (checkout["payment_id"], "awaited")
    assert payment["reference"] == reference
    await record(shop, payment["payment_id"])
    await shop.state_of(checkout["checkout_id"], "completed")
    assert (await shop.subscription())["state"] == "active"
    (paid,) = await shop.told(billing_payment.PaymentSucceeded)
    assert str(paid.payment_id) == payment["payment_id"]
    assert await awaited(shop) == []
    assert await shop.charges() == [], "no processor had a part in it"


async def test_a_receipt_counts_once(shop: Shop) -> None:
    offer_id = await shop.offer()
    first, second = await chooses(shop, offer_id), await chooses(shop, offer_id, bob)
    await record(shop, first["payment_id"])
    await record(shop, first["payment_id"])
    assert len(await shop.told(billing_payment.PaymentSucceeded)) == 1
    used = await refusal(shop, second["payment_id"], "statement 12, LINE 4")
    assert used == (422, "receipt_used")
    other = await refusal(shop, first["payment_id"], "Statement 12, line 5")
    assert other == (409, "paid_already")


async def test_what_cannot_be_right_is_not_recorded(shop: Shop) -> None:
    payment_id = (await chooses(shop, await shop.offer()))["payment_id"]
    less = {"minor": 999, "currency": "EUR"}
    assert await refusal(shop, payment_id, amount=less) == (422, "amount_differs")
    tomorrow = (shop.now + timedelta(days=2)).date().isoformat()
    assert await refusal(shop, payment_id, on=tomorrow) == (422, "day_to_come")
    assert (await refusal(shop, payment_id, way="barter"))[0] == 422
    assert (await refusal(shop, str(uuid4())))[0] == 404
    assert (await refusal(shop, payment_id, who=ada))[0] == 403
    nonsense = "/payments?filter[reference]=TICKET"
    assert await shop.house.refusal(treasurer, "GET", nonsense) == (409, "bad_reference")
    assert len(await awaited(shop)) == 1, "nothing was lost"


async def test_who_thinks_better_of_it_pays_by_card(shop: Shop) -> None:
    checkout = await chooses(shop, await shop.offer())
    await shop.pays(checkout["checkout_id"])
    await shop.state_of(checkout["checkout_id"], "completed")
    await shop.house.quiet()
    assert await refusal(shop, checkout["payment_id"]) == (409, "paid_already")
    assert len(await shop.charges()) == 1


async def test_money_that_never_comes_is_not_waited_for_for_ever(shop: Shop) -> None:
    checkout = await chooses(shop, await shop.offer())
    await shop.at(shop.now + timedelta(days=29))
    assert len(await awaited(shop)) == 1
    await shop.at(shop.now + timedelta(days=2))
    await shop.state_of(checkout["checkout_id"], "expired")
    assert await awaited(shop) == []
    await record(shop, checkout["payment_id"])
    await shop.state_of(checkout["checkout_id"], "completed")


async def test_a_renewal_is_owed_from_its_day_and_paid_by_hand_again(shop: Shop) -> None:
    checkout = await chooses(shop, await shop.offer(interval="year"))
    await record(shop, checkout["payment_id"])
    before = await shop.subscription()
    await shop.at(before["runs_until"])
    assert (await shop.until_subscription("past_due"))["offer_id"] == before["offer_id"]
    first, letter = await shop.told(MessageRequested)
    assert first.template == "payment_by_hand"
    (due,) = await awaited(shop)
    assert letter.template == "subscription_due_by_hand"
    assert letter.values["reference"] == due["reference"]
    assert letter.link is not None
    door = "/public/payment-links/" + letter.link.removeprefix("/pay/")
    shown = await shop.house.ask(None, "GET", door)
    assert shown["state"] == "due"
    assert shown["by_hand"]["instructions"] == HOW
    assert shown["by_hand"]["reference"] == due["reference"]
    await shop.at(shop.now + timedelta(days=3))
    await record(shop, due["payment_id"], "Cash book, 17", way="cash")
    after = await shop.until_subscription("active")
    assert after["runs_until"] > before["runs_until"]
    assert await shop.told(billing_payment.PaymentFailed) == [], "nothing was declined"
    assert await shop.charges() == []


async def test_a_renewal_that_nobody_pays_ends(shop: Shop) -> None:
    checkout = await chooses(shop, await shop.offer())
    await record(shop, checkout["payment_id"])
    await shop.at((await shop.subscription())["runs_until"])
    await shop.until_subscription("past_due")
    await shop.at(shop.now + timedelta(days=8))
    assert (await shop.until_subscription("ended"))["ended_for"] == "payment_failed"
    assert await awaited(shop) == []


async def test_a_card_given_later_pays_instead(shop: Shop) -> None:
    checkout = await chooses(shop, await shop.offer())
    await record(shop, checkout["payment_id"])
    await shop.at((await shop.subscription())["runs_until"])
    await shop.until_subscription("past_due")
    await shop.gives(cards.GOOD)
    await shop.until_subscription("active")
    assert len(await shop.charges()) == 1


async def test_a_card_that_was_there_before_is_not_charged_for_what_is_paid_by_hand(
    shop: Shop,
) -> None:
    await shop.gives(cards.GOOD)
    checkout = await chooses(shop, await shop.offer())
    await record(shop, checkout["payment_id"])
    await shop.at((await shop.subscription())["runs_until"])
    await shop.until_subscription("past_due")
    assert await shop.charges() == []


async def test_what_came_by_hand_goes_back_by_hand(shop: Shop) -> None:
    checkout = await chooses(shop, await shop.offer())
    payment_id = checkout["payment_id"]
    await record(shop, payment_id)
    refunded = await shop.house.ask(treasurer, "POST", f"/payments/{payment_id}/refunds", {})
    await shop.house.quiet()
    (owed,) = (await shop.house.ask(treasurer, "GET", "/refunds/owed"))["items"]
    assert owed["refund_id"] == refunded["refund_id"]
    assert owed["reference"] == checkout["by_hand"]["reference"]
    (told,) = await shop.until_told(StaffMessageRequested)
    assert (told.template, told.permission) == ("refund_by_hand", "refunds.write")
    assert await shop.told(billing_payment.RefundIssued) == [], "it has not gone back yet"
    path = f"/payments/{payment_id}/refunds/{owed['refund_id']}/settlement"
    await shop.house.ask(treasurer, "POST", path, {})
    await shop.house.ask(treasurer, "POST", path, {})
    await shop.house.quiet()
    assert len(await shop.told(billing_payment.RefundIssued)) == 1
    assert (await shop.house.ask(treasurer, "GET", "/refunds/owed"))["items"] == []
    assert (await shop.until_subscription("ended"))["ended_for"] == "refunded"


async def test_what_a_reference_says_is_sealed(shop: Shop) -> None:
    payment_id = (await chooses(shop, await shop.offer()))["payment_id"]
    await record(shop, payment_id, "VIR FROM LOVELACE")
    kept = await shop.house.service.pool.fetchval("SELECT string_agg(data::text, ' ') FROM events")
    assert "LOVELACE" not in kept


async def test_nobody_pays_by_hand_where_nobody_takes_it(shop: Shop) -> None:
    offer_id = await shop.offer()
    assert (await shop.house.refusal(ada, "DELETE", "/by-hand"))[0] == 403
    await shop.house.ask(olga, "DELETE", "/by-hand")
    assert await shop.house.ask(olga, "GET", "/by-hand") == {"instructions": None}
    checkout_id = await shop.checkout({"offer_id": offer_id})
    path = f"/checkouts/{checkout_id}/pay-by-hand"
    assert await shop.house.refusal(ada, "POST", path, {}) == (409, "not_by_hand")
    assert (await shop.house.ask(ada, "GET", f"/checkouts/{checkout_id}"))["by_hand"] is None


async def test_seats_are_not_held_until_money_is_brought(shop: Shop) -> None:
    checkout_id = await shop.checkout({"quote": shop.quote(uuid4())})
    path = f"/checkouts/{checkout_id}/pay-by-hand"
    assert await shop.house.refusal(ada, "POST", path, {}) == (409, "seats_not_by_hand")
