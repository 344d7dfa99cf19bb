"""Money that went back has consequences: on Postgres, with a Stripe that is not ours, by the seller's policy."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from shared.contracts import billing_dispute, billing_order, billing_payment, billing_subscription
from shared.contracts.billing_message import StaffMessageRequested
from shared.contracts.membership_member import BanLifted, MemberBanned
from tests.integration.billing import cards
from tests.integration.billing.shop import Shop, ada, community, olga
from tests.integration.events.house import Json, somebody


@pytest.fixture(autouse=True)
async def _opened(shop: Shop) -> None:
    await shop.opens()


async def set_policy(shop: Shop, **policy: Any) -> None:
    await shop.house.ask(olga, "PUT", "/policy", policy)


async def payments(shop: Shop) -> list[Json]:
    """All of the community, the latest first."""
    listed = (await shop.house.ask(olga, "GET", "/payments"))["items"]
    return sorted(listed, key=lambda payment: str(payment["at"]), reverse=True)


async def refund(shop: Shop, payment: Json, minor: int | None = None) -> None:
    """Staff give back a payment, or a part of it."""
    amount = {"minor": minor, "currency": "EUR"} if minor else None
    path = f"/payments/{payment['payment_id']}/refunds"
    done = len(await shop.told(billing_payment.RefundIssued))
    await shop.house.ask(olga, "POST", path, {"amount": amount})
    await shop.until_told(billing_payment.RefundIssued, done + 1)
    await shop.house.quiet()


async def refund_latest(shop: Shop, minor: int | None = None) -> None:
    await refund(shop, (await payments(shop))[0], minor)


async def disputed(shop: Shop) -> Json:
    """The latest charge that was paid is disputed, and the processor has said so."""
    paid = [payment for payment in await payments(shop) if payment["state"] == "succeeded"]
    dispute = await shop.dispute(paid[0]["payment_intent"])
    await shop.report_dispute(dispute, "created")
    return dispute


async def decided(shop: Shop, dispute: Json, status: str) -> None:
    await shop.report_dispute(await shop.decide(dispute["id"], status), "closed")


async def test_a_policy_has_defaults_and_is_set_by_who_may(shop: Shop) -> None:
    shown = await shop.house.ask(olga, "GET", "/policy")
    assert shown == {
        "after_refund": "end_now",
        "during_dispute": "suspend",
        "after_loss": "end_now",
        "fees_borne_by": "seller",
        "dunning": {"retries": [1, 3, 5, 7], "grace_days": 7, "afterwards": "end"},
        "proration": "second",
        "longest_pause_days": 366,
        "win_back_days": 30,
        "trials_per_card": "offer",
        "price_notice_days": 30,
        "after_ban": "end_now",
    }
    changed = {"after_refund": "keep", "dunning": {"retries": [2], "grace_days": 0}}
    await set_policy(shop, **changed)
    now = await shop.house.ask(olga, "GET", "/policy")
    assert (now["after_refund"], now["dunning"]["retries"]) == ("keep", [2])
    assert now["dunning"]["afterwards"] == "end"


async def banned(shop: Shop) -> None:
    told = MemberBanned(community_id=community, occurred_at=shop.now, person_id=ada.person_id)
    await shop.house.hear(told, stream_id=ada.person_id)
    await shop.house.quiet()


async def test_who_is_banned_is_charged_no_more(shop: Shop) -> None:
    await shop.subscribes()
    await banned(shop)
    assert (await shop.until_subscription("ended"))["ended_for"] == "banned"
    (ended,) = await shop.told(billing_subscription.SubscriptionEnded)
    assert (ended.reason, ended.was_paying) == ("banned", True)
    await shop.at(shop.now + timedelta(days=40))
    await shop.house.quiet()
    assert len(await shop.charges()) == 1


async def test_who_is_banned_no_more_subscribes_like_anybody(shop: Shop) -> None:
    await shop.subscribes()
    await banned(shop)
    await shop.until_subscription("ended")
    told = BanLifted(community_id=community, occurred_at=shop.now, person_id=ada.person_id)
    await shop.house.hear(told, stream_id=ada.person_id)
    await shop.house.quiet()
    await shop.buys({"offer_id": await shop.offer(1000)})
    await shop.house.quiet()
    listed = (await shop.house.ask(ada, "GET", "/subscriptions"))["items"]
    assert sorted(one["state"] for one in listed) == ["active", "ended"]


async def test_the_seller_may_let_it_run_on(shop: Shop) -> None:
    await set_policy(shop, after_ban="end_at_period_end")
    await shop.subscribes()
    await banned(shop)
    assert len(await shop.told(billing_subscription.CancellationScheduled)) == 1
    assert await shop.told(billing_subscription.SubscriptionEnded) == []


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({"after_refund": "shrug"}, (422, "literal_error")),
        ({"dunning": {"retries": "daily"}}, (422, "tuple_type")),
        ({"dunning": {"retries": [3, 1]}}, (422, "retries_out_of_order")),
        ({"dunning": {"grace_days": 400}}, (422, "grace_too_long")),
        ({"proration": "month"}, (422, "literal_error")),
        ({"longest_pause_days": 0}, (422, "pause_too_long")),
        ({"colour": "red"}, (422, "extra_forbidden")),
    ],
)
async def test_a_policy_that_makes_no_sense_is_refused(
    shop: Shop, body: Json, refusal: tuple[int, str]
) -> None:
    assert await shop.house.refusal(olga, "PUT", "/policy", body) == refusal


async def test_a_policy_is_the_communitys_own(shop: Shop) -> None:
    await set_policy(shop, after_refund="keep")
    assert await shop.house.refusal(ada, "PUT", "/policy", {}) == (403, "forbidden")
    assert await shop.house.refusal(ada, "GET", "/policy") == (403, "forbidden")
    assert await shop.house.refusal(None, "GET", "/policy") == (401, "no_token")


async def test_a_refund_of_the_first_period_ends_the_subscription(shop: Shop) -> None:
    await shop.subscribes()
    await refund_latest(shop)
    assert (await shop.until_subscription("ended"))["ended_for"] == "refunded"
    (ended,) = await shop.told(billing_subscription.SubscriptionEnded)
    assert (ended.reason, ended.was_paying) == ("refunded", True)
    (order,) = await shop.told(billing_order.OrderRefunded)
    assert (order.reason, order.total.minor) == ("requested", 1000)


async def test_a_refund_of_a_renewal_ends_it_and_that_of_an_older_period_does_not(
    shop: Shop,
) -> None:
    subscription = await shop.subscribes()
    await shop.at(subscription["runs_until"])
    await shop.until_subscription("active")
    newest, oldest = await payments(shop)
    await refund(shop, oldest)
    assert (await shop.subscription())["state"] == "active"
    await refund(shop, newest)
    assert (await shop.until_subscription("ended"))["ended_for"] == "refunded"


async def test_a_part_that_goes_back_ends_nothing_until_all_of_it_has(shop: Shop) -> None:
    await shop.subscribes()
    await refund_latest(shop, 400)
    assert (await shop.subscription())["state"] == "active"
    await refund_latest(shop)
    assert (await shop.until_subscription("ended"))["ended_for"] == "refunded"


async def test_the_seller_may_let_what_was_refunded_run_to_its_end_or_go_on(shop: Shop) -> None:
    await set_policy(shop, after_refund="end_at_period_end")
    running = await shop.subscribes()
    await refund_latest(shop)
    cancelled = await shop.subscription()
    assert (cancelled["state"], cancelled["cancels_at"]) == ("active", running["runs_until"])
    await shop.at(running["runs_until"])
    await shop.until_subscription("ended")
    assert len(await shop.charges()) == 1


async def test_a_kept_subscription_goes_on_after_a_refund(shop: Shop) -> None:
    await set_policy(shop, after_refund="keep")
    running = await shop.subscribes()
    await refund_latest(shop)
    await shop.at(running["runs_until"])
    await shop.until_told(billing_subscription.SubscriptionRenewed)
    assert len(await shop.charges()) == 2


async def test_a_thing_bought_for_good_is_not_kept_either(shop: Shop) -> None:
    await shop.buys({"offer_id": await shop.offer(2000, "once")})
    await refund_latest(shop)
    (order,) = await shop.until_told(billing_order.OrderRefunded)
    assert (order.reason, order.total.minor) == ("requested", 2000)


async def test_seats_whose_money_went_back_are_told_hold_by_hold(shop: Shop) -> None:
    holds = [uuid4(), uuid4()]
    offer_id = await shop.offer(2000, "once")
    await shop.buys(*({"quote": shop.quote(hold_id)} for hold_id in holds), {"offer_id": offer_id})
    await refund_latest(shop, 1500)
    assert await shop.told(billing_order.OrderRefunded) == []
    await refund_latest(shop)
    refunded = await shop.until_told(billing_order.OrderRefunded, 3)
    assert {order.reason for order in refunded} == {"requested"}
    assert sorted(order.total.minor for order in refunded) == [1500, 1500, 2000]
    assert {order.order_id for order in refunded} > set(holds)


async def test_seats_whose_payment_was_lost_to_a_bank_are_told_as_well(shop: Shop) -> None:
    hold_id = uuid4()
    await shop.buys({"quote": shop.quote(hold_id)})
    dispute = await disputed(shop)
    assert await shop.told(billing_order.OrderRefunded) == []
    await decided(shop, dispute, "lost")
    (order,) = await shop.until_told(billing_order.OrderRefunded)
    assert (order.order_id, order.reason) == (hold_id, "disputed")


async def test_a_thing_bought_for_good_is_withheld_until_a_dispute_is_won(shop: Shop) -> None:
    await shop.buys({"offer_id": await shop.offer(2000, "once")})
    dispute = await disputed(shop)
    (held,) = await shop.until_told(billing_order.OrderSuspended)
    assert held.cause == "disputed"
    await decided(shop, dispute, "won")
    (back,) = await shop.until_told(billing_order.OrderReinstated)
    assert (back.order_id, len(back.lines)) == (held.order_id, 1)
    assert await shop.told(billing_order.OrderRefunded) == []


async def test_a_seller_may_let_it_be_used_while_a_bank_decides(shop: Shop) -> None:
    await set_policy(shop, during_dispute="keep")
    await shop.buys({"offer_id": await shop.offer(2000, "once")})
    dispute = await disputed(shop)
    assert await shop.told(billing_order.OrderSuspended) == []
    await decided(shop, dispute, "lost")
    (order,) = await shop.until_told(billing_order.OrderRefunded)
    assert order.reason == "disputed"


async def test_a_dispute_suspends_until_it_is_won(shop: Shop) -> None:
    await shop.subscribes()
    dispute = await disputed(shop)
    assert (await shop.until_subscription("suspended"))["ended_for"] is None
    (opened,) = await shop.told(billing_dispute.DisputeOpened)
    assert (opened.reason, opened.amount.minor, opened.inquiry) == ("fraudulent", 1000, False)
    (held,) = await shop.told(billing_subscription.SubscriptionSuspended)
    assert held.cause == "disputed"
    await decided(shop, dispute, "won")
    assert (await shop.until_subscription("active"))["ended_for"] is None
    (closed,) = await shop.told(billing_dispute.DisputeClosed)
    assert (closed.outcome, closed.lost) == ("won", ())
    assert len(await shop.told(billing_subscription.SubscriptionReinstated)) == 1


async def test_a_dispute_that_is_won_pays_no_renewal_that_is_owed(shop: Shop) -> None:
    subscription = await shop.subscribes()
    await shop.gives(cards.REFUSED_WHEN_CHARGED)
    await shop.at(subscription["runs_until"])
    await shop.until_subscription("past_due")
    dispute = await disputed(shop)
    await shop.until_subscription("suspended")
    await decided(shop, dispute, "won")
    await shop.until_told(billing_subscription.SubscriptionReinstated)
    assert (await shop.subscription())["state"] == "past_due"


async def test_a_lost_dispute_ends_it_and_says_what_is_gone(shop: Shop) -> None:
    await shop.subscribes()
    dispute = await disputed(shop)
    await decided(shop, dispute, "lost")
    assert (await shop.until_subscription("ended"))["ended_for"] == "disputed"
    (closed,) = await shop.told(billing_dispute.DisputeClosed)
    assert [(line.charged_for, line.amount.minor) for line in closed.lost] == [
        ("subscription", 1000)
    ]
    payment_id = (await shop.charges())[0]["metadata"]["payment_id"]
    path = f"/payments/{payment_id}/refunds"
    too_late = (409, "refund_exceeds_payment")
    assert await shop.house.refusal(olga, "POST", path, {}) == too_late


async def test_a_disputed_renewal_ends_its_own_subscription(shop: Shop) -> None:
    subscription = await shop.subscribes()
    await shop.at(subscription["runs_until"])
    await shop.until_subscription("active")
    await decided(shop, await disputed(shop), "lost")
    assert (await shop.until_subscription("ended"))["ended_for"] == "disputed"


async def test_who_disputes_is_not_charged_again(shop: Shop) -> None:
    subscription = await shop.subscribes()
    await disputed(shop)
    await shop.at(subscription["runs_until"])
    assert (await shop.until_subscription("ended"))["ended_for"] == "disputed"
    assert len(await shop.charges()) == 1


async def test_while_a_bank_decides_no_money_moves(shop: Shop) -> None:
    await shop.subscribes()
    await disputed(shop)
    payment_id = (await shop.charges())[0]["metadata"]["payment_id"]
    refusal = await shop.house.refusal(olga, "POST", f"/payments/{payment_id}/refunds", {})
    assert refusal == (409, "payment_disputed")


async def test_staff_see_disputes_and_hear_of_them_well_before_the_deadline(shop: Shop) -> None:
    await shop.subscribes()
    dispute = await disputed(shop)
    (listed,) = (await shop.house.ask(olga, "GET", "/disputes"))["items"]
    assert (listed["dispute"], listed["standing"]) == (dispute["id"], "open")
    assert (listed["amount"]["minor"], listed["reason"]) == (1000, "fraudulent")
    (first,) = await shop.told(StaffMessageRequested)
    assert (first.template, first.permission) == ("dispute_opened", "refunds.write")
    await shop.at(shop.now + timedelta(days=6, hours=1))
    _, reminder = await shop.until_told(StaffMessageRequested, 2)
    assert reminder.template == "dispute_evidence_due"
    assert await shop.house.refusal(ada, "GET", "/disputes") == (403, "forbidden")
    stranger = somebody(uuid4(), "owner")
    assert (await shop.house.answer(stranger, "GET", "/disputes")).json()["items"] == []


async def test_nobody_is_reminded_of_a_dispute_that_is_decided(shop: Shop) -> None:
    await shop.subscribes()
    dispute = await disputed(shop)
    await decided(shop, dispute, "won")
    await shop.at(shop.now + timedelta(days=7))
    assert len(await shop.told(StaffMessageRequested)) == 1


async def test_an_inquiry_is_shown_and_takes_nothing_away(shop: Shop) -> None:
    await shop.subscribes()
    inquiry = await shop.dispute((await shop.charges())[0]["id"], "warning_needs_response")
    await shop.report_dispute(inquiry, "created")
    (listed,) = (await shop.house.ask(olga, "GET", "/disputes"))["items"]
    assert listed["standing"] == "inquiry"
    assert (await shop.subscription())["state"] == "active"
    await shop.report_dispute(await shop.decide(inquiry["id"], "needs_response"), "updated")
    assert (await shop.until_subscription("suspended"))["state"] == "suspended"
    assert len(await shop.told(billing_dispute.DisputeOpened)) == 2


async def test_reports_of_a_dispute_may_come_twice_or_in_any_order(shop: Shop) -> None:
    await shop.subscribes()
    dispute = await shop.dispute((await shop.charges())[0]["id"])
    lost = await shop.decide(dispute["id"], "lost")
    await shop.report_dispute(lost, "closed", "evt_closed")
    await shop.report_dispute(dispute, "created")
    await shop.report_dispute(lost, "closed", "evt_closed")
    assert (await shop.until_subscription("ended"))["ended_for"] == "disputed"
    assert len(await shop.told(billing_dispute.DisputeOpened)) == 1
    assert len(await shop.told(billing_dispute.DisputeClosed)) == 1


async def test_a_dispute_that_is_only_claimed_is_fetched_and_not_found(shop: Shop) -> None:
    await shop.subscribes()
    intent = (await shop.charges())[0]["id"]
    claimed = {"id": "dp_claimed", "payment_intent": intent, "status": "lost"}
    await shop.report_dispute(claimed, "closed")
    await shop.report_dispute({"object": "dispute"}, "closed")
    assert (await shop.subscription())["state"] == "active"
    assert (await shop.house.ask(olga, "GET", "/disputes"))["items"] == []


async def test_a_dispute_on_another_account_is_not_ours(shop: Shop) -> None:
    await shop.subscribes()
    dispute = await shop.dispute((await shop.charges())[0]["id"])
    report = {
        "id": "evt_elsewhere",
        "object": "event",
        "type": "charge.dispute.created",
        "account": "acct_elsewhere",
        "data": {"object": dispute},
    }
    assert (await shop.report(report)).is_success
    await shop.house.quiet()
    assert (await shop.house.ask(olga, "GET", "/disputes"))["items"] == []


async def test_a_dispute_of_nothing_that_we_charged_is_left_alone(shop: Shop) -> None:
    intent = await cards.foreign_intent(shop.stripe_url)
    await shop.report_dispute(await shop.dispute(intent), "created")
    assert (await shop.house.ask(olga, "GET", "/disputes"))["items"] == []


async def test_who_has_the_money_of_an_upgrade_alone_back_has_what_they_had_before(
    shop: Shop,
) -> None:
    subscription = await shop.subscribes()
    await shop.at(shop.now + timedelta(days=10))
    path = f"/subscriptions/{subscription['subscription_id']}/change"
    await shop.house.ask(ada, "POST", path, {"offer_id": await shop.offer(3000)})
    await shop.until_told(billing_subscription.SubscriptionChanged)
    assert (await shop.subscription())["next_due"]["minor"] == 3000
    await refund_latest(shop)
    _, back = await shop.until_told(billing_subscription.SubscriptionChanged, 2)
    assert (back.before.recurring.minor, back.after.recurring.minor) == (3000, 1000)
    now = await shop.subscription()
    same = ("state", "offer_id", "price", "runs_until", "next_due", "balance")
    assert [now[name] for name in same] == [subscription[name] for name in same]
    assert await shop.told(billing_subscription.SubscriptionEnded) == []
    await shop.at(now["runs_until"])
    assert (await payments(shop))[0]["amount"]["minor"] == 1000
    await refund_latest(shop)
    assert (await shop.until_subscription("ended"))["ended_for"] == "refunded"
