"""What staff refund at the processor itself is recorded here once, and all follows as after a refund of ours."""

from uuid import uuid4

import pytest

from shared.contracts import billing_order, billing_payment
from shared.contracts.billing_message import MessageRequested
from tests.integration.billing import test_commission
from tests.integration.billing.shop import Shop, bob, olga
from tests.integration.billing.test_ledger import rows
from tests.integration.billing.test_paypal_kept import refund
from tests.integration.billing.test_reconciliation import Books
from tests.integration.billing.test_reversals import set_policy
from tests.integration.billing.till import Till
from tests.integration.events.house import Json


@pytest.fixture
async def books(shop: Shop) -> Books:
    books = Books(shop)
    await books.opens()
    return books


async def report(books: Books, about: Json, kind: str = "charge.refunded", **more: str) -> None:
    """What Stripe says when somebody has refunded there: nothing of ours is on it."""
    event = {"id": f"evt_{uuid4().hex}", "object": "event", "type": kind, "account": books.account}
    told = await books.shop.report(event | more | {"data": {"object": about}})
    assert told.is_success
    await books.shop.house.quiet()


async def refunds(books: Books, intent: str, minor: int, kind: str = "charge.refunded") -> str:
    """Staff refund on Stripe's dashboard, which reports it."""
    refund_there = await books.refunds(intent, minor)
    await report(books, {"id": "ch_1", "object": "charge", "payment_intent": intent}, kind)
    return refund_there


async def issued(shop: Shop) -> list[int]:
    return [one.amount.minor for one in await shop.told(billing_payment.RefundIssued)]


async def test_a_subscription_that_was_refunded_there_ends_as_after_a_refund_of_ours(
    books: Books,
) -> None:
    shop = books.shop
    rules = {"rules": [test_commission.FIFTH]}
    await shop.house.ask(olga, "PUT", "/commissions/rules", rules)
    await shop.house.hear(test_commission.attributed(shop))
    await shop.subscribes(10_000)
    payment = await books.payment()
    assert await test_commission.balance(shop) == {"earned": 2000, "waiting": 2000}
    there = await refunds(books, payment["payment_intent"], 10_000)
    assert (await shop.until_subscription("ended"))["ended_for"] == "refunded"
    (told,) = await shop.told(billing_payment.RefundIssued)
    assert (told.amount.minor, str(told.payment_id)) == (10_000, payment["payment_id"])
    assert (await books.payment())["refunded"]["minor"] == 10_000
    (order,) = await shop.told(billing_order.OrderRefunded)
    assert order.reason == "requested"
    letters = [one.template for one in await shop.told(MessageRequested)]
    assert letters == ["payment_refunded"]
    booked = [
        (one["kind"], one["amount"], one["processor_id"]) for one in await rows(shop, "ledger")
    ]
    assert booked[1:] == [("refund", "-100.00", there)]
    assert await test_commission.balance(shop, bob) == {}
    facts = await shop.house.service.pool.fetch(
        "SELECT type FROM events WHERE type LIKE 'Refund%' ORDER BY position"
    )
    assert [fact["type"] for fact in facts] == ["RefundedThere", "RefundIssued"]
    path = f"/payments/{payment['payment_id']}/refunds"
    refused = await shop.house.refusal(olga, "POST", path, {})
    assert refused == (409, "refund_exceeds_payment")


async def test_the_sellers_policy_says_what_follows(books: Books) -> None:
    await set_policy(books.shop, after_refund="keep")
    await books.shop.subscribes()
    await refunds(books, (await books.payment())["payment_intent"], 1000)
    assert await issued(books.shop) == [1000]
    assert (await books.shop.subscription())["state"] == "active"


async def test_parts_count_once_each_beside_ours_however_often_they_are_reported(
    books: Books,
) -> None:
    payment = await books.sells()
    shop, intent = books.shop, payment["payment_intent"]
    first = await refunds(books, intent, 200)
    for kind in ("charge.refunded", "refund.created", "refund.updated", "charge.refund.updated"):
        await report(books, {"id": first, "object": "refund", "payment_intent": intent}, kind)
    ours = {"amount": {"minor": 500, "currency": "EUR"}}
    await shop.house.ask(olga, "POST", f"/payments/{payment['payment_id']}/refunds", ours)
    await shop.until_told(billing_payment.RefundIssued, 2)
    await refunds(books, intent, 300, "refund.created")
    assert await issued(shop) == [200, 500, 300]
    assert await shop.told(billing_order.OrderRefunded) == []
    await refunds(books, intent, 500)
    assert await issued(shop) == [200, 500, 300, 500]
    assert len(await shop.told(billing_order.OrderRefunded)) == 1
    assert (await books.compares())["drifts"] == 0


