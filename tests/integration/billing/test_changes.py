"""Subscriptions become something else, rest and go on: on Postgres, with a Stripe that is not ours."""

from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from shared.contracts import billing_payment, billing_subscription
from shared.contracts.membership_tier import TierDefined
from shared.ids import Code
from shared.money import Money
from tests.integration.billing import cards
from tests.integration.billing.shop import Shop, ada, bob, community, gold, olga
from tests.integration.events.house import Json, Who, somebody

platinum = uuid4()
LATER = timedelta(days=10)
PARIS = ZoneInfo("Europe/Paris")


@pytest.fixture(autouse=True)
async def _opened(shop: Shop) -> None:
    await shop.opens()
    here: Json = {"community_id": community, "occurred_at": shop.now}
    await shop.house.hear(TierDefined(**here, tier_id=platinum, name="Platinum", paid=True))
    await shop.house.quiet()


async def another(
    shop: Shop, minor: int = 0, interval: str = "month", tier_id: UUID = platinum, **more: Any
) -> str:
    """Another offer of the same community."""
    body = {
        "name": "Platinum",
        "price": {"minor": minor, "currency": "EUR"} if minor else None,
        "interval": interval,
        "tier_id": str(tier_id),
    }
    published = await shop.house.ask(olga, "POST", "/offers", body | more)
    await shop.house.quiet()
    return str(published["offer_id"])


def door(subscription: Json, action: str = "change", staff: str = "") -> str:
    return f"{staff}/subscriptions/{subscription['subscription_id']}/{action}"


def when(text: str) -> datetime:
    return datetime.fromisoformat(text)


async def charged(shop: Shop) -> list[int]:
    return sorted(charge["amount"] for charge in await shop.charges())


async def until_changed(shop: Shop) -> Json:
    await shop.until_told(billing_subscription.SubscriptionChanged)
    return await shop.subscription()


async def test_more_is_shown_charged_and_had_to_the_cent(shop: Shop) -> None:
    subscription = await shop.subscribes()
    offer_id = await another(shop, 3000)
    await shop.at(shop.now + LATER)
    asked = {"offer_id": offer_id}
    preview = await shop.house.ask(ada, "POST", door(subscription, "change/preview"), asked)
    assert [line["kind"] for line in preview["lines"]] == ["credit", "debit"]
    credit, debit = (line["amount"]["minor"] for line in preview["lines"])
    assert -1000 < credit < 0 < debit < 3000
    assert preview["mode"] == "invoice"
    assert preview["due"]["minor"] == credit + debit
    assert (preview["next_due"]["minor"], preview["balance"]["minor"]) == (3000, 0)
    assert await charged(shop) == [1000]
    await shop.house.ask(ada, "POST", door(subscription), asked)
    changed = await until_changed(shop)
    assert (changed["tier_id"], changed["price"]["minor"]) == (str(platinum), 3000)
    assert changed["runs_until"] == subscription["runs_until"] == preview["runs_until"]
    assert changed["change"] is None
    # A few seconds have passed since the preview: a month has 2,592,000 of them.
    _, due = await charged(shop)
    assert abs(due - preview["due"]["minor"]) <= 1
    (told,) = await shop.told(billing_subscription.SubscriptionChanged)
    assert (told.before.tier_id, told.after.tier_id, told.tier_id) == (gold, platinum, platinum)
    assert (told.before.recurring.minor, told.after.recurring.minor) == (1000, 3000)
    await shop.at(changed["runs_until"])
    assert await charged(shop) == sorted([1000, due, 3000])


async def test_the_seller_counts_what_is_left_in_days_and_says_how_long_a_pause_may_be(
    shop: Shop,
) -> None:
    await shop.house.ask(olga, "PUT", "/policy", {"proration": "day", "longest_pause_days": 20})
    subscription, began = await shop.subscribes(), shop.now
    asked = {"offer_id": await another(shop, 3000)}
    await shop.at(shop.now + LATER)
    preview = await shop.house.ask(ada, "POST", door(subscription, "change/preview"), asked)
    end = when(subscription["runs_until"])
    start, day, last = (moment.astimezone(PARIS).date() for moment in (began, shop.now, end))
    rest = Fraction((last - day).days, (last - start).days)
    shares = [-Money(1000, "EUR").share(rest).minor, Money(3000, "EUR").share(rest).minor]
    assert [line["amount"]["minor"] for line in preview["lines"]] == shares
    path, until = door(subscription, "pause"), shop.now + timedelta(days=21)
    refusal = await shop.house.refusal(ada, "POST", path, {"until": until.isoformat()})
    assert refusal == (422, "pause_out_of_range")


