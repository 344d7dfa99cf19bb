"""What is bought by PayPal: agreed to on its page, collected once, whoever says so, how often and in what order."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest

from deploy.local.paypal_authority import Authority
from deploy.local.paypal_double import CAPTURE, ORDERS
from services.billing.app import blueprint_of
from shared.contracts import billing_merchant, billing_order, billing_payment, billing_subscription
from shared.testing import eventually
from tests.doubles.paypal import Paypal
from tests.integration.billing import cards
from tests.integration.billing.shop import Shop, ada, bob, closing, olga, settings_for
from tests.integration.billing.till import Till
from tests.integration.events.house import Json, running


async def completed(till: Till, checkout: Json) -> Json:
    return await till.shop.state_of(checkout["checkout_id"], "completed")


async def test_who_comes_back_has_bought(till: Till) -> None:
    shop = till.shop
    checkout = await till.begins(await shop.offer(interval="once"))
    assert (checkout["state"], till.collected()) == ("awaiting_payment", [])
    await till.agrees(checkout)
    assert till.collected() == [], "to agree is not to pay"
    await till.returns(checkout)
    paid = await completed(till, checkout)
    assert paid["paypal"] == {"order": checkout["paypal"]["order"], "approval_url": None}
    await shop.house.quiet()
    assert till.collected() == [1000]
    assert len(await shop.told(billing_order.OrderPaid)) == 1
    assert await shop.charges() == [], "Stripe had no part in it"
    payment = await shop.house.ask(ada, "GET", f"/payments/{checkout['payment_id']}")
    assert (payment["state"], payment["account"]) == ("succeeded", f"paypal:{till.merchant}")
    assert (await shop.house.ask(olga, "GET", "/merchant"))["paypal"] == payment["account"]


async def test_who_does_not_come_back_has_bought_as_well(till: Till) -> None:
    checkout = await till.begins(await till.shop.offer(interval="once"))
    await till.agrees(checkout)
    (approved,) = till.paypal.reports
    assert await till.deliver(approved) == [True]
    await completed(till, checkout)
    assert till.collected() == [1000]


async def test_reports_come_twice_late_and_in_any_order(till: Till) -> None:
    shop = till.shop
    checkout = await till.buys(await shop.offer(interval="once"))
    await completed(till, checkout)
    approved, captured = till.paypal.reports
    assert await till.deliver(captured, approved) == [True, True]
    assert await till.deliver(approved, captured, captured) == [False, False, False]
    await shop.house.quiet()
    assert till.collected() == [1000]
    assert len(await shop.told(billing_payment.PaymentSucceeded)) == 1
    rows = await shop.house.service.pool.fetch(
        "SELECT type FROM inbox WHERE source = 'paypal' ORDER BY id"
    )
    assert [row["type"] for row in rows] == [captured.kind, approved.kind], "each is kept once"


async def test_impatience_costs_nothing(till: Till) -> None:
    checkout = await till.begins(await till.shop.offer(interval="once"))
    again = await till.chooses(checkout["checkout_id"])
    assert again["paypal"] == checkout["paypal"]
    await till.agrees(checkout)
    for _ in range(2):
        await till.returns(checkout)
        await till.deliver(*till.paypal.reports)
    await completed(till, checkout)
    await till.shop.house.quiet()
    assert till.collected() == [1000]
    assert len(till.paypal.orders) == 1


async def test_who_comes_back_without_having_agreed_has_bought_nothing(till: Till) -> None:
    checkout = await till.begins(await till.shop.offer(interval="once"))
    await till.returns(checkout)
    await till.shop.house.quiet()
    seen = await till.shop.house.ask(ada, "GET", f"/checkouts/{checkout['checkout_id']}")
    assert (seen["state"], seen["paypal"]) == ("awaiting_payment", checkout["paypal"])
    stranger = f"/payments/{checkout['payment_id']}/return"
    assert (await till.shop.house.refusal(bob, "POST", stranger, {}))[0] == 404
    assert (await till.shop.house.refusal(ada, "POST", f"/payments/{uuid4()}/return", {}))[0] == 404


async def test_a_report_may_be_quicker_than_the_answer(till: Till) -> None:
    till.paypal.break_down(f"POST {CAPTURE}")
    checkout = await till.buys(await till.shop.offer(interval="once"))
    await eventually(lambda: _collected(till), bool)
    await till.deliver(*till.paypal.reports)
    await completed(till, checkout)
    await till.shop.house.quiet()
    assert till.paypal.asked[f"POST {CAPTURE}"] == 1, "what got lost was looked up"
    assert till.collected() == [1000]


async def _collected(till: Till) -> list[int]:
    return till.collected()


@pytest.mark.parametrize(
    "dying_till", ["create_intent", "confirm_intent", "fetch_intent"], indirect=True
)
async def test_whatever_step_a_process_dies_in_it_is_paid_once(dying_till: Till) -> None:
    shop = dying_till.shop
    subscription = await dying_till.subscribes()
    assert dying_till.collected() == [1000]
    await shop.at(subscription["runs_until"])
    await shop.until_told(billing_subscription.SubscriptionRenewed)
    assert dying_till.collected() == [1000, 1000]
    assert len(await shop.told(billing_payment.PaymentSucceeded)) == 2
    assert len(await shop.told(billing_order.OrderPaid)) == 1


async def test_what_nobody_agreed_to_runs_out_and_is_not_collected_later(till: Till) -> None:
    shop = till.shop
    checkout = await till.begins(await shop.offer(interval="once"))
    await shop.at(shop.now + timedelta(minutes=31))
    await shop.state_of(checkout["checkout_id"], "expired")
    await till.agrees(checkout)
    await till.deliver(*till.paypal.reports)
    await till.returns(checkout)
    await shop.house.quiet()
    assert till.collected() == []
    payment = await shop.house.ask(ada, "GET", f"/payments/{checkout['payment_id']}")
    assert payment["state"] == "withdrawn"


async def test_who_thinks_better_of_it_pays_by_card(till: Till) -> None:
    shop = till.shop
    checkout = await till.begins(await shop.offer(interval="once"))
    await shop.pays(checkout["checkout_id"])
    await completed(till, checkout)
    await till.agrees(checkout)
    await till.deliver(*till.paypal.reports)
    await shop.house.quiet()
    assert (till.collected(), len(await shop.charges())) == ([], 1)


async def test_who_tried_a_card_first_pays_by_paypal(till: Till) -> None:
    shop = till.shop
    checkout_id = await shop.checkout({"quote": shop.quote(uuid4())})
    await shop.pays(checkout_id, await shop.card(cards.AUTHENTICATED))
    path = f"/checkouts/{checkout_id}"
    waiting = await shop.until(ada, path, lambda seen: seen["processor"]["client_secret"])
    checkout = await till.chooses(checkout_id)
    intent, secret = waiting["processor"]["payment_intent"], waiting["processor"]["client_secret"]
    with pytest.raises(httpx.HTTPStatusError):
        await cards.authenticate(shop.stripe_url, intent, secret, success=True)
    await till.agrees(checkout)
    await till.returns(checkout)
    await completed(till, checkout)
    assert (till.collected(), await shop.charges()) == ([1500], [])


async def test_what_a_card_paid_meanwhile_is_not_paid_again(till: Till) -> None:
    shop = till.shop
    checkout_id = await shop.checkout({"quote": shop.quote(uuid4())})
    await shop.pays(checkout_id, await shop.card(cards.AUTHENTICATED))
    path = f"/checkouts/{checkout_id}"
    waiting = await shop.until(ada, path, lambda seen: seen["processor"]["client_secret"])
    intent, secret = waiting["processor"]["payment_intent"], waiting["processor"]["client_secret"]
    await cards.authenticate(shop.stripe_url, intent, secret, success=True)
    await shop.house.answer(ada, "POST", f"{path}/pay-by-paypal", {})
    await shop.state_of(checkout_id, "completed")
    await shop.house.quiet()
    assert (till.collected(), len(await shop.charges())) == ([], 1)


async def test_a_wallet_that_does_not_pay_leaves_another_try(till: Till) -> None:
    shop = till.shop
    checkout = await till.buys(await shop.offer(interval="once"), "declines")
    tried = await shop.until(
        ada, f"/checkouts/{checkout['checkout_id']}", lambda seen: seen["problem"]
    )
    assert (tried["state"], tried["problem"]) == ("open", "instrument_declined")
    another = await till.chooses(checkout["checkout_id"])
    assert another["paypal"]["order"] != checkout["paypal"]["order"]
    await till.agrees(another)
    await till.deliver(*till.paypal.reports)
    await completed(till, another)
    await shop.house.quiet()
    assert till.collected() == [1000]


@pytest.mark.parametrize(("success", "state"), [(True, "completed"), (False, "open")])
async def test_money_may_take_its_time(till: Till, *, success: bool, state: str) -> None:
    shop = till.shop
    checkout = await till.buys(await shop.offer(interval="once"), "pending")
    await shop.state_of(checkout["checkout_id"], "processing")
    await shop.until(
        ada, f"/payments/{checkout['payment_id']}", lambda seen: seen["state"] == "processing"
    )
    await shop.house.quiet()
    till.paypal.settle(checkout["paypal"]["order"], success=success)
    await till.deliver(*till.paypal.reports)
    await shop.state_of(checkout["checkout_id"], state)


@pytest.mark.parametrize("amount", [("EUR", "9.99"), ("EUR", "10.01"), ("USD", "10.00")])
async def test_other_money_than_was_asked_buys_nothing(till: Till, amount: tuple[str, str]) -> None:
    shop = till.shop
    checkout = await till.begins(await shop.offer(interval="once"))
    currency, value = amount
    order = till.paypal.orders[checkout["paypal"]["order"]]
    order.unit["amount"] = {"currency_code": currency, "value": value}
    await till.agrees(checkout)
    await till.returns(checkout)
    path = f"/checkouts/{checkout['checkout_id']}"
    seen = await shop.until(ada, path, lambda seen: seen["problem"])
    assert (seen["state"], seen["problem"]) == ("open", "amount_differs")
    assert await shop.told(billing_order.OrderPaid) == []


async def test_what_paypal_did_not_sign_is_refused(till: Till) -> None:
    checkout = await till.begins(await till.shop.offer(interval="once"))
    await till.agrees(checkout)
    (approved,) = till.paypal.reports
    stranger = Authority().issue()
    till.paypal.authority.issued[stranger.name] = stranger
    resource = {"id": checkout["paypal"]["order"]}
    forged = till.paypal.report("CHECKOUT.ORDER.APPROVED", resource, stranger)
    old = till.paypal.authority.issue(good_for=timedelta(days=-1))
    expired = till.paypal.report("CHECKOUT.ORDER.APPROVED", resource, old)
    for report in (
        forged,
        expired,
        replace(approved, raw=approved.raw.replace(b"APPROVED", b"COMPLETE")),
        replace(approved, headers={}),
    ):
        answer = await till.post(report)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "bad_signature")
    kept = await till.shop.house.service.pool.fetchval(
        "SELECT count(*) FROM inbox WHERE source = 'paypal'"
    )
    assert kept == 0


async def test_a_report_of_what_we_did_not_make_changes_nothing(till: Till) -> None:
    shop = till.shop
    checkout = await till.begins(await shop.offer(interval="once"))
    order = checkout["paypal"]["order"]
    mark = till.paypal.orders[order].unit["custom_id"]
    other = till.paypal.report
    assert (
        await till.deliver(
            other(
                "CHECKOUT.ORDER.APPROVED",
                {"id": "AN0THER", "purchase_units": [{"custom_id": mark}]},
            ),
            other("CHECKOUT.ORDER.APPROVED", {"id": order, "purchase_units": []}),
            other("PAYMENT.CAPTURE.COMPLETED", {"id": "C", "custom_id": "not ours"}),
            other("CUSTOMER.DISPUTE.CREATED", {"dispute_id": "PP-1"}),
            other(
                "CHECKOUT.ORDER.APPROVED", {"id": order, "purchase_units": [{"custom_id": mark}]}
            ),
        )
        == [True] * 5
    )
    await shop.house.quiet()
    assert till.collected() == []
    seen = await shop.house.ask(ada, "GET", f"/checkouts/{checkout['checkout_id']}")
    assert seen["state"] == "awaiting_payment", "it was looked at, not believed"


async def test_while_paypal_is_down_money_waits(till: Till) -> None:
    till.paypal.fail(f"POST {ORDERS}", 503, times=2)
    checkout = await till.begins(await till.shop.offer(interval="once"))
    till.paypal.fail(f"POST {CAPTURE}", 429, times=2)
    await till.agrees(checkout)
    await till.returns(checkout)
    await completed(till, checkout)
    assert till.collected() == [1000]


async def test_paypal_is_connected_once_by_the_owner(till: Till) -> None:
    shop = till.shop
    connect = "/merchant/paypal"
    await shop.house.ask(olga, "PUT", connect, {"merchant_id": till.merchant})
    another = {"merchant_id": till.paypal.merchant()}
    refused = await shop.house.refusal(olga, "PUT", connect, another)
    assert refused == (409, "account_already_connected")
    assert (await shop.house.refusal(olga, "PUT", connect, {"merchant_id": "acct_1"}))[0] == 422
    assert (await shop.house.refusal(ada, "PUT", connect, another))[0] == 403
    assert len(await shop.told(billing_merchant.MerchantConnected)) == 1
    await shop.connects("acct_beside")
    merchant = await shop.house.ask(olga, "GET", "/merchant")
    assert (merchant["account"], merchant["paypal"]) == ("acct_beside", f"paypal:{till.merchant}")


async def test_a_seller_who_has_not_let_us_in_is_waited_for(till: Till) -> None:
    till.paypal.merchants.clear()
    shop = till.shop
    checkout_id = await shop.checkout({"offer_id": await shop.offer(interval="once")})
    await shop.house.ask(ada, "POST", f"/checkouts/{checkout_id}/pay-by-paypal", {})
    await eventually(lambda: _asked(till), lambda times: times > 1)
    till.paypal.merchants.add(till.merchant)
    path = f"/checkouts/{checkout_id}"
    await shop.until(ada, path, lambda seen: seen["paypal"]["approval_url"])


async def _asked(till: Till) -> int:
    return till.paypal.asked[f"POST {ORDERS}"]


async def test_nobody_pays_by_paypal_where_nobody_takes_it(shop: Shop) -> None:
    await shop.opens()
    checkout_id = await shop.checkout({"offer_id": await shop.offer()})
    assert (await shop.house.ask(ada, "GET", f"/checkouts/{checkout_id}"))["paypal"] is None
    path = f"/checkouts/{checkout_id}/pay-by-paypal"
    assert await shop.house.refusal(ada, "POST", path, {}) == (409, "not_by_paypal")
    connect = {"merchant_id": Paypal().merchant()}
    refused = await shop.house.refusal(olga, "PUT", "/merchant/paypal", connect)
    assert refused == (404, "paypal_not_offered")
    assert (await shop.house.client.post("/webhooks/paypal", json={})).status_code == 404


async def test_what_was_begun_at_paypal_waits_while_that_is_not_set_up(
    till: Till, database_url: str, stripe_url: str
) -> None:
    checkout = await till.buys(await till.shop.offer(interval="once"))
    await completed(till, checkout)
    plan = blueprint_of(settings_for(database_url, stripe_url))
    async with closing(plan), running(plan) as house:
        refunds = f"/payments/{checkout['payment_id']}/refunds"
        await house.ask(olga, "POST", refunds, {})
    await till.shop.until_told(billing_payment.RefundIssued)