async def test_more_than_was_kept_does_not_go_back(books: Books) -> None:
    payment = await books.sells()
    await refunds(books, payment["payment_intent"], 1600)
    assert await issued(books.shop) == [1500]
    run = await books.compares()
    assert [(one["cause"], one["there"]["minor"]) for one in run["found"]] == [
        ("refunded_there", -100)
    ]


async def test_a_refund_of_what_we_never_charged_is_nobodys(books: Books) -> None:
    payment = await books.sells()
    intent = payment["payment_intent"]
    await books.refunds(intent, 400)
    about = {"id": "re_1", "object": "refund", "payment_intent": intent}
    await report(books, about, account="acct_elsewhere")
    await report(books, about | {"payment_intent": "pi_unknown"})
    await report(books, about | {"payment_intent": None})
    await report(books, {"id": "re_1"})
    form = {"amount": "700", "currency": "eur", "confirm": "true"}
    foreign = await books.posts(
        "/v1/payment_intents", data=form | {"payment_method": await books.shop.card()}
    )
    await refunds(books, foreign["id"], 700)
    assert await issued(books.shop) == []


async def test_paypals_own_page_gives_back_in_parts_until_nothing_is_kept(till: Till) -> None:
    shop = till.shop
    await till.subscribes()
    (order_id,) = till.paypal.orders
    till.paypal.reports.clear()
    till.paypal.give_back(order_id, "4.00")
    (first,) = till.paypal.reports
    assert await till.deliver(first, first) == [True, False]
    await shop.house.quiet()
    assert await issued(shop) == [400]
    assert (await shop.subscription())["state"] == "active"
    till.paypal.give_back(order_id, "6.00")
    await till.deliver(till.paypal.reports[-1])
    assert (await shop.until_subscription("ended"))["ended_for"] == "refunded"
    assert await issued(shop) == [400, 600]


async def test_what_is_on_its_way_at_paypal_counts_when_it_has_arrived(till: Till) -> None:
    shop = till.shop
    checkout = await till.buys(await shop.offer(interval="once"))
    await shop.state_of(checkout["checkout_id"], "completed")
    order_id = checkout["paypal"]["order"]
    till.paypal.reports.clear()
    fails = till.paypal.give_back(order_id, "2.00", "PENDING")
    arrives = till.paypal.give_back(order_id, "3.00", "PENDING")
    till.paypal.settle_refund(order_id, fails, "FAILED")
    await till.deliver(*till.paypal.reports)
    await shop.house.quiet()
    assert await issued(shop) == []
    till.paypal.settle_refund(order_id, arrives, "COMPLETED")
    await till.deliver(till.paypal.reports[-1])
    await shop.house.quiet()
    assert await issued(shop) == [300]


@pytest.mark.parametrize("dying_till", ["refund"], indirect=True)
async def test_ours_that_paypal_reports_before_it_answers_counts_once(dying_till: Till) -> None:
    shop, paypal = dying_till.shop, dying_till.paypal
    checkout = await dying_till.buys(await shop.offer(interval="once"))
    await shop.state_of(checkout["checkout_id"], "completed")
    await shop.house.quiet()
    paypal.reports.clear()
    await refund(dying_till, checkout, 400)
    await shop.until_told(billing_payment.RefundIssued)
    (reported,) = paypal.reports
    await dying_till.deliver(reported)
    await shop.house.quiet()
    assert await issued(shop) == [400]


async def test_a_refund_that_paypal_has_not_or_that_is_not_ours_changes_nothing(till: Till) -> None:
    shop = till.shop
    checkout = await till.buys(await shop.offer(interval="once"))
    await shop.state_of(checkout["checkout_id"], "completed")
    order_id = checkout["paypal"]["order"]
    till.paypal.give_back(order_id, "4.00")
    other = till.paypal.merchant()
    (there,) = till.paypal.orders[order_id].refunds
    kind, say = "PAYMENT.CAPTURE.REFUNDED", till.paypal.report
    await till.deliver(
        say(kind, there | {"payer": {"merchant_id": other}}),
        say(kind, there | {"payer": {"email_address": "till@club.example"}}),
        say(kind, {"id": "UNKN0WN", "payer": {"merchant_id": till.merchant}}),
    )
    await shop.house.quiet()
    assert await issued(shop) == []
