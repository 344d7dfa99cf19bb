"""Debits of bank accounts: chosen beside the card, days on their way, and taken back weeks later."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from shared.contracts import billing_order, billing_payment, billing_subscription
from shared.contracts.billing_dispute import DisputeClosed
from shared.contracts.billing_message import MessageRequested, StaffMessageRequested
from shared.contracts.contract import MoneyValue
from shared.testing import eventually
from tests.doubles.stripe import accounts
from tests.integration.billing import cards, stripe_there
from tests.integration.billing.shop import Shop, ada, bob, olga
from tests.integration.billing.stripe_there import There
from tests.integration.events.house import Json, somebody

WAITS = "AT321904300235473204"
RETURNED = "DE62370400440532013001"


@pytest.fixture
async def there(stripe_mock: str | None) -> AsyncIterator[There]:
    """Where banks speak soon, but for the account that waits: of that one a test says what its bank does."""
    async with stripe_there.ours(stripe_mock, takes_seconds=0.2) as found:
        yield found


@pytest.fixture
def shop(witnessed_shop: Shop) -> Shop:
    return witnessed_shop


@pytest.fixture(autouse=True)
async def _opened(shop: Shop) -> None:
    await shop.opens()


async def takes(shop: Shop, access: str = "when_paid") -> None:
    await shop.house.ask(olga, "PUT", "/debits", {"access": access})


async def account(shop: Shop, iban: str = WAITS) -> Json:
    return {
        "payment_method": await cards.bank_account(shop.stripe_url, iban),
        "kind": "sepa_debit",
    }


async def debited(shop: Shop, offer_id: str, iban: str = WAITS) -> Json:
    """The checkout, once its money is on its way."""
    checkout_id = await shop.checkout({"offer_id": offer_id})
    await shop.house.ask(ada, "POST", f"/checkouts/{checkout_id}/pay", await account(shop, iban))
    # What comes back at once may have done so before anybody looks.
    await shop.until(
        ada,
        f"/checkouts/{checkout_id}",
        lambda seen: seen["state"] == "processing" or seen["problem"],
    )
    await shop.house.quiet()
    return await shop.house.ask(ada, "GET", f"/checkouts/{checkout_id}")


async def bank_says(shop: Shop, intent: str, code: str | None = None) -> None:
    async with httpx.AsyncClient() as client:
        url = f"{shop.stripe_url}/_config/debits/{intent}"
        (await client.post(url, json={"code": code})).raise_for_status()


async def on_its_way(shop: Shop) -> str:
    """The intent of the one payment that is processing."""

    async def look() -> Json:
        return await shop.house.ask(olga, "GET", "/payments?filter[state]=processing")

    (payment,) = (await eventually(look, lambda seen: len(seen["items"]) == 1))["items"]
    return str(payment["payment_intent"])


async def paid(shop: Shop, **offer: Any) -> Json:
    """A subscription by debit, whose first money has come."""
    checkout = await debited(shop, await shop.offer(**offer))
    await bank_says(shop, checkout["processor"]["payment_intent"])
    await shop.state_of(checkout["checkout_id"], "completed")
    await shop.house.quiet()
    return await shop.subscription()


def letters(told: list[MessageRequested], template: str) -> list[MessageRequested]:
    return [one for one in told if one.template == template]


async def test_a_debit_is_offered_in_euros_where_the_community_takes_them(shop: Shop) -> None:
    checkout_id = await shop.checkout({"offer_id": await shop.offer()})
    path = f"/checkouts/{checkout_id}"
    seen = await shop.house.ask(ada, "GET", path)
    assert seen["processor"]["methods"] == ["card"]
    body = await account(shop)
    refusal = await shop.house.refusal(ada, "POST", f"{path}/pay", body)
    assert refusal == (422, "not_by_debit")
    assert await shop.house.refusal(ada, "POST", "/payer/payment-method", body) == refusal
    await takes(shop)
    seen = await shop.house.ask(ada, "GET", path)
    assert seen["processor"]["methods"] == ["card", "sepa_debit"]
    assert (await shop.house.ask(olga, "GET", "/debits"))["access"] == "when_paid"
    await shop.house.ask(olga, "DELETE", "/debits")
    assert await shop.house.refusal(ada, "POST", f"{path}/pay", body) == refusal


async def test_who_may_take_debits_and_how(shop: Shop, there: There) -> None:
    body = {"access": "at_once"}
    assert await shop.house.refusal(ada, "PUT", "/debits", body) == (403, "forbidden")
    assert (await shop.house.refusal(olga, "PUT", "/debits", {"access": "never"}))[0] == 422
    await shop.connects("acct_nodebits")
    accounts.of(there.ours, "acct_nodebits").debits = False
    assert await shop.house.refusal(olga, "PUT", "/debits", body) == (409, "debits_not_possible")
    other = somebody(uuid4(), "owner")
    assert (await shop.house.ask(other, "GET", "/debits"))["access"] is None


async def test_seats_and_other_money_are_not_debited(shop: Shop) -> None:
    await takes(shop)
    held = await shop.checkout({"quote": shop.quote(uuid4())})
    body = await account(shop)
    refused = await shop.house.refusal(ada, "POST", f"/checkouts/{held}/pay", body)
    assert refused == (422, "seats_not_by_debit")
    offer = {
        "name": "Gold",
        "price": {"minor": 1000, "currency": "USD"},
        "interval": "month",
    }
    offer_id = (await shop.house.ask(olga, "POST", "/offers", offer))["offer_id"]
    await shop.house.quiet()
    opened = await shop.checkout({"offer_id": offer_id})
    refused = await shop.house.refusal(ada, "POST", f"/checkouts/{opened}/pay", body)
    assert refused == (422, "debit_in_other_currency")
    missing = (404, "checkout_not_found")
    assert await shop.house.refusal(bob, "POST", f"/checkouts/{opened}/pay", body) == missing
    wrong = body | {"kind": "cheque"}
    assert (await shop.house.refusal(ada, "POST", f"/checkouts/{opened}/pay", wrong))[0] == 422


async def test_when_paid_nothing_begins_before_the_money_is_there(shop: Shop) -> None:
    await takes(shop)
    checkout = await debited(shop, await shop.offer())
    assert (await shop.house.ask(ada, "GET", "/subscriptions"))["items"] == []
    await shop.at(shop.now + timedelta(days=6))  # Longer than a checkout is open.
    cancel = await shop.house.refusal(ada, "POST", f"/checkouts/{checkout['checkout_id']}/cancel")
    assert cancel == (409, "payment_underway")
    await bank_says(shop, checkout["processor"]["payment_intent"])
    await shop.state_of(checkout["checkout_id"], "completed")
    assert (await shop.subscription())["state"] == "active"
    assert [charge["amount"] for charge in await shop.charges()] == [1000]


async def test_at_once_a_subscription_begins_and_its_money_begins_no_other(shop: Shop) -> None:
    await takes(shop, "at_once")
    checkout = await debited(shop, await shop.offer())
    begun = await shop.subscription()
    assert begun["state"] == "active"
    assert await shop.told(billing_payment.PaymentSucceeded) == []
    assert await shop.told(billing_order.OrderPaid) == []
    await bank_says(shop, checkout["processor"]["payment_intent"])
    await shop.state_of(checkout["checkout_id"], "completed")
    assert (await shop.subscription())["subscription_id"] == begun["subscription_id"]
    assert len(await shop.told(billing_subscription.SubscriptionActivated)) == 1
    assert len(await shop.told(billing_order.OrderPaid)) == 1


@pytest.mark.parametrize("days", [0, 6])
async def test_what_began_at_once_ends_when_the_debit_fails(shop: Shop, days: int) -> None:
    await takes(shop, "at_once")
    checkout = await debited(shop, await shop.offer())
    await shop.subscription()
    await shop.at(shop.now + timedelta(days=days))
    await bank_says(shop, checkout["processor"]["payment_intent"], "insufficient_funds")
    await shop.state_of(checkout["checkout_id"], "expired")
    ended = await shop.until_subscription("ended")
    assert ended["ended_for"] == "payment_failed"
    (failed,) = await shop.told(billing_payment.PaymentFailed)
    assert failed.reason == "insufficient_funds"
    assert await shop.told(billing_order.OrderPaid) == []
    # Bought again, it is another subscription.
    await shop.buys({"offer_id": await shop.offer()})
    items = (await shop.house.ask(ada, "GET", "/subscriptions"))["items"]
    assert sorted(item["state"] for item in items) == ["active", "ended"]


async def test_a_thing_that_is_bought_once_waits_for_its_money(shop: Shop) -> None:
    await takes(shop, "at_once")
    checkout = await debited(shop, await shop.offer(2000, "once"))
    assert await shop.told(billing_order.OrderPaid) == []
    await bank_says(shop, checkout["processor"]["payment_intent"])
    await shop.state_of(checkout["checkout_id"], "completed")
    (paid_for,) = await shop.told(billing_payment.PaymentSucceeded)
    assert paid_for.lines[0].charged_for == "purchase"


async def test_a_debit_that_fails_leaves_the_checkout_to_a_card(shop: Shop) -> None:
    await takes(shop)
    checkout = await debited(shop, await shop.offer(), RETURNED)
    path = f"/checkouts/{checkout['checkout_id']}"
    seen = await shop.until(ada, path, lambda seen: seen["problem"])
    assert (seen["state"], seen["problem"]) == ("open", "insufficient_funds")
    await shop.pays(checkout["checkout_id"])
    await shop.state_of(checkout["checkout_id"], "completed")
    assert len(await shop.charges()) == 1


async def test_a_renewal_is_told_of_and_debited_without_its_owner(shop: Shop) -> None:
    await takes(shop)
    subscription = await paid(shop)
    due = datetime.fromisoformat(subscription["runs_until"])
    await shop.at(due - timedelta(days=14, minutes=1))
    assert letters(await shop.told(MessageRequested), "debit_ahead") == []
    await shop.at(due - timedelta(days=13))
    (letter,) = letters(await shop.told(MessageRequested), "debit_ahead")
    assert letter.person_id == ada.person_id
    assert letter.values["amount"] == MoneyValue(minor=1000, currency="EUR")
    assert letter.values["on"] == due
    assert letter.values["reference"]
    await shop.at(due)
    intent = await on_its_way(shop)
    assert (await shop.subscription())["state"] == "active"
    await shop.at(due + timedelta(days=7))
    await bank_says(shop, intent)
    renewed = await shop.until_told(billing_subscription.SubscriptionRenewed)
    assert len(renewed) == 1
    assert [charge["amount"] for charge in await shop.charges()] == [1000, 1000]
    assert len(letters(await shop.told(MessageRequested), "debit_ahead")) == 1
    await shop.at(due + timedelta(days=20))
    assert len(letters(await shop.told(MessageRequested), "debit_ahead")) == 2


async def test_more_is_had_once_the_debit_for_it_has_come(shop: Shop) -> None:
    await takes(shop)
    subscription = await paid(shop, interval="year")
    path = f"/subscriptions/{subscription['subscription_id']}/change"
    dearer = await shop.offer(3000, "year")
    await shop.house.ask(ada, "POST", path, {"offer_id": dearer})
    intent = await on_its_way(shop)
    await shop.at(shop.now + timedelta(days=6))
    waiting = await shop.subscription()
    assert waiting["offer_id"] == subscription["offer_id"] != dearer
    assert waiting["change"]
    await bank_says(shop, intent)
    await shop.until_told(billing_subscription.SubscriptionChanged)
    changed = await shop.subscription()
    assert (changed["offer_id"], changed["change"]) == (dearer, None)


async def test_who_cancels_or_pays_by_card_is_told_of_no_debit(shop: Shop) -> None:
    await takes(shop)
    subscription = await paid(shop)
    due = datetime.fromisoformat(subscription["runs_until"])
    path = f"/subscriptions/{subscription['subscription_id']}/cancellation"
    await shop.house.ask(ada, "POST", path)
    await shop.at(due - timedelta(days=13))
    assert letters(await shop.told(MessageRequested), "debit_ahead") == []
    await shop.house.ask(ada, "DELETE", path)
    await shop.house.quiet()
    assert len(letters(await shop.told(MessageRequested), "debit_ahead")) == 1
    await shop.gives(cards.GOOD)
    await shop.at(due)
    await shop.at(due + timedelta(days=20))
    assert len(letters(await shop.told(MessageRequested), "debit_ahead")) == 1


async def test_a_bank_account_given_in_place_of_a_card_is_told_of_soon(shop: Shop) -> None:
    await takes(shop)
    subscription = await shop.subscribes()
    due = datetime.fromisoformat(subscription["runs_until"])
    await shop.at(due - timedelta(days=3))
    await shop.house.ask(ada, "POST", "/payer/payment-method", await account(shop))
    await shop.until(ada, "/payer/payment-method", lambda seen: seen["state"] == "saved")
    await shop.house.quiet()
    (letter,) = letters(await shop.told(MessageRequested), "debit_ahead")
    assert letter.values["on"] == due
    await shop.at(due)
    assert await on_its_way(shop)


@pytest.mark.parametrize(
    ("code", "again"), [("insufficient_funds", True), ("debit_not_authorized", False)]
)
async def test_a_returned_renewal_is_tried_again_unless_it_is_for_good(
    shop: Shop, code: str, *, again: bool
) -> None:
    await takes(shop)
    due = datetime.fromisoformat((await paid(shop))["runs_until"])
    await shop.at(due)
    await bank_says(shop, await on_its_way(shop), code)
    await shop.until_subscription("past_due")
    await shop.at(shop.now + timedelta(days=1, hours=1))
    listed = await shop.house.ask(olga, "GET", "/payments?filter[state]=processing")
    assert len(listed["items"]) == again


async def test_a_debit_taken_back_after_weeks_is_lost_without_evidence(shop: Shop) -> None:
    await takes(shop)
    await paid(shop)
    (charge,) = await shop.charges()
    await shop.at(shop.now + timedelta(days=20))
    dispute = await shop.dispute(charge["id"], "lost")
    dispute = await shop.owes_no_evidence(dispute)
    await shop.report_dispute(dispute, "created")
    (lost,) = await shop.until_told(DisputeClosed)
    assert lost.outcome == "lost"
    assert (await shop.until_subscription("ended"))["ended_for"] == "disputed"
    await shop.report_dispute(dispute, "closed")
    assert len(await shop.told(DisputeClosed)) == 1
    assert await shop.told(StaffMessageRequested) == [], "nobody hears evidence"


async def test_a_trial_by_debit_is_debited_when_it_ends(shop: Shop) -> None:
    await takes(shop, "at_once")
    offer_id = await shop.offer(1000, trial_days=7)
    opened = await shop.checkout({"offer_id": offer_id})
    await shop.house.ask(ada, "POST", f"/checkouts/{opened}/pay", await account(shop))
    await shop.state_of(opened, "completed")
    trial = await shop.subscription()
    assert trial["state"] == "trialing"
    # A week is less than the notice: it is told at once.
    assert len(letters(await shop.told(MessageRequested), "debit_ahead")) == 1
    await shop.at(trial["runs_until"])
    await bank_says(shop, await on_its_way(shop))
    await shop.until_subscription("active")


async def test_what_the_payer_came_from_is_sealed_and_the_account_number_nowhere(
    shop: Shop,
) -> None:
    await takes(shop)
    await paid(shop)
    rows = await shop.house.service.pool.fetch("SELECT data::text AS data FROM events")
    stored = " ".join(str(row["data"]) for row in rows)
    assert "mandate_" in stored
    for private in (WAITS, WAITS[-4:], "127.0.0.1", "python-httpx"):
        assert private not in stored
    mine = await shop.house.ask(ada, "GET", "/me/data")
    assert "python-httpx" in str(mine)


async def owed_by_link(shop: Shop) -> str:
    """Where the letter about a declined renewal leads."""
    subscription = await shop.subscribes()
    await shop.gives(cards.REFUSED_WHEN_CHARGED)
    await shop.at(subscription["runs_until"])
    await shop.until_subscription("past_due")
    (letter,) = letters(await shop.until_told(MessageRequested), "subscription_past_due")
    assert letter.link
    return "/public/payment-links/" + letter.link.removeprefix("/pay/")


async def test_who_owes_pays_by_debit_by_the_letters_link(shop: Shop) -> None:
    link = await owed_by_link(shop)
    assert (await shop.house.ask(None, "GET", link))["methods"] == ["card"]
    refused = await shop.house.refusal(None, "POST", link, await account(shop))
    assert refused == (422, "not_by_debit"), "nobody takes debits here yet"
    await takes(shop)
    shown = await shop.house.ask(None, "GET", link)
    assert (shown["state"], shown["methods"]) == ("due", ["card", "sepa_debit"])
    await shop.house.ask(None, "POST", link, await account(shop))
    intent = await on_its_way(shop)
    shown = await shop.house.ask(None, "GET", link)
    assert (shown["state"], shown["amount"]["minor"]) == ("processing", 1000)
    assert (await shop.subscription())["state"] == "past_due", "until it has arrived"
    await shop.at(shop.now + timedelta(days=6))
    await bank_says(shop, intent)
    await shop.until_subscription("active")
    assert (await shop.house.ask(None, "GET", link))["state"] == "paid"
    assert [charge["amount"] for charge in await shop.charges()] == [1000, 1000]
    rows = await shop.house.service.pool.fetch("SELECT data::text AS data FROM events")
    stored = " ".join(str(row["data"]) for row in rows)
    assert "mandate_" in stored
    assert "127.0.0.1" not in stored


async def test_a_debit_by_the_link_that_is_returned_is_owed_again(shop: Shop) -> None:
    await takes(shop)
    link = await owed_by_link(shop)
    await shop.house.ask(None, "POST", link, await account(shop))
    await bank_says(shop, await on_its_way(shop), "insufficient_funds")
    await shop.until(None, link, lambda seen: seen["state"] == "due")
    await shop.house.quiet()
    assert (await shop.subscription())["state"] == "past_due"
    assert len(await shop.charges()) == 1
    await shop.house.ask(None, "POST", link, {"payment_method": await shop.card()})
    await shop.until_subscription("active")
    assert len(await shop.charges()) == 2
