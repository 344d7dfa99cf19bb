"""Subscriptions of the creator's own Stripe Billing become ours: seen first, charged by one side only, reversible."""

from datetime import timedelta
from uuid import uuid4

import pytest

from shared.contracts import billing_payment, billing_subscription
from shared.contracts.billing_message import MessageRequested, StaffMessageRequested
from shared.contracts.membership_member import PersonErased
from tests.integration.billing.own_billing import OwnBilling, next_of
from tests.integration.billing.shop import Shop, ada, bob, community, olga
from tests.integration.events.house import Json, somebody


@pytest.fixture
async def own(shop: Shop) -> OwnBilling:
    await shop.opens()
    billing = OwnBilling(shop)
    await billing.opens()
    return billing


async def test_the_account_is_read_and_the_plan_shown_and_nothing_is_done(
    shop: Shop, own: OwnBilling
) -> None:
    theirs = await own.subscribes(ada)
    await own.subscribes(None)
    await own.subscribes(bob, minor=700)
    await own.lays_down("cus_foreign", None, account="acct_other")
    rows = await own.reads()
    assert len(rows) == 3, "another account's is not ours to see"
    assert {row["standing"] for row in rows} == {"planned"}
    assert all("price_unmapped" in row["obstacles"] for row in rows)
    await own.maps(await shop.offer())
    by_amount = {(row["amount"]["minor"], row["person_id"]): row for row in await own.plan()}
    row = by_amount[1000, str(ada.person_id)]
    assert (row["obstacles"], row["remarks"]) == ([], [])
    assert row["subscription"] == theirs["id"]
    assert row["next_at"] == next_of(theirs)
    assert by_amount[1000, None]["obstacles"] == ["person_unknown"]
    assert by_amount[700, str(bob.person_id)]["remarks"] == ["grandfathered"]
    seen = await shop.house.ask(olga, "GET", "/migration")
    assert (seen["state"], seen["seen"], len(seen["prices"])) == ("read", 3, 1)
    assert seen["standings"] == {"planned": 3}
    assert not (await own.there(theirs["id"]))["subscription"]["cancel_at_period_end"]
    assert await shop.told(billing_subscription.SubscriptionActivated) == []


async def test_what_is_taken_over_is_charged_here_from_the_day_it_ends_there(
    shop: Shop, own: OwnBilling
) -> None:
    row = await own.planned(ada, minor=700)
    await own.takes_over(row)
    after = await own.row(row)
    assert (after["standing"], after["held_up"]) == ("confirmed", None)
    there = (await own.there(row["subscription"]))["subscription"]
    assert there["cancel_at_period_end"]
    assert there["metadata"]["takeover_id"] == row["takeover_id"]
    ours = await shop.subscription()
    assert (ours["state"], ours["runs_until"]) == ("active", row["next_at"])
    assert ours["price"]["minor"] == 700, "what they had, they keep"
    assert await shop.charges() == []
    (begun,) = await shop.told(billing_subscription.SubscriptionActivated)
    assert begun.source == "migrated"
    assert begun.occurred_at < shop.now - timedelta(days=400)
    assert await shop.told(MessageRequested) == [], "nobody is welcomed"
    await own.time_passes(row["next_at"])
    assert (await own.row(row))["standing"] == "owned"
    (charge,) = await shop.charges()
    assert charge["amount"] == 700
    assert len((await own.there(row["subscription"]))["charged"]) == 1
    renewed = await shop.until_subscription("active")
    assert renewed["runs_until"] > row["next_at"]
    await shop.at(renewed["runs_until"])
    assert len(await shop.charges()) == 2, "and again, without anybody else"


async def test_who_goes_back_in_time_is_charged_there_and_never_was_here(
    shop: Shop, own: OwnBilling
) -> None:
    row = await own.planned(ada)
    await own.takes_over(row)
    await own.goes_back(row)
    assert (await own.row(row))["standing"] == "reverted"
    there = (await own.there(row["subscription"]))["subscription"]
    assert (there["cancel_at_period_end"], there["metadata"]) == (False, {})
    assert (await shop.subscription())["ended_for"] == "migrated"
    (ended,) = await shop.told(billing_subscription.SubscriptionEnded)
    assert ended.reason == "migrated"
    assert await shop.told(MessageRequested) == []
    await own.time_passes(row["next_at"])
    assert await shop.charges() == []
    assert len((await own.there(row["subscription"]))["charged"]) == 2
    await own.reads()
    (again,) = await own.plan()
    assert (again["standing"], again["obstacles"]) == ("planned", [])
    await own.takes_over(again)
    assert (await own.row(row))["standing"] == "confirmed"


