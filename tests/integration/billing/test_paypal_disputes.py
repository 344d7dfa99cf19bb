"""PayPal's disputes work as banks' do: an inquiry takes nothing, a claim withholds, and what is lost counts once."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.contracts import billing_dispute, billing_order, billing_payment, billing_subscription
from shared.contracts.billing_message import StaffMessageRequested
from tests.integration.billing.shop import olga
from tests.integration.billing.test_ledger import rows
from tests.integration.billing.test_reversals import set_policy
from tests.integration.billing.till import Till
from tests.integration.events.house import Json

CLAIM = {"dispute_life_cycle_stage": "CHARGEBACK"}


def due(moment: datetime) -> Json:
    return {"seller_response_due_date": f"{moment:%Y-%m-%dT%H:%M:%S.000Z}"}


@pytest.fixture
async def sold(till: Till) -> Till:
    """Ada has subscribed, and PayPal has nothing more to tell of that."""
    await till.subscribes()
    till.paypal.reports.clear()
    return till


async def hears(till: Till) -> None:
    """All that PayPal has to tell, the latest first, each twice."""
    told = [*reversed(till.paypal.reports)] * 2
    till.paypal.reports.clear()
    await till.deliver(*told)
    await till.shop.house.quiet()


async def disputed(till: Till, **more: Any) -> str:
    (order_id,) = till.paypal.orders
    dispute = till.paypal.open_dispute(order_id, **(due(till.shop.now + timedelta(days=9)) | more))
    await hears(till)
    return dispute


async def listed(till: Till) -> list[Json]:
    found: list[Json] = (await till.shop.house.ask(olga, "GET", "/disputes"))["items"]
    return found


async def test_a_claim_suspends_until_it_is_won(sold: Till) -> None:
    shop = sold.shop
    dispute = await disputed(sold, **CLAIM)
    assert (await shop.subscription())["state"] == "suspended"
    (shown,) = await listed(sold)
    assert (shown["dispute"], shown["standing"], shown["reason"], shown["amount"]["minor"]) == (
        dispute,
        "open",
        "product_not_received",
        1000,
    )
    (payment,) = (await shop.house.ask(olga, "GET", "/payments"))["items"]
    path = f"/payments/{payment['payment_id']}/refunds"
    assert await shop.house.refusal(olga, "POST", path, {}) == (409, "payment_disputed")
    sold.paypal.resolve_dispute(dispute, "RESOLVED_SELLER_FAVOUR")
    await hears(sold)
    assert (await shop.subscription())["state"] == "active"
    (closed,) = await shop.told(billing_dispute.DisputeClosed)
    assert (closed.outcome, closed.lost) == ("won", ())
    assert len(await shop.told(billing_subscription.SubscriptionReinstated)) == 1


async def test_a_claim_that_is_lost_ends_it_and_is_booked(sold: Till) -> None:
    shop = sold.shop
    dispute = await disputed(sold, **CLAIM)
    sold.paypal.resolve_dispute(dispute, "RESOLVED_BUYER_FAVOUR", "10.00")
    await hears(sold)
    assert (await shop.subscription())["ended_for"] == "disputed"
    (closed,) = await shop.told(billing_dispute.DisputeClosed)
    assert [line.amount.minor for line in closed.lost] == [1000]
    booked = [(one["kind"], one["amount"]) for one in await rows(shop, "ledger")]
    assert booked == [("payment", "10.00"), ("dispute", "-10.00")]
    assert [one["standing"] for one in await listed(sold)] == ["lost"]


async def test_an_inquiry_takes_nothing_away_until_paypal_is_asked(sold: Till) -> None:
    shop = sold.shop
    dispute = await disputed(sold)
    assert (await shop.subscription())["state"] == "active"
    assert [one["standing"] for one in await listed(sold)] == ["inquiry"]
    sold.paypal.change_dispute(dispute, **CLAIM)
    await hears(sold)
    assert (await shop.subscription())["state"] == "suspended"
    assert [one.inquiry for one in await shop.told(billing_dispute.DisputeOpened)] == [True, False]
    sold.paypal.resolve_dispute(dispute, "CANCELED_BY_BUYER")
    await hears(sold)
    assert (await shop.subscription())["state"] == "active"


async def test_staff_hear_of_it_and_again_before_the_seller_must_have_answered(sold: Till) -> None:
    shop, began = sold.shop, sold.shop.now
    dispute = await disputed(sold, **CLAIM)
    (first,) = await shop.told(StaffMessageRequested)
    assert (first.template, first.permission) == ("dispute_opened", "refunds.write")
    sold.paypal.change_dispute(dispute, **due(began + timedelta(days=12)))
    await hears(sold)
    await shop.at(began + timedelta(days=7))
    assert len(await shop.told(StaffMessageRequested)) == 1, "there is longer by now"
    await shop.at(began + timedelta(days=9, hours=1))
    _, reminder = await shop.told(StaffMessageRequested)
    assert reminder.template == "dispute_evidence_due"


@pytest.mark.parametrize("refund_first", [True, False])
async def test_a_seller_who_gives_it_back_to_end_a_dispute_has_not_lost_it_as_well(
    sold: Till, *, refund_first: bool
) -> None:
    shop = sold.shop
    dispute = await disputed(sold)
    (order_id,) = sold.paypal.orders
    sold.paypal.give_back(order_id, "10.00")
    (refund,) = sold.paypal.reports
    sold.paypal.resolve_dispute(dispute, "RESOLVED_BUYER_FAVOUR", "10.00")
    _, decided = sold.paypal.reports
    for report in (refund, decided) if refund_first else (decided, refund):
        await sold.deliver(report)
        await shop.house.quiet()
    assert (await shop.subscription())["state"] == "ended"
    booked = [one["amount"] for one in await rows(shop, "ledger")]
    assert booked == ["10.00", "-10.00"]
    assert len(await shop.told(billing_payment.RefundIssued)) == int(refund_first)


async def test_a_thing_bought_for_good_is_withheld_as_the_seller_says(till: Till) -> None:
    shop = till.shop
    await set_policy(shop, during_dispute="keep")
    checkout = await till.buys(await shop.offer(interval="once"))
    await shop.state_of(checkout["checkout_id"], "completed")
    dispute = await disputed(till, **CLAIM)
    assert await shop.told(billing_order.OrderSuspended) == []
    till.paypal.resolve_dispute(dispute, "RESOLVED_BUYER_FAVOUR")
    await hears(till)
    (order,) = await shop.told(billing_order.OrderRefunded)
    assert order.reason == "disputed"


async def test_a_dispute_that_is_only_claimed_or_not_ours_is_nobodys(sold: Till) -> None:
    paypal, shop = sold.paypal, sold.shop
    (order_id,) = paypal.orders
    dispute = paypal.disputes[paypal.open_dispute(order_id, **CLAIM)]
    other = [{"seller": {"merchant_id": paypal.merchant()}}]
    stranger: list[Json] = [
        {"dispute_id": "PP-D-CLAIMED"},
        {"disputed_transactions": other},
        {"disputed_transactions": []},
    ]
    for odd in stranger:
        await sold.deliver(paypal.report("CUSTOMER.DISPUTE.CREATED", dispute | odd))
    paypal.reports.clear()
    paypal.open_dispute(order_id, **CLAIM)
    (report,) = paypal.reports
    paypal.orders[order_id].captures[0]["custom_id"] = "invoice 7"
    await sold.deliver(report)
    await shop.house.quiet()
    assert await listed(sold) == []
    assert (await shop.subscription())["state"] == "active"


async def test_while_paypal_is_down_a_dispute_waits(sold: Till) -> None:
    sold.paypal.fail("GET /v1/customer/disputes/{id}", 503, times=2)
    await disputed(sold, **CLAIM)
    await sold.shop.until_told(billing_dispute.DisputeOpened)
