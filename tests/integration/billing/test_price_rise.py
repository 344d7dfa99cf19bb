"""A dearer price for those who have an older one: seen before, told in time, charged once, called off."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.billing.payer.events import Instrument
from services.billing.price_rise.decider import A_TURN
from services.billing.subscription.commands import StartSubscription
from services.billing.subscription.decider import SUBSCRIPTION
from services.billing.subscription.events import Terms
from services.membership.writing import kind_of
from shared.command_handler import Origin
from shared.contracts import billing_price_rise, billing_subscription
from shared.contracts.billing_message import MessageRequested
from shared.contracts.membership_merging import MemberMerged
from shared.event_store import Meta
from shared.ids import Code, PersonId
from shared.money import Money
from shared.reaction import Ask
from shared.testing import eventually
from tests.integration.billing.shop import ORIGIN, Shop, ada, bob, community, gold, olga
from tests.integration.events.house import Json, Who, somebody

PARIS = Code("Europe/Paris")

caspar = somebody(community)


@pytest.fixture(autouse=True)
async def _opened(shop: Shop) -> None:
    await shop.opens()


async def reprice(shop: Shop, offer_id: str, minor: int = 1500, **more: Any) -> None:
    price = {"amount": {"minor": minor, "currency": "EUR"}} | more
    await shop.house.ask(olga, "POST", f"/offers/{offer_id}/prices", {"prices": [price]})
    await shop.house.quiet()


def asked(shop: Shop, offer_id: str, days: int = 31, **more: Any) -> Json:
    effective_from = (shop.now + timedelta(days=days)).isoformat()
    return {"offer_id": offer_id, "effective_from": effective_from} | more


async def preview(shop: Shop, body: Json) -> Json:
    return await shop.house.ask(olga, "POST", "/price-rises/preview", body)


async def start(shop: Shop, offer_id: str, **more: Any) -> str:
    """A rise of all that the preview shows, told to everybody."""
    body = asked(shop, offer_id, **more)
    seen = await preview(shop, body)
    body["fingerprint"] = seen["fingerprint"]
    started = await shop.house.ask(olga, "POST", "/price-rises", body)
    await shop.house.quiet()
    return str(started["rise_id"])


async def raised(shop: Shop, **more: Any) -> tuple[str, Json]:
    """Ada pays ten euros a month, and is told that it will be fifteen."""
    had = await shop.subscribes()
    await reprice(shop, had["offer_id"])
    return await start(shop, had["offer_id"], **more), had


async def progress(shop: Shop, rise_id: str) -> Json:
    return await shop.house.ask(olga, "GET", f"/price-rises/{rise_id}")


async def letters(shop: Shop) -> list[MessageRequested]:
    told = await shop.told(MessageRequested)
    return [letter for letter in told if letter.template.startswith("price_rise")]


async def counts(shop: Shop, rise_id: str) -> dict[str, int]:
    """How many are how far; of those dropped, why."""
    seen = await progress(shop, rise_id)
    far = {state: seen[state] for state in ("chosen", "told", "agreed", "moved") if seen[state]}
    return far | {one["reason"]: one["subscriptions"] for one in seen["dropped"]}


async def refusal(shop: Shop, body: Json, action: str = "", who: Who = olga) -> tuple[int, str]:
    return await shop.house.refusal(who, "POST", f"/price-rises{action}", body)


def body_of(started: Json) -> Json:
    """What was asked of the preview."""
    return {name: value for name, value in started.items() if name != "fingerprint"}


def door(subscription: Json, action: str) -> str:
    return f"/subscriptions/{subscription['subscription_id']}/{action}"


def when(text: str) -> datetime:
    return datetime.fromisoformat(text)


async def renews(shop: Shop, who: Who = ada) -> Json:
    """The period that runs is over."""
    await shop.at((await shop.subscription(who))["runs_until"])
    return await shop.subscription(who)


async def charged(shop: Shop) -> list[int]:
    return sorted(charge["amount"] for charge in await shop.charges())


async def test_what_is_shown_is_told_and_charged_from_the_first_period_after_the_notice(
    shop: Shop,
) -> None:
    had = await shop.subscribes()
    offer_id = had["offer_id"]
    await shop.buys({"offer_id": offer_id, "quantity": 2}, who=bob)
    await reprice(shop, offer_id)
    await shop.buys({"offer_id": offer_id}, who=caspar)
    body = asked(shop, offer_id)
    seen = await preview(shop, body)
    assert (seen["subscriptions"], seen["price_version"]) == (2, 2)
    assert seen["left_out"] == [{"reason": "has_the_price", "subscriptions": 1}]
    (euro,) = seen["currencies"]
    assert (euro["period_before"]["minor"], euro["period_after"]["minor"]) == (3000, 4500)
    assert (euro["mrr_before"]["minor"], euro["mrr_after"]["minor"]) == (3000, 4500)
    assert await letters(shop) == []
    body["fingerprint"] = seen["fingerprint"]
    rise_id = (await shop.house.ask(olga, "POST", "/price-rises", body))["rise_id"]
    await shop.house.quiet()
    shown = (await shop.subscription())["price_rise"]
    assert (shown["price"]["minor"], shown["needs_consent"]) == (1500, False)
    assert shown["first_due"] >= shown["applies_from"]
    assert {letter.person_id for letter in await letters(shop)} == {ada.person_id, bob.person_id}
    (first,) = [one for one in await letters(shop) if one.person_id == ada.person_id]
    assert (first.template, first.values["offer"]) == ("price_rises", "Gold")
    assert first.values["from"] == datetime.fromisoformat(shown["first_due"])
    renewed = await renews(shop)
    assert (renewed["price"]["minor"], renewed["next_due"]["minor"]) == (1000, 1500)
    assert shown["first_due"] == renewed["runs_until"]
    renewed = await renews(shop)
    assert (renewed["price"]["minor"], renewed["price_version"]) == (1500, 2)
    assert (renewed["price_rise"], renewed["next_due"]["minor"]) == (None, 1500)
    expected = sorted([1000, 2000, 1500, 1000, 2000, 1500, 1500, 3000, 1500])
    await eventually(lambda: charged(shop), lambda seen: seen == expected)
    end = await progress(shop, rise_id)
    assert (end["subscriptions"], end["moved"], end["told"], end["chosen"]) == (2, 2, 0, 0)
    *_, last = await shop.told(billing_subscription.SubscriptionRenewed)
    assert last.recurring
    assert last.recurring.minor in (1500, 3000)
    applied = await shop.told(billing_price_rise.PriceRiseApplied)
    assert {one.person_id for one in applied} == {ada.person_id, bob.person_id}
    assert {one.price.minor for one in applied} == {1500}


async def test_who_pays_is_told_again_a_week_before_and_no_preference_silences_it(
    shop: Shop,
) -> None:
    await raised(shop)
    told = (await shop.subscription())["price_rise"]
    week_before = when(told["first_due"]) - timedelta(days=7)
    await shop.at(week_before - timedelta(hours=1))
    assert [letter.template for letter in await letters(shop)] == ["price_rises"]
    await shop.at(week_before)
    first, second = await letters(shop)
    assert (second.template, kind_of(second.template)) == ("price_rises_soon", "transactional")
    assert second.values == first.values
    assert second.values["from"] == when(told["first_due"])
    await renews(shop)
    assert len(await letters(shop)) == 2


async def test_a_preview_that_others_would_be_hit_by_is_stale(shop: Shop) -> None:
    had = await shop.subscribes()
    await reprice(shop, had["offer_id"])
    body = asked(shop, had["offer_id"])
    seen = await preview(shop, body)
    assert (await preview(shop, body))["fingerprint"] == seen["fingerprint"]
    body["fingerprint"] = seen["fingerprint"]
    sooner = body | {"effective_from": (shop.now + timedelta(days=40)).isoformat()}
    assert await refusal(shop, sooner) == (409, "preview_stale")
    await shop.house.ask(ada, "POST", door(had, "cancellation"))
    await shop.house.quiet()
    assert await refusal(shop, body) == (409, "preview_stale")
    await shop.house.ask(ada, "DELETE", door(had, "cancellation"))
    await shop.house.ask(ada, "POST", door(had, "change"), {"quantity": 2})
    await shop.until_told(billing_subscription.SubscriptionChanged)
    await shop.house.quiet()
    assert await refusal(shop, body) == (409, "preview_stale")
    await reprice(shop, had["offer_id"], 1600)
    seen = await preview(shop, body_of(body))
    assert seen["prices"] == [{"minor": 1600, "currency": "EUR"}]
    body["fingerprint"] = seen["fingerprint"]
    key = str(uuid4())
    first = await shop.house.ask(olga, "POST", "/price-rises", body, Idempotency_Key=key)
    await shop.house.quiet()
    again = await shop.house.ask(olga, "POST", "/price-rises", body, Idempotency_Key=key)
    assert first["rise_id"] == again["rise_id"]
    assert len(await letters(shop)) == 1


async def test_who_agrees_pays_more_and_who_says_nothing_keeps_the_price(shop: Shop) -> None:
    had = await shop.subscribes()
    await shop.buys({"offer_id": had["offer_id"]}, who=bob)
    await reprice(shop, had["offer_id"])
    rise_id = await start(shop, had["offer_id"], mode="consent")
    assert {letter.template for letter in await letters(shop)} == {"price_rise_asked"}
    for _ in range(2):
        await shop.house.ask(ada, "POST", door(had, "price-rise/acceptance"))
    assert (await shop.subscription())["price_rise"]["agreed"] is True
    assert await counts(shop, rise_id) == {"told": 1, "agreed": 1}
    await renews(shop)
    await renews(shop)
    adas, bobs = await shop.subscription(), await shop.subscription(bob)
    assert (adas["price"]["minor"], bobs["price"]["minor"]) == (1500, 1000)
    assert (adas["state"], bobs["state"]) == ("active", "active")
    assert await counts(shop, rise_id) == {"moved": 1, "not_agreed": 1}
    assert await charged(shop) == [1000, 1000, 1000, 1000, 1000, 1500]


async def test_who_does_not_agree_may_have_to_go_and_comes_back_at_the_price_in_force(
    shop: Shop,
) -> None:
    rise_id, had = await raised(shop, mode="consent", otherwise="end")
    (asking,) = await letters(shop)
    assert asking.template == "price_rise_asked_or_ends"
    await renews(shop)
    ended = await renews(shop)
    assert (ended["state"], ended["ended_for"]) == ("ended", "voluntary")
    assert await charged(shop) == [1000, 1000]
    assert await counts(shop, rise_id) == {"not_agreed": 1}
    back = {"subscription_id": had["subscription_id"], "return_url": f"{ORIGIN}/thanks"}
    opened = await shop.house.ask(ada, "POST", "/checkouts/win-back", back)
    await shop.house.quiet()
    checkout = await shop.house.ask(ada, "GET", f"/checkouts/{opened['checkout_id']}")
    assert checkout["due"]["minor"] == 1500
    path = door(had, "price-rise/acceptance")
    assert await shop.house.refusal(ada, "POST", path) == (409, "subscription_ended")


async def test_what_is_called_off_moves_nobody_and_everybody_told_hears_of_it(shop: Shop) -> None:
    rise_id, had = await raised(shop)
    cancel = f"/price-rises/{rise_id}/cancellation"
    for _ in range(2):
        await shop.house.ask(olga, "POST", cancel)
        await shop.house.quiet()
    assert (await shop.subscription())["price_rise"] is None
    assert await counts(shop, rise_id) == {"withdrawn": 1}
    assert (await progress(shop, rise_id))["cancelled_at"]
    await renews(shop)
    assert (await renews(shop))["price"] == had["price"]
    assert await charged(shop) == [1000, 1000, 1000]
    assert [one.template for one in await letters(shop)] == ["price_rises", "price_rise_withdrawn"]
    again = await start(shop, had["offer_id"])
    assert await counts(shop, again) == {"told": 1}


async def test_what_is_in_force_is_not_called_off(shop: Shop) -> None:
    rise_id, _ = await raised(shop)
    await shop.at(shop.now + timedelta(days=32))
    cancel = f"/price-rises/{rise_id}/cancellation"
    assert await shop.house.refusal(olga, "POST", cancel) == (409, "price_rise_in_force")


async def test_whoever_goes_meanwhile_or_takes_something_else_does_not_pay_more(
    shop: Shop,
) -> None:
    rise_id, had = await raised(shop)
    other = await shop.offer(3000)
    await shop.house.ask(ada, "POST", door(had, "change"), {"offer_id": other})
    await shop.until_told(billing_subscription.SubscriptionChanged)
    changed = await shop.subscription()
    assert (changed["price"]["minor"], changed["price_rise"]) == (3000, None)
    assert await counts(shop, rise_id) == {"changed": 1}


async def test_a_pause_puts_it_off_and_so_does_the_reminder(shop: Shop) -> None:
    rise_id, had = await raised(shop)
    until = (shop.now + timedelta(days=80)).isoformat()
    await shop.house.ask(ada, "POST", door(had, "pause"), {"until": until})
    await shop.at(until)
    rests = await shop.subscription()
    assert rests["price_rise"]["first_due"] == rests["runs_until"]
    assert [letter.template for letter in await letters(shop)] == ["price_rises"]
    await shop.at(when(rests["runs_until"]) - timedelta(days=7))
    assert [one.template for one in await letters(shop)] == ["price_rises", "price_rises_soon"]
    assert (await renews(shop))["price"]["minor"] == 1500
    assert await charged(shop) == [1000, 1500]
    assert await counts(shop, rise_id) == {"moved": 1}


async def test_founders_keep_theirs_by_name_by_day_or_by_version(shop: Shop) -> None:
    founder = await shop.subscribes()
    offer_id = founder["offer_id"]
    await reprice(shop, offer_id, 1200)
    began = shop.now + timedelta(seconds=1)
    await shop.at(began)
    await shop.buys({"offer_id": offer_id}, who=bob)
    await reprice(shop, offer_id, 1500)
    both = await preview(shop, asked(shop, offer_id))
    assert (both["subscriptions"], both["left_out"]) == (2, [])
    for spared, reason in (
        ({"pinned": [founder["subscription_id"]]}, "pinned"),
        ({"began_from": began.isoformat()}, "began_before"),
        ({"from_version": 2}, "other_version"),
    ):
        seen = await preview(shop, asked(shop, offer_id, **spared))
        assert seen["subscriptions"] == 1
        assert seen["left_out"] == [{"reason": reason, "subscriptions": 1}]
        (euro,) = seen["currencies"]
        assert (euro["mrr_before"]["minor"], euro["mrr_after"]["minor"]) == (1200, 1500)
    await start(shop, offer_id, pinned=[founder["subscription_id"]])
    assert (await shop.subscription(bob))["price_rise"]
    assert (await shop.subscription())["price_rise"] is None


async def test_who_has_a_discount_for_ever_or_another_currency_is_left_out(
    shop: Shop,
) -> None:
    code = {"code": "FOREVER", "percent": 50, "periods": None}
    await shop.house.ask(olga, "POST", "/discounts", code)
    offer_id = await shop.offer()
    await shop.house.quiet()
    lines = {"lines": [{"offer_id": offer_id}], "return_url": f"{ORIGIN}/thanks", "code": "FOREVER"}
    opened = await shop.house.ask(ada, "POST", "/checkouts", lines)
    await shop.house.quiet()
    await shop.pays(opened["checkout_id"])
    await shop.state_of(opened["checkout_id"], "completed")
    await shop.house.quiet()
    await shop.buys({"offer_id": offer_id}, who=bob)
    dollars = {"prices": [{"amount": {"minor": 1500, "currency": "USD"}}]}
    await shop.house.ask(olga, "POST", f"/offers/{offer_id}/prices", dollars)
    await shop.house.quiet()
    seen = await preview(shop, asked(shop, offer_id))
    assert (seen["subscriptions"], seen["first_due"], seen["currencies"]) == (0, None, [])
    assert {one["reason"] for one in seen["left_out"]} == {"discount_for_ever", "no_fixed_price"}
    body = asked(shop, offer_id) | {"fingerprint": seen["fingerprint"]}
    nobody = await preview(shop, body_of(body))
    body["fingerprint"] = nobody["fingerprint"]
    assert await refusal(shop, body) == (409, "nobody_pays_less")


async def test_what_cannot_be_is_refused_where_it_is_shown_and_where_it_is_started(
    shop: Shop,
) -> None:
    had = await shop.subscribes()
    await reprice(shop, had["offer_id"])
    asks: list[tuple[Json, str]] = [
        ({"effective_from": (shop.now + timedelta(days=29)).isoformat()}, "notice_out_of_range"),
        ({"effective_from": (shop.now + timedelta(days=367)).isoformat()}, "notice_out_of_range"),
        ({"effective_from": "2126-01-01T00:00:00"}, "timezone_aware"),
        ({"offer_id": str(uuid4())}, "offer_not_found"),
        ({"from_version": 2}, "version_out_of_range"),
        ({"from_version": 0}, "version_out_of_range"),
        ({"to_version": 2}, "version_out_of_range"),
        ({"mode": "keep"}, "literal_error"),
        ({"otherwise": "perhaps"}, "literal_error"),
        ({"pinned": [str(uuid4())] * 501}, "too_many"),
        ({"percent": 10}, "extra_forbidden"),
    ]
    for wrong, code in asks:
        body = asked(shop, had["offer_id"]) | wrong
        assert await refusal(shop, body, "/preview") == (422, code), wrong
        assert await refusal(shop, body | {"fingerprint": str(uuid4())}) == (422, code), wrong
    await shop.house.ask(olga, "PUT", "/policy", {"price_notice_days": 45})
    assert await refusal(shop, asked(shop, had["offer_id"]), "/preview") == (
        422,
        "notice_out_of_range",
    )
    policy = {"price_notice_days": 29}
    assert await shop.house.refusal(olga, "PUT", "/policy", policy) == (422, "notice_out_of_range")


async def test_who_may_raise_a_price_see_it_and_agree_to_it(shop: Shop) -> None:
    rise_id, had = await raised(shop)
    other_owner = somebody(uuid4(), "owner")
    accountant = somebody(community, "accountant")
    body = asked(shop, had["offer_id"])
    one, cancel = f"/price-rises/{rise_id}", f"/price-rises/{rise_id}/cancellation"
    for who, missing in ((ada, (403, "forbidden")), (accountant, (403, "forbidden"))):
        assert await refusal(shop, body, "/preview", who) == missing
        assert await refusal(shop, body | {"fingerprint": rise_id}, "", who) == missing
        assert await shop.house.refusal(who, "POST", cancel) == missing
    assert await shop.house.refusal(ada, "GET", one) == (403, "forbidden")
    assert (await shop.house.ask(accountant, "GET", one))["subscriptions"] == 1
    assert await refusal(shop, body, "/preview", other_owner) == (422, "offer_not_found")
    assert await shop.house.refusal(other_owner, "GET", one) == (404, "price_rise_not_found")
    assert (await shop.house.refusal(other_owner, "POST", cancel))[0] == 404
    assert (await shop.house.ask(other_owner, "GET", "/price-rises"))["items"] == []
    (listed,) = (await shop.house.ask(olga, "GET", "/price-rises"))["items"]
    assert listed == await shop.house.ask(olga, "GET", one)
    path = door(had, "price-rise/acceptance")
    assert await shop.house.refusal(bob, "POST", path) == (404, "subscription_not_found")
    await shop.house.ask(ada, "POST", path)
    unknown = f"/subscriptions/{uuid4()}/price-rise/acceptance"
    assert await shop.house.refusal(ada, "POST", unknown) == (404, "subscription_not_found")


async def test_who_acts_for_the_payer_agrees_in_their_name(shop: Shop) -> None:
    """Whoever took them in, as it is with whoever represents an organisation."""
    _, had = await raised(shop, mode="consent")
    merged = MemberMerged(
        community_id=community,
        occurred_at=shop.now,
        person_id=bob.person_id,
        taken_in=ada.person_id,
    )
    await shop.house.hear(merged)
    await shop.house.quiet()
    await shop.house.ask(bob, "POST", door(had, "price-rise/acceptance"))
    assert (await shop.subscription())["price_rise"]["agreed"] is True


async def test_whose_price_does_not_rise_has_nothing_to_agree_to(shop: Shop) -> None:
    had = await shop.subscribes()
    path = door(had, "price-rise/acceptance")
    assert await shop.house.refusal(ada, "POST", path) == (409, "no_price_rise")


async def test_of_many_so_many_are_told_a_minute_and_each_once(shop: Shop) -> None:
    offer_id = await shop.offer()
    kept = Instrument(Code("pm_nobody"), Code("cus_nobody"), None)
    of = Terms(PersonId(ada.person_id), UUID(offer_id), gold, Money(1000, "EUR"), "month", 1, PARIS)
    begin = StartSubscription(of, kept, 0, shop.now)
    for _ in range(A_TURN + 5):
        subscription_id = uuid4()
        meta = Meta(subscription_id, subscription_id)
        origin = Origin(subscription_id, community, shop.now, meta)
        await shop.house.service.handler.handle([Ask(SUBSCRIPTION, subscription_id, begin)], origin)
    await reprice(shop, offer_id)
    rise_id = await start(shop, offer_id)
    assert await counts(shop, rise_id) == {"told": A_TURN, "chosen": 5}
    assert len(await letters(shop)) == A_TURN
    await shop.at(shop.now + timedelta(minutes=1))
    assert await counts(shop, rise_id) == {"told": A_TURN + 5}
    assert len(await letters(shop)) == A_TURN + 5
    announced = await shop.told(billing_price_rise.PriceRiseAnnounced)
    assert len({one.subscription_id for one in announced}) == A_TURN + 5
    assert all(one.applies_from - one.occurred_at >= timedelta(days=30) for one in announced)
    await shop.house.ask(olga, "POST", f"/price-rises/{rise_id}/cancellation")
    await shop.house.quiet()
    assert await counts(shop, rise_id) == {"withdrawn": A_TURN + 5}
    dropped = await shop.told(billing_price_rise.PriceRiseDropped)
    assert {one.reason for one in dropped} == {"withdrawn"}
    assert len(dropped) == A_TURN + 5
    (started,) = await shop.told(billing_price_rise.PriceRiseStarted)
    assert (started.subscriptions, started.price_version) == (A_TURN + 5, 2)
    assert len(await shop.told(billing_price_rise.PriceRiseCancelled)) == 1