async def test_what_has_been_charged_here_does_not_go_back(shop: Shop, own: OwnBilling) -> None:
    row = await own.planned(ada)
    await own.takes_over(row)
    await own.time_passes(row["next_at"])
    body = {"takeovers": [row["takeover_id"]]}
    refused = await shop.house.refusal(olga, "POST", "/migration/reversals", body)
    assert refused == (409, "takeover_final")


async def test_what_renews_there_nevertheless_is_not_charged_here(
    shop: Shop, own: OwnBilling
) -> None:
    row = await own.planned(ada)
    await own.takes_over(row)
    await own.changes(row["subscription"], cancel_at_period_end=False)
    await own.time_passes(row["next_at"])
    assert len((await own.there(row["subscription"]))["charged"]) == 2
    assert await shop.charges() == []
    moved = await own.row(row)
    assert moved["next_at"] > row["next_at"]
    assert moved["standing"] == "confirmed", "it is told to end once more"
    assert (await shop.subscription())["runs_until"] == moved["next_at"]
    await own.time_passes(moved["next_at"])
    assert len(await shop.charges()) == 1
    assert len((await own.there(row["subscription"]))["charged"]) == 2


async def test_ours_waits_for_a_processor_that_is_late(shop: Shop, own: OwnBilling) -> None:
    row = await own.planned(ada)
    await own.takes_over(row)
    await shop.at(row["next_at"])
    assert await shop.charges() == []
    assert (await own.row(row))["held_up"] == "not_over_yet"
    await own.time_passes(shop.now + timedelta(hours=2))
    assert (await own.row(row))["standing"] == "owned"
    assert len(await shop.charges()) == 1


async def test_a_report_of_the_processor_is_enough_to_look(shop: Shop, own: OwnBilling) -> None:
    row = await own.planned(ada)
    await own.takes_over(row)
    await shop.at(row["next_at"])
    assert (await own.row(row))["held_up"] == "not_over_yet"
    await own.time_passes_there(shop.now)
    there = (await own.there(row["subscription"]))["subscription"]
    forged: Json = there | {"metadata": {"community_id": str(uuid4()), "takeover_id": str(uuid4())}}
    foreign: Json = {"metadata": {}}
    for found in (forged, foreign, there):
        report = {
            "id": f"evt_{uuid4()}",
            "object": "event",
            "type": "customer.subscription.deleted",
            "data": {"object": found},
        }
        assert (await shop.report(report)).is_success
    await shop.house.quiet()
    assert (await own.row(row))["standing"] == "owned"
    assert len(await shop.charges()) == 1


async def test_what_is_not_paid_there_is_somebodys_to_mend(shop: Shop, own: OwnBilling) -> None:
    row = await own.planned(ada)
    await own.takes_over(row)
    await own.changes(row["subscription"], status="past_due")
    await own.time_passes(row["next_at"])
    assert (await own.row(row))["held_up"] == "past_due"
    assert await shop.charges() == []
    await own.time_passes(shop.now + timedelta(days=3))
    told = await shop.told(StaffMessageRequested)
    # The double keeps every account's intents in one place: the comparison may write of those of other tests.
    (letter,) = (one for one in told if one.template == "takeover_held_up")
    assert letter.permission == "subscriptions.write"
    assert letter.values == {"subscription": row["subscription"], "reason": "past_due"}
    await own.changes(row["subscription"], status="active")
    await own.time_passes(shop.now + timedelta(days=1))
    assert (await own.row(row))["held_up"] is None
    assert len(await shop.charges()) == 1, "what was not collected there is collected here"


async def test_who_cancels_there_at_once_is_charged_nowhere(shop: Shop, own: OwnBilling) -> None:
    row = await own.planned(ada)
    await own.takes_over(row)
    now = int(shop.now.timestamp())
    await own.changes(row["subscription"], status="canceled", ended_at=now)
    await own.time_passes(row["next_at"])
    assert (await own.row(row))["standing"] == "failed"
    assert (await shop.subscription())["state"] == "ended"
    assert await shop.charges() == []


