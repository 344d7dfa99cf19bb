"""What is bought for somebody else: paid once, theirs for a time that membership begins, and back with its money."""

from typing import Any

import pytest

from shared.contracts import billing_order, billing_subscription
from shared.contracts.billing_order import Gift
from shared.ids import derive
from tests.integration.billing.shop import ORIGIN, Shop, ada, gold
from tests.integration.billing.test_reversals import decided, disputed, refund_latest
from tests.integration.events.house import Json


@pytest.fixture(autouse=True)
async def _opened(shop: Shop) -> None:
    await shop.opens()


async def given(shop: Shop, **more: Any) -> Json:
    """Three months of the paid tier, for somebody else."""
    offer_id = await shop.offer(trial_days=14)
    return {"offer_id": offer_id, "quantity": 3, "gift": True} | more


async def test_a_gift_is_charged_once_and_grants_its_buyer_nothing(shop: Shop) -> None:
    checkout_id = await shop.buys(await given(shop))
    (paid,) = await shop.told(billing_order.OrderPaid)
    (line,) = paid.lines
    assert (paid.total.minor, line.quantity) == (3000, 3)
    assert (line.tier_id, line.content_id) == (None, None)
    assert line.gift == Gift(tier_id=gold, interval="month", count=3)
    assert str(paid.checkout_id) == checkout_id
    assert not await shop.told(billing_subscription.SubscriptionActivated)
    assert (await shop.house.ask(ada, "GET", "/subscriptions"))["items"] == []
    (charge,) = await shop.charges()
    assert charge["amount"] == 3000


async def test_the_buyer_learns_by_which_order_they_say_whom_it_is_for(shop: Shop) -> None:
    body = {"lines": [await given(shop)], "return_url": f"{ORIGIN}/thanks"}
    opened = await shop.house.ask(ada, "POST", "/checkouts", body)
    await shop.house.quiet()
    await shop.pays(opened["checkout_id"])
    await shop.state_of(opened["checkout_id"], "completed")
    await shop.house.quiet()
    (paid,) = await shop.told(billing_order.OrderPaid)
    assert opened["order_id"] == str(paid.order_id) == str(derive(paid.checkout_id, "order"))


async def test_a_preview_shows_one_payment_and_no_trial(shop: Shop) -> None:
    body = {"lines": [await given(shop)], "return_url": f"{ORIGIN}/thanks"}
    shown = await shop.house.ask(ada, "POST", "/checkouts/preview", body)
    assert [payment["due"]["minor"] for payment in shown["payments"]] == [3000]
    assert (shown["due"]["minor"], shown["card_needed"]) == (3000, True)


async def test_what_is_no_gift_is_not_sold_as_one(shop: Shop) -> None:
    lines = [await given(shop), {"offer_id": await shop.offer(interval="year")}]
    for wrong, code in (
        (lines, "gift_not_alone"),
        ([lines[0] | {"quantity": 37}], "quantity_out_of_range"),
    ):
        body = {"lines": wrong, "return_url": f"{ORIGIN}/thanks"}
        refusal = await shop.house.refusal(ada, "POST", "/checkouts", body)
        assert refusal == (422, code)


async def test_a_refund_of_a_gift_is_told_of_its_order(shop: Shop) -> None:
    await shop.buys(await given(shop))
    await refund_latest(shop)
    (refunded,) = await shop.told(billing_order.OrderRefunded)
    (paid,) = await shop.told(billing_order.OrderPaid)
    assert (refunded.order_id, refunded.reason) == (paid.order_id, "requested")


async def test_a_dispute_withholds_a_gift_until_it_is_won(shop: Shop) -> None:
    await shop.buys(await given(shop))
    dispute = await disputed(shop)
    assert len(await shop.told(billing_order.OrderSuspended)) == 1
    await decided(shop, dispute, "won")
    (reinstated,) = await shop.told(billing_order.OrderReinstated)
    assert reinstated.lines[0].tier_id is None
    assert reinstated.lines[0].gift == Gift(tier_id=gold, interval="month", count=3)
