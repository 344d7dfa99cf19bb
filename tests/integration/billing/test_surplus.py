"""A card that succeeds after all, once its payment was brought by hand: noticed by the report, and sent back."""

from datetime import timedelta

from services.billing.ledger.projections import unbalanced
from shared.contracts.billing_message import MessageRequested
from shared.contracts.billing_payment import PaymentSucceeded, RefundIssued
from tests.integration.billing import cards
from tests.integration.billing.shop import Shop, ada, olga
from tests.integration.billing.stripe_there import CLUB, There
from tests.integration.billing.test_ledger import rows
from tests.integration.events.house import Json

CANCEL = "POST /v1/payment_intents/{intent}/cancel"
HOW = "At the club on Mondays"


async def brought(there: There, shop: Shop) -> Json:
    """Who tried a card that waits for their bank, and then brought the money; Stripe could not be told in time."""
    await shop.opens()
    await shop.connects(CLUB)
    await shop.house.ask(olga, "PUT", "/by-hand", {"instructions": HOW})
    checkout_id = await shop.checkout({"offer_id": await shop.offer()})
    await shop.pays(checkout_id, await there.card(cards.AUTHENTICATED))
    path = f"/checkouts/{checkout_id}"
    waits = await shop.until(ada, path, lambda seen: seen["processor"]["client_secret"])
    there.ours.fail(CANCEL, 500, times=1000)
    await shop.house.ask(ada, "POST", f"{path}/pay-by-hand", {})
    await shop.state_of(checkout_id, "processing")
    receipt = {
        "amount": {"minor": 1000, "currency": "EUR"},
        "way": "cash",
        "reference": "Cash book, 17",
        "on": shop.now.date().isoformat(),
    }
    await shop.house.ask(olga, "POST", f"/payments/{waits['payment_id']}/receipts", receipt)
    await shop.state_of(checkout_id, "completed")
    return waits


def went_back(there: There) -> int:
    return sum(one["amount_refunded"] for one in there.ours.charges(CLUB))


async def test_it_is_noticed_by_the_report_and_sent_back_at_once(
    there: There, witnessed_shop: Shop
) -> None:
    shop = witnessed_shop
    waits = await brought(there, shop)
    there.ours.authenticate(waits["processor"]["payment_intent"], CLUB)
    letters = await shop.until_told(MessageRequested, 2)
    there.ours.faults.clear()
    assert [one.template for one in letters] == ["payment_by_hand", "payment_refunded"]
    await shop.house.quiet()
    assert went_back(there) == 1000
    assert len(await shop.told(PaymentSucceeded)) == 1
    assert await shop.told(RefundIssued) == [], "what it paid for is paid"
    assert (await shop.subscription())["state"] == "active"
    ledger = [(one["kind"], one["amount"]) for one in await rows(shop, "ledger")]
    assert ledger == [("payment", "10.00"), ("surplus", "10.00"), ("surplus", "-10.00")]
    async with shop.house.service.pool.acquire() as connection:
        assert await unbalanced(connection, shop.now + timedelta(hours=2)) == 0


async def test_where_the_report_is_lost_the_daily_comparison_notices_it(
    there: There, witnessed_shop: Shop
) -> None:
    shop = witnessed_shop
    waits = await brought(there, shop)
    there.ours.endpoints["shop"].events = []
    there.ours.authenticate(waits["processor"]["payment_intent"], CLUB)
    assert went_back(there) == 0
    await shop.house.move_clock(shop.now + timedelta(days=1, hours=4))
    await shop.until_told(MessageRequested, 2)
    there.ours.faults.clear()
    await shop.house.quiet()
    assert went_back(there) == 1000
    (run,) = (await shop.house.ask(olga, "GET", "/reconciliations"))["items"]
    found = await shop.house.ask(olga, "GET", f"/reconciliations/{run['reconciliation_id']}")
    assert [one["cause"] for one in found["found"]] == ["charged_twice"]