async def test_a_dry_run_says_the_same_and_stores_nothing(shop: Shop) -> None:
    subscription = await shop.subscribes()
    asked = {"offer_id": await another(shop, 3000)}
    dry = await shop.house.ask(ada, "POST", f"{door(subscription)}?dry_run=true", asked)
    (event,) = dry["would"]["events"]
    assert event["type"] == "ChangeBilled"
    assert [line["kind"] for line in event["data"]["change"]["lines"]] == ["credit", "debit"]
    assert (await shop.subscription())["change"] is None


async def test_the_same_wish_under_the_same_key_is_charged_once(shop: Shop) -> None:
    subscription = await shop.subscribes()
    asked = {"offer_id": await another(shop, 3000)}
    key = str(uuid4())
    first = await shop.house.ask(ada, "POST", door(subscription), asked, Idempotency_Key=key)
    again = await shop.house.ask(ada, "POST", door(subscription), asked, Idempotency_Key=key)
    assert first["change_id"] == again["change_id"]
    await until_changed(shop)
    assert len(await charged(shop)) == 2


async def test_a_declined_card_leaves_everything_as_it_was(shop: Shop) -> None:
    subscription = await shop.subscribes()
    await shop.gives(cards.REFUSED_WHEN_CHARGED)
    asked = {"offer_id": await another(shop, 3000)}
    await shop.house.ask(ada, "POST", door(subscription), asked)
    await shop.until_told(billing_payment.PaymentFailed)
    same = await shop.subscription()
    assert (same["state"], same["tier_id"], same["change"]) == ("active", str(gold), None)
    assert await shop.told(billing_subscription.SubscriptionChanged) == []
    await shop.gives(cards.GOOD)
    await shop.house.ask(ada, "POST", door(subscription), asked)
    assert (await until_changed(shop))["tier_id"] == str(platinum)


async def test_who_must_authenticate_has_it_when_they_have(shop: Shop) -> None:
    subscription = await shop.subscribes()
    await shop.gives(cards.AUTHENTICATED)
    asked = {"offer_id": await another(shop, 3000)}
    await shop.house.ask(ada, "POST", door(subscription), asked)
    await shop.house.quiet()
    waiting = (await shop.subscription())["change"]
    assert waiting["applies_at"] is None
    path = f"/payments/{waiting['payment_id']}"
    payment = await shop.until(ada, path, lambda seen: seen["client_secret"])
    intent, secret = Code(payment["payment_intent"]), Code(payment["client_secret"])
    await cards.authenticate(shop.stripe_url, intent, secret, success=True)
    assert (await until_changed(shop))["tier_id"] == str(platinum)


async def test_what_nobody_authenticates_lapses_within_a_day(shop: Shop) -> None:
    subscription = await shop.subscribes()
    await shop.gives(cards.AUTHENTICATED)
    asked = {"offer_id": await another(shop, 3000)}
    await shop.house.ask(ada, "POST", door(subscription), asked)
    await shop.house.quiet()
    assert (await shop.subscription())["change"]
    await shop.at(shop.now + timedelta(hours=23))
    assert (await shop.subscription())["change"] is None
    assert await charged(shop) == [1000]


async def test_less_begins_when_what_is_paid_is_over(shop: Shop) -> None:
    subscription = await shop.subscribes(3000)
    asked = {"offer_id": await another(shop, 1000)}
    preview = await shop.house.ask(ada, "POST", door(subscription, "change/preview"), asked)
    assert (preview["mode"], preview["lines"]) == ("next_period", [])
    assert preview["applies_at"] == subscription["runs_until"]
    await shop.house.ask(ada, "POST", door(subscription), asked)
    waiting = await shop.subscription()
    assert (waiting["tier_id"], waiting["next_due"]["minor"]) == (str(gold), 1000)
    assert waiting["change"]["applies_at"] == subscription["runs_until"]
    await shop.at(subscription["runs_until"])
    changed = await until_changed(shop)
    assert (changed["tier_id"], changed["state"]) == (str(platinum), "active")
    assert await charged(shop) == [1000, 3000]


