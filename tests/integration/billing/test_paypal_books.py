"""PayPal's account and our book are compared order by order: what differs is found, put right or told."""

from datetime import UTC, datetime, timedelta

from deploy.local.paypal_double import Wallet
from shared.contracts import billing_payment
from tests.integration.billing.shop import Shop, ada, olga
from tests.integration.billing.till import Till
from tests.integration.events.house import Json, somebody

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


async def sells(till: Till, wallet: Wallet = "good") -> Json:
    """What was sold by PayPal, as a payment; nobody tells us any more what happens there."""
    checkout = await till.buys(await till.shop.offer(interval="once"), wallet)
    await till.shop.house.quiet()
    till.paypal.reports.clear()
    payment = await till.shop.house.ask(ada, "GET", f"/payments/{checkout['payment_id']}")
    return {**payment, "order": checkout["paypal"]["order"]}


async def compares(till: Till) -> Json:
    """All until now, once that is over for an hour."""
    shop = till.shop
    await shop.at(shop.now + 2 * HOUR)
    start, end = shop.now - 5 * HOUR, shop.now - HOUR
    window = {"start": start.isoformat(), "end": end.isoformat(), "processor": "paypal"}
    begun = await shop.house.ask(olga, "POST", "/reconciliations", window)
    await shop.house.quiet()
    return await read(till, begun["reconciliation_id"])


async def read(till: Till, reconciliation_id: str) -> Json:
    return await till.shop.house.ask(olga, "GET", f"/reconciliations/{reconciliation_id}")


def money(minor: int) -> Json:
    return {"minor": minor, "currency": "EUR"}


async def test_where_both_sides_say_the_same_nothing_differs(till: Till) -> None:
    payment = await sells(till)
    path = f"/payments/{payment['payment_id']}/refunds"
    await till.shop.house.ask(olga, "POST", path, {"amount": money(300)})
    await till.shop.until_told(billing_payment.RefundIssued)
    run = await compares(till)
    assert (run["state"], run["compared"], run["drifts"]) == ("compared", 1, 0)
    assert run["sums"] == [{"there": money(700), "here": money(700)}]
    assert run["account"] == f"paypal:{till.merchant}"


async def test_what_was_collected_there_unheard_is_heard_of_and_settled(till: Till) -> None:
    payment = await sells(till, "pending")
    assert payment["state"] == "processing"
    till.paypal.settle(payment["order"], success=True)
    run = await compares(till)
    (drift,) = run["found"]
    assert (drift["cause"], drift["acts"]) == ("succeeded_there", "tessera")
    assert (drift["there"], drift["here"]) == (money(1000), money(0))
    (succeeded,) = await till.shop.told(billing_payment.PaymentSucceeded)
    assert str(succeeded.payment_id) == payment["payment_id"]
    await till.shop.at(till.shop.now + 2 * HOUR)
    assert (await read(till, run["reconciliation_id"]))["settled"] == 1


async def test_what_was_refunded_there_unheard_is_recorded(till: Till) -> None:
    payment = await sells(till)
    till.paypal.give_back(payment["order"], "4.00")
    run = await compares(till)
    (drift,) = run["found"]
    assert (drift["cause"], drift["there"], drift["here"]) == (
        "refunded_there",
        money(600),
        money(1000),
    )
    (issued,) = await till.shop.told(billing_payment.RefundIssued)
    assert (str(issued.payment_id), issued.amount.minor) == (payment["payment_id"], 400)
    assert (await compares(till))["drifts"] == 0


async def test_what_is_not_there_any_more_is_for_staff(till: Till) -> None:
    payment = await sells(till)
    del till.paypal.orders[payment["order"]]
    (drift,) = (await compares(till))["found"]
    assert (drift["cause"], drift["acts"]) == ("missing_there", "staff")
    assert drift["payment_intent"] == payment["order"]


async def test_what_nobody_agreed_to_is_nothing_on_either_side(till: Till) -> None:
    checkout = await till.begins(await till.shop.offer(interval="once"))
    await till.shop.at(till.shop.now + timedelta(minutes=31))
    await till.shop.state_of(checkout["checkout_id"], "expired")
    await till.shop.house.quiet()
    run = await compares(till)
    assert (run["compared"], run["drifts"]) == (1, 0)
    assert run["sums"] == [{"there": money(0), "here": money(0)}]


async def test_every_day_is_compared_by_the_clock(till: Till) -> None:
    await sells(till)
    shop = till.shop
    midnight = datetime.combine(shop.now.date() + DAY, datetime.min.time(), UTC)
    await shop.at(midnight + 3 * HOUR)
    (run,) = (await shop.house.ask(olga, "GET", "/reconciliations"))["items"]
    assert (run["account"], run["by_clock"], run["compared"]) == (
        f"paypal:{till.merchant}",
        True,
        1,
    )
    await shop.at(midnight + DAY + 3 * HOUR)
    assert len((await shop.house.ask(olga, "GET", "/reconciliations"))["items"]) == 2


async def test_a_processor_that_is_down_is_asked_again(till: Till) -> None:
    await sells(till)
    till.paypal.break_down("GET /v2/checkout/orders/{order}", times=2)
    run = await compares(till)
    run = await till.shop.until(
        olga,
        f"/reconciliations/{run['reconciliation_id']}",
        lambda seen: seen["state"] == "compared",
    )
    assert (run["compared"], run["drifts"]) == (1, 0)


async def test_who_has_connected_none_and_who_may_not_are_refused(shop: Shop) -> None:
    await shop.opens()
    window = {
        "start": (shop.now - 5 * HOUR).isoformat(),
        "end": (shop.now - 2 * HOUR).isoformat(),
        "processor": "paypal",
    }
    path = "/reconciliations"
    assert await shop.house.refusal(olga, "POST", path, window) == (409, "account_not_connected")
    reader = somebody(olga.community_id, "read_only")
    assert (await shop.house.refusal(reader, "POST", path, window))[0] == 403
    wrong = window | {"processor": "cash"}
    assert (await shop.house.refusal(olga, "POST", path, wrong))[0] == 422