async def test_who_cancels_here_ends_on_both_sides(shop: Shop, own: OwnBilling) -> None:
    row = await own.planned(ada)
    await own.takes_over(row)
    ours = await shop.subscription()
    path = f"/subscriptions/{ours['subscription_id']}/cancellation"
    await shop.house.ask(ada, "POST", path, {})
    body = {"takeovers": [row["takeover_id"]]}
    refused = await shop.house.refusal(olga, "POST", "/migration/reversals", body)
    assert refused == (409, "cancelled_here")
    await own.time_passes(row["next_at"])
    assert (await shop.until_subscription("ended"))["ended_for"] == "voluntary"
    assert await shop.charges() == []


@pytest.mark.parametrize("after", [False, True])
async def test_an_answer_that_is_lost_is_looked_up(
    shop: Shop, own: OwnBilling, *, after: bool
) -> None:
    row = await own.planned(ada)
    await own.fails(4, 500, after=after)
    body = {"takeovers": [row["takeover_id"]]}
    await shop.house.ask(olga, "POST", "/migration/takeovers", body)
    await shop.house.until(
        olga,
        "/migration/takeovers",
        lambda seen: seen["items"][0]["standing"] == "confirmed",
    )
    assert len(await shop.told(billing_subscription.SubscriptionActivated)) == 1


async def test_an_account_that_is_busy_is_read_all_the_same(shop: Shop, own: OwnBilling) -> None:
    for _ in range(45):
        await own.lays_down("cus_many", "pm_many")
    await own.fails(2, 429)
    await shop.house.ask(olga, "POST", "/migration/scans", {})
    again = await shop.house.refusal(olga, "POST", "/migration/scans", {})
    assert again == (409, "scan_under_way"), "of two migrations at once there is one"
    await shop.house.quiet()
    seen = await shop.house.until(olga, "/migration", lambda found: found["state"] == "read")
    assert seen["seen"] == 45, "over more than one page"
    await shop.house.quiet()
    rows = await own.plan()
    assert len(rows) == 45
    assert all("twice" in row["obstacles"] for row in rows)


OBSTACLES = [
    ({"status": "past_due"}, "not_paid"),
    ({"status": "trialing"}, "on_trial"),
    ({"cancel_at_period_end": True}, "ends_there"),
    ({"default_payment_method": None}, "no_card"),
    ({"collection_method": "send_invoice"}, "invoiced"),
    ({"pause_collection": {"behavior": "void"}}, "on_hold"),
    ({"schedule": "sub_sched_1"}, "scheduled"),
    ({"automatic_tax": {"enabled": True}}, "taxed"),
    ({"currency": "usd"}, "odd_price"),
    ({"default_tax_rates": [{"id": "txr_1"}]}, "taxed"),
    ({"discounts": [{"id": "di_1"}, {"id": "di_2"}]}, "coupon_not_carried"),
]


@pytest.mark.parametrize(("change", "obstacle"), OBSTACLES)
async def test_what_ours_has_no_words_for_stays_there(
    shop: Shop, own: OwnBilling, change: dict[str, object], obstacle: str
) -> None:
    row = await own.planned(ada, **change)
    assert row["obstacles"] == [obstacle]
    body = {"takeovers": [row["takeover_id"]]}
    refused = await shop.house.refusal(olga, "POST", "/migration/takeovers", body)
    assert refused == (409, "cannot_be_taken_over")
    assert await shop.told(billing_subscription.SubscriptionActivated) == []


async def test_who_has_the_same_here_already_is_not_charged_for_two(
    shop: Shop, own: OwnBilling
) -> None:
    row = await own.planned(ada)
    await shop.buys({"offer_id": row["offer_id"]})
    assert (await own.row(row))["obstacles"] == ["subscribed_here"]
    body = {"takeovers": [row["takeover_id"]]}
    refused = await shop.house.refusal(olga, "POST", "/migration/takeovers", body)
    assert refused == (409, "cannot_be_taken_over")


async def test_a_coupon_goes_on_for_the_payments_that_are_left(shop: Shop, own: OwnBilling) -> None:
    coupon = {"id": "WELCOME", "percent_off": 50.0, "duration": "once"}
    discount = {"id": "di_1", "end": None, "source": {"type": "coupon", "coupon": coupon}}
    row = await own.planned(ada, discounts=[discount])
    assert (row["obstacles"], row["remarks"]) == ([], ["discounted"])
    await own.takes_over(row)
    assert (await shop.subscription())["next_due"]["minor"] == 500
    await own.time_passes(row["next_at"])
    (charge,) = await shop.charges()
    assert charge["amount"] == 500
    assert (await shop.subscription())["next_due"]["minor"] == 1000