async def test_what_waits_for_the_end_of_a_period_waits_through_a_pause(shop: Shop) -> None:
    subscription = await shop.subscribes(3000)
    asked = {"offer_id": await another(shop, 1000)}
    await shop.house.ask(ada, "POST", door(subscription), asked)
    until = shop.now + LATER
    await shop.house.ask(ada, "POST", door(subscription, "pause"), {"until": until.isoformat()})
    await shop.at(until)
    going_on = await shop.subscription()
    assert going_on["runs_until"] > subscription["runs_until"]
    assert going_on["change"]["applies_at"] == going_on["runs_until"]
    await shop.at(going_on["runs_until"])
    assert (await until_changed(shop))["tier_id"] == str(platinum)
    assert await charged(shop) == [1000, 3000]


async def test_a_wish_can_be_taken_back(shop: Shop) -> None:
    subscription = await shop.subscribes(3000)
    await shop.house.ask(ada, "POST", door(subscription), {"offer_id": await another(shop, 1000)})
    await shop.house.ask(ada, "DELETE", door(subscription))
    await shop.at(subscription["runs_until"])
    assert (await shop.subscription())["tier_id"] == str(gold)
    assert await charged(shop) == [3000, 3000]


async def test_less_at_once_is_taken_off_the_next_bills(shop: Shop) -> None:
    subscription = await shop.subscribes(3000)
    asked = {"offer_id": await another(shop, 1000), "mode": "invoice"}
    await shop.house.ask(ada, "POST", door(subscription), asked)
    changed = await until_changed(shop)
    balance = changed["balance"]["minor"]
    assert -2000 <= balance < -1990
    assert changed["next_due"]["minor"] == 0
    await shop.at(changed["runs_until"])
    next_month = await shop.subscription()
    assert next_month["balance"]["minor"] == balance + 1000
    await shop.at(next_month["runs_until"])
    await shop.at((await shop.subscription())["runs_until"])
    rest = 3000 + balance
    assert await charged(shop) in ([1000, 3000], [rest, 3000], sorted([1000 + rest, 3000]))


async def test_another_interval_begins_at_once_and_anew(shop: Shop) -> None:
    subscription = await shop.subscribes()
    await shop.at(shop.now + LATER)
    asked = {"offer_id": await another(shop, 9000, "year")}
    await shop.house.ask(ada, "POST", door(subscription), asked)
    changed = await until_changed(shop)
    assert (changed["interval"], changed["every"]) == ("year", 1)
    assert when(changed["runs_until"]) - shop.now > timedelta(days=360)
    _, due = await charged(shop)
    assert 9000 - 1000 < due < 9000
    await shop.at(subscription["runs_until"])
    assert len(await charged(shop)) == 2
    await shop.at(changed["runs_until"])
    assert (await charged(shop))[-1] == 9000


async def test_staff_change_it_for_somebody_and_leave_the_lines_for_the_next_bill(
    shop: Shop,
) -> None:
    subscription = await shop.subscribes()
    asked = {"offer_id": await another(shop, 3000), "mode": "prorate"}
    refusal = await shop.house.refusal(ada, "POST", door(subscription), asked)
    assert refusal == (422, "mode_is_for_staff")
    staff = door(subscription, staff="/staff")
    assert await shop.house.refusal(ada, "POST", staff, asked) == (403, "forbidden")
    preview = await shop.house.ask(olga, "POST", f"{staff}/preview", asked)
    assert preview["due"]["minor"] == 0
    await shop.house.ask(olga, "POST", staff, asked)
    changed = await until_changed(shop)
    assert abs(changed["next_due"]["minor"] - preview["next_due"]["minor"]) <= 1
    await shop.at(changed["runs_until"])
    assert await charged(shop) == [1000, changed["next_due"]["minor"]]
    assert (await shop.subscription())["balance"]["minor"] == 0


async def test_more_of_the_same_is_had_at_the_price_it_was_bought_at(shop: Shop) -> None:
    subscription = await shop.subscribes()
    path = f"/offers/{subscription['offer_id']}/prices"
    dearer = {"prices": [{"amount": {"minor": 5000, "currency": "EUR"}}]}
    await shop.house.ask(olga, "POST", path, dearer)
    await shop.house.ask(olga, "POST", f"/offers/{subscription['offer_id']}/retirement")
    await shop.house.quiet()
    await shop.house.ask(ada, "POST", door(subscription), {"quantity": 3})
    changed = await until_changed(shop)
    assert (changed["quantity"], changed["price"]["minor"]) == (3, 1000)
    (_, due) = await charged(shop)
    assert 1995 < due <= 2000


async def test_what_cannot_be_is_refused_where_it_is_asked_and_where_it_is_shown(
    shop: Shop,
) -> None:
    subscription = await shop.subscribes()
    amounts = {"amount": {"minor": 900, "currency": "EUR"}}
    least = {"minimum": {"minor": 500, "currency": "EUR"}}
    named = await another(shop, prices=[amounts | least])
    refusals: list[tuple[Json, str]] = [
        ({"offer_id": str(uuid4())}, "offer_not_on_sale"),
        ({"offer_id": await another(shop, 900, "once")}, "offer_not_recurring"),
        ({"quantity": "three"}, "int_parsing"),
        ({"quantity": 0}, "quantity_out_of_range"),
        ({"quantity": 101}, "quantity_out_of_range"),
        ({"mode": "sometimes"}, "literal_error"),
        ({"mode": "none", "quantity": 2}, "mode_is_for_staff"),
        ({"amount": {"minor": 1, "currency": "EUR"}}, "price_is_fixed"),
        ({"price": 1}, "extra_forbidden"),
        ({"offer_id": named}, "amount_missing"),
        ({"offer_id": named, "amount": {"minor": 499, "currency": "EUR"}}, "amount_below_minimum"),
        ({"offer_id": named, "amount": {"minor": -900, "currency": "EUR"}}, "amount_below_minimum"),
    ]
    for asked, code in refusals:
        for action in ("change", "change/preview"):
            path = door(subscription, action)
            assert await shop.house.refusal(ada, "POST", path, asked) == (422, code), asked
    for until, code in (
        ("2126-01-01T00:00:00Z", "pause_out_of_range"),
        ("2020-01-01T00:00:00Z", "pause_out_of_range"),
        ("2126-01-01T00:00:00", "timezone_aware"),
        ("soon", "datetime_from_date_parsing"),
    ):
        path = door(subscription, "pause")
        refusal = await shop.house.refusal(ada, "POST", path, {"until": until})
        assert refusal == (422, code), until
    assert (await shop.subscription())["version"] == subscription["version"]


async def test_nobody_else_changes_or_pauses_it(shop: Shop) -> None:
    subscription = await shop.subscribes()
    stranger = somebody(uuid4(), "owner")
    until = (shop.now + LATER).isoformat()
    missing = (404, "subscription_not_found")
    who: Who
    for who, path, body in (
        (bob, door(subscription), {"quantity": 2}),
        (bob, door(subscription, "change/preview"), {"quantity": 2}),
        (bob, door(subscription, "pause"), {"until": until}),
        (stranger, door(subscription), {"quantity": 2}),
        (ada, f"/subscriptions/{uuid4()}/change", {"quantity": 2}),
    ):
        status, code = await shop.house.refusal(who, "POST", path, body)
        assert (status, code) in (missing, (404, "not_found")), path
    assert await shop.house.refusal(bob, "DELETE", door(subscription)) == missing


async def test_a_pause_stops_the_charges_and_keeps_what_is_left(shop: Shop) -> None:
    subscription = await shop.subscribes()
    began = when(subscription["began_at"])
    until = shop.now + timedelta(days=60)
    await shop.house.ask(ada, "POST", door(subscription, "pause"), {"until": until.isoformat()})
    resting = await shop.subscription()
    assert (resting["state"], when(resting["paused_until"])) == ("paused", until)
    await shop.at(subscription["runs_until"])
    assert await charged(shop) == [1000]
    await shop.at(until)
    going_on = await shop.subscription()
    assert (going_on["state"], going_on["paused_until"]) == ("active", None)
    assert when(going_on["runs_until"]) - began > timedelta(days=87)
    await shop.at(going_on["runs_until"])
    assert await charged(shop) == [1000, 1000]
    (paused,) = await shop.told(billing_subscription.SubscriptionPaused)
    (resumed,) = await shop.told(billing_subscription.SubscriptionResumed)
    assert paused.resumes_at == until
    assert resumed.period_end == when(going_on["runs_until"])
    assert resumed.recurring
    assert resumed.recurring.minor == 1000


async def test_who_comes_back_early_goes_on_at_once(shop: Shop) -> None:
    subscription = await shop.subscribes()
    until = shop.now + timedelta(days=60)
    path = door(subscription, "pause")
    await shop.house.ask(ada, "POST", path, {"until": until.isoformat()})
    refusal = await shop.house.refusal(ada, "POST", door(subscription), {"quantity": 2})
    assert refusal == (409, "subscription_paused")
    await shop.house.ask(ada, "DELETE", path)
    assert (await shop.subscription())["state"] == "active"
    await shop.at(until)
    assert len(await shop.told(billing_subscription.SubscriptionResumed)) == 1