async def test_all_of_a_request_is_taken_over_or_nothing(shop: Shop, own: OwnBilling) -> None:
    await own.subscribes(ada)
    await own.subscribes(None)
    await own.reads()
    await own.maps(await shop.offer())
    ids = [row["takeover_id"] for row in await own.plan()]
    for wrong, refusal in (
        ({"takeovers": ids}, (409, "cannot_be_taken_over")),
        ({"takeovers": [str(uuid4())]}, (404, "takeover_not_found")),
        ({"takeovers": []}, (422, "too_short")),
        ({"takeovers": [str(uuid4()) for _ in range(51)]}, (422, "too_long")),
        ({"takeovers": ["sub_1"]}, (422, "uuid_parsing")),
    ):
        assert await shop.house.refusal(olga, "POST", "/migration/takeovers", wrong) == refusal
    assert await shop.told(billing_subscription.SubscriptionActivated) == []


async def test_the_same_again_changes_nothing(shop: Shop, own: OwnBilling) -> None:
    row = await own.planned(ada)
    await own.takes_over(row, row)
    await own.takes_over(row)
    await own.reads()
    assert (await own.row(row))["standing"] == "confirmed"
    assert len(await shop.told(billing_subscription.SubscriptionActivated)) == 1
    await own.goes_back(row)
    await own.goes_back(row)
    assert (await own.row(row))["standing"] == "reverted"
    assert len(await shop.told(billing_subscription.SubscriptionEnded)) == 1


async def test_only_who_may_reads_and_takes_over(shop: Shop, own: OwnBilling) -> None:
    treasurer = somebody(community, "accountant")
    elsewhere = somebody(uuid4(), "owner")
    row = await own.planned(ada)
    body = {"takeovers": [row["takeover_id"]]}
    for who, refusal in ((ada, 403), (treasurer, 403), (None, 401), (elsewhere, 404)):
        for path in ("/migration/takeovers", "/migration/reversals"):
            assert (await shop.house.refusal(who, "POST", path, body))[0] == refusal
    for who in (ada, treasurer):
        assert (await shop.house.refusal(who, "POST", "/migration/scans", {}))[0] == 403
    nothing = await shop.house.ask(elsewhere, "GET", "/migration/takeovers")
    assert nothing["items"] == []
    refused = await shop.house.refusal(elsewhere, "POST", "/migration/scans", {})
    assert refused == (409, "account_not_connected")
    assert (await shop.house.refusal(elsewhere, "GET", "/migration"))[0] == 404


async def test_a_price_becomes_an_offer_that_exists(shop: Shop, own: OwnBilling) -> None:
    await own.subscribes(ada)
    await own.reads()
    for wrong, refusal in (
        ({"price": "price_gold", "offer_id": str(uuid4())}, (422, "offer_not_found")),
        ({"price": "price_none", "offer_id": await shop.offer()}, (422, "price_not_found")),
        ({"price": "price_gold", "offer_id": "gold"}, (422, "uuid_parsing")),
    ):
        assert await shop.house.refusal(olga, "PUT", "/migration/prices", wrong) == refusal
    await own.maps(await shop.offer(interval="year"))
    (row,) = await own.plan()
    assert row["obstacles"] == ["offer_unfit"]


async def test_nothing_is_changed_or_paused_until_the_first_payment_here(
    shop: Shop, own: OwnBilling
) -> None:
    row = await own.planned(ada)
    await own.takes_over(row)
    path = f"/subscriptions/{(await shop.subscription())['subscription_id']}"
    change = await shop.house.refusal(ada, "POST", f"{path}/change", {"quantity": 2})
    assert change == (409, "subscription_moving")
    until = {"until": (shop.now + timedelta(days=5)).isoformat()}
    assert (await shop.house.refusal(ada, "POST", f"{path}/pause", until))[0] == 409
    await own.time_passes(row["next_at"])
    await shop.house.ask(ada, "POST", f"{path}/change", {"quantity": 2})
    await shop.house.quiet()
    assert (await shop.subscription())["quantity"] == 2


async def test_who_is_erased_is_forgotten_there_too(shop: Shop, own: OwnBilling) -> None:
    row = await own.planned(ada)
    await own.takes_over(row)
    erased = PersonErased(community_id=community, occurred_at=shop.now, person_id=ada.person_id)
    await shop.house.hear(erased, stream_id=ada.person_id)
    await shop.house.quiet()
    assert (await shop.subscription())["state"] == "ended"
    await own.reads()
    assert (await own.row(row))["person_id"] is None, "an import is forgotten as well"
    assert await shop.told(billing_payment.PaymentSucceeded) == []
