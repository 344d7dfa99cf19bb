"""Our requests have PayPal's shape, its answers become words of ours, and nothing is collected twice."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from openapi_core.datatypes import RequestParameters

from deploy.local.paypal_double import (
    CAPTURE,
    CLIENT_ID,
    CLIENT_SECRET,
    ORDER,
    ORDERS,
    REFUND,
    Wallet,
)
from deploy.local.settings import HOST, free_port
from services.billing.gateways.gateway import (
    Declined,
    IntentOrder,
    Kept,
    Outcome,
    ProcessorUnavailable,
)
from services.billing.gateways.paypal_gateway import ACCOUNT, WALLET, PaypalGateway
from shared.ids import Code, random_id
from shared.money import Money
from tests.doubles import openapi
from tests.doubles.paypal import Paypal, spec_of
from tests.doubles.serving import serving

Given = tuple[Paypal, PaypalGateway]
ten_euros = Money(1000, "EUR")
BACK = Code("http://club.test/thanks")


@pytest.fixture
async def given() -> AsyncIterator[Given]:
    paypal = Paypal()
    async with serving(paypal) as address:
        gateway = PaypalGateway(CLIENT_ID, CLIENT_SECRET, address)
        try:
            yield paypal, gateway
        finally:
            await gateway.close()
    assert paypal.wrong == []


def seller(paypal: Paypal) -> Code:
    return Code(ACCOUNT + paypal.merchant())


def order(account: Code, amount: Money = ten_euros, *, keep: bool = False) -> IntentOrder:
    return IntentOrder(UUID(int=2), random_id(), 1, amount, WALLET, None, account, BACK, keep)


async def kept(given: Given, account: Code, wallet: Wallet = "good") -> Kept:
    """A wallet that a first purchase has left in the vault."""
    paypal, gateway = given
    intent = await gateway.create_intent(order(account, keep=True))
    paypal.approve(intent, wallet)
    outcome = await gateway.confirm_intent(intent, WALLET, account)
    assert outcome.kept is not None
    return outcome.kept


def renewal(account: Code, wallet: Kept) -> IntentOrder:
    payer = wallet.payment_method, wallet.customer
    return IntentOrder(UUID(int=2), random_id(), 1, ten_euros, *payer, account)


async def paid(given: Given, account: Code, amount: Money = ten_euros) -> Code:
    paypal, gateway = given
    intent = await gateway.create_intent(order(account, amount))
    paypal.approve(intent)
    assert (await gateway.confirm_intent(intent, WALLET, account)).status == "succeeded"
    return intent


@pytest.mark.parametrize("template", [ORDERS, CAPTURE, REFUND])
def test_the_double_can_be_judged_by_paypals_own_documents(template: str) -> None:
    spec = spec_of(template)
    if spec is None:
        pytest.skip("TESSERA_VENDOR_SPECS names no folder with paypal.*.openapi.json")
    number = {"amount": {"currency_code": "EUR", "value": 10.99}}
    wrong = {
        ORDERS: {"intent": "BUY", "purchase_units": [number]},
        CAPTURE: {"payment_source": {"paypal": {"vault_id": 1}}},
        REFUND: number,
    }
    ids = {"id": "5O190127TN364715T", "capture_id": "2GG279541U471931P"}
    told = RequestParameters(path=ids, header={"Authorization": "Bearer token"})
    asked = openapi.Asked("post", template, told, json.dumps(wrong[template]).encode())
    body_alone = spec.wrong_request(asked)
    assert body_alone
    assert all(reason.startswith("$") for reason in body_alone)
    told.query = {"fields": "payer"}
    assert spec.wrong_request(asked) == ["query: fields is not known", *body_alone]
    assert spec.wrong_answer(asked, openapi.Answered(201, b'{"id": 1, "status": "PAID"}'))
    assert spec.wrong_answer(asked, openapi.Answered(299, b"{}"))


def test_a_headers_length_is_paypals_to_say() -> None:
    spec = spec_of(CAPTURE)
    if spec is None:
        pytest.skip("TESSERA_VENDOR_SPECS names no folder with paypal.*.openapi.json")
    header = {"Authorization": "Bearer token", "PayPal-Request-Id": "i" * 108}
    told = RequestParameters(path={"id": "5O190127TN364715T"}, header=header)
    asked = openapi.Asked("post", CAPTURE, told)
    assert spec.wrong_request(asked) == []
    told.header = header | {"PayPal-Request-Id": "i" * 109}
    (reason,) = spec.wrong_request(asked)
    assert "PayPal-Request-Id" in reason


async def test_nothing_is_collected_before_the_payer_has_agreed(given: Given) -> None:
    paypal, gateway = given
    account = seller(paypal)
    intent = await gateway.create_intent(order(account))
    waits = Outcome("requires_action")
    assert await gateway.confirm_intent(intent, WALLET, account) == waits
    step = await gateway.payer_step(intent, account)
    assert step.url is not None
    async with httpx.AsyncClient() as browser:
        back = await browser.get(step.url)
    assert back.headers["location"].startswith(f"{BACK}?token={intent}")
    assert await gateway.fetch_intent(intent, account) == Outcome("approved")
    assert paypal.collected() == []
    succeeded = Outcome("succeeded", amount=ten_euros)
    assert await gateway.confirm_intent(intent, WALLET, account) == succeeded
    assert await gateway.confirm_intent(intent, WALLET, account) == succeeded
    assert await gateway.fetch_intent(intent, account) == succeeded
    assert len(paypal.collected(account.removeprefix(ACCOUNT))) == 1


async def test_an_order_made_again_is_the_same_for_six_hours(given: Given) -> None:
    paypal, gateway = given
    asked = order(seller(paypal))
    first = await gateway.create_intent(asked)
    assert await gateway.create_intent(asked) == first
    assert await gateway.create_intent(replace(asked, attempt=2)) != first


async def test_of_two_orders_for_one_payment_one_is_collected(given: Given) -> None:
    paypal, gateway = given
    account = seller(paypal)
    asked = order(account)
    first = await gateway.create_intent(asked)
    paypal.approve(first)
    paypal.pass_by(timedelta(hours=7))
    second = await gateway.create_intent(asked)
    assert second != first, "the request id is forgotten"
    paypal.approve(second)
    assert (await gateway.confirm_intent(first, WALLET, account)).status == "succeeded"
    refused = await gateway.confirm_intent(second, WALLET, account)
    assert refused == Outcome("failed", Code("duplicate_invoice_id"), final=True)


@pytest.mark.parametrize("operation", [f"POST {CAPTURE}"])
async def test_an_outcome_that_got_lost_is_looked_up(given: Given, operation: str) -> None:
    paypal, gateway = given
    account = seller(paypal)
    intent = await gateway.create_intent(order(account))
    paypal.approve(intent)
    paypal.break_down(operation)
    with pytest.raises(ProcessorUnavailable):
        await gateway.confirm_intent(intent, WALLET, account)
    paypal.pass_by(timedelta(hours=7))
    assert (await gateway.confirm_intent(intent, WALLET, account)).status == "succeeded"
    assert paypal.asked[operation] == 1, "it was looked up, not tried"
    assert len(paypal.collected()) == 1


@pytest.mark.parametrize(
    ("wallet", "outcome"),
    [
        ("declines", Outcome("failed", Code("instrument_declined"))),
        ("closed", Outcome("failed", Code("payer_account_locked_or_closed"), final=True)),
        ("refused", Outcome("failed", Code("capture_declined"))),
        ("pending", Outcome("processing")),
    ],
)
async def test_a_wallet_may_not_pay(given: Given, wallet: Wallet, outcome: Outcome) -> None:
    paypal, gateway = given
    account = seller(paypal)
    intent = await gateway.create_intent(order(account))
    paypal.approve(intent, wallet)
    assert await gateway.confirm_intent(intent, WALLET, account) == outcome
    assert await gateway.confirm_intent(intent, WALLET, account) == outcome


async def test_who_has_to_choose_again_begins_again(given: Given) -> None:
    paypal, gateway = given
    account = seller(paypal)
    intent = await gateway.create_intent(order(account))
    paypal.approve(intent)
    paypal.fail(f"POST {CAPTURE}", 422, "PAYER_ACTION_REQUIRED")
    declined = Outcome("failed", Code("payer_action_required"))
    assert await gateway.confirm_intent(intent, WALLET, account) == declined


@pytest.mark.parametrize(
    ("status", "issue"),
    [
        (429, None),
        (503, None),
        (409, None),
        (422, "ORDER_COMPLETION_IN_PROGRESS"),
    ],
)
async def test_what_is_said_of_the_moment_is_asked_again(
    given: Given, status: int, issue: str | None
) -> None:
    paypal, gateway = given
    account = seller(paypal)
    intent = await gateway.create_intent(order(account))
    paypal.approve(intent)
    paypal.fail(f"POST {CAPTURE}", status, issue)
    with pytest.raises(ProcessorUnavailable):
        await gateway.confirm_intent(intent, WALLET, account)
    assert paypal.collected() == []
    assert (await gateway.confirm_intent(intent, WALLET, account)).status == "succeeded"


async def test_what_a_pending_capture_comes_to_is_heard(given: Given) -> None:
    paypal, gateway = given
    account = seller(paypal)
    for success, status in ((True, "succeeded"), (False, "failed")):
        intent = await gateway.create_intent(order(account))
        paypal.approve(intent, "pending")
        await gateway.confirm_intent(intent, WALLET, account)
        paypal.settle(intent, success=success)
        assert (await gateway.fetch_intent(intent, account)).status == status


async def test_a_wallet_that_is_kept_pays_without_its_owner(given: Given) -> None:
    paypal, gateway = given
    account = seller(paypal)
    wallet = await kept(given, account)
    intent = await gateway.create_intent(renewal(account, wallet))
    assert await gateway.fetch_intent(intent, account) == Outcome("untouched")
    assert len(paypal.collected()) == 1, "an order alone collects nothing"
    succeeded = Outcome("succeeded", amount=ten_euros)
    assert await gateway.confirm_intent(intent, wallet.payment_method, account) == succeeded
    assert await gateway.confirm_intent(intent, wallet.payment_method, account) == succeeded
    assert len(paypal.collected()) == 2


async def test_a_renewal_that_is_declined_may_be_tried_again_or_not(given: Given) -> None:
    paypal, gateway = given
    account = seller(paypal)
    wallet = await kept(given, account)
    intent = await gateway.create_intent(renewal(account, wallet))
    for name, final in (("declines", False), ("closed", True)):
        paypal.tokens[wallet.payment_method].wallet = name  # type: ignore[assignment]  # of Wallet
        outcome = await gateway.confirm_intent(intent, wallet.payment_method, account)
        assert (outcome.status, outcome.final) == ("failed", final)
        intent = await gateway.create_intent(renewal(account, wallet))
    paypal.tokens.clear()
    gone = await gateway.confirm_intent(intent, wallet.payment_method, account)
    assert gone == Outcome("failed", Code("token_id_not_found"), final=True)


async def test_what_was_never_kept_is_declined_for_good(given: Given) -> None:
    paypal, gateway = given
    with pytest.raises(Declined, match="not_kept") as refusal:
        await gateway.create_intent(replace(order(seller(paypal)), return_url=None))
    assert refusal.value.final


async def test_an_order_that_nobody_approved_is_gone_in_the_end(given: Given) -> None:
    paypal, gateway = given
    account = seller(paypal)
    intent = await gateway.create_intent(order(account))
    paypal.pass_by(timedelta(hours=3))
    for outcome in (
        await gateway.fetch_intent(intent, account),
        await gateway.confirm_intent(intent, WALLET, account),
        await gateway.cancel_intent(intent, account),
    ):
        assert outcome == Outcome("cancelled")
    assert (await gateway.payer_step(intent, account)).url is None


async def test_what_was_collected_cannot_be_cancelled(given: Given) -> None:
    paypal, gateway = given
    account = seller(paypal)
    intent = await paid(given, account)
    assert (await gateway.cancel_intent(intent, account)).status == "succeeded"
    waiting = await gateway.create_intent(order(account))
    paypal.approve(waiting)
    assert await gateway.cancel_intent(waiting, account) == Outcome("cancelled")


async def test_money_goes_back_once_and_never_more_than_came(given: Given) -> None:
    paypal, gateway = given
    account = seller(paypal)
    intent = await paid(given, account)
    refund_id = random_id()
    assert await gateway.find_refund(intent, account, refund_id) is None
    paypal.break_down(f"POST {REFUND}")
    with pytest.raises(ProcessorUnavailable):
        await gateway.refund(intent, account, refund_id, Money(400, "EUR"))
    found = await gateway.find_refund(intent, account, refund_id)
    assert found is not None
    assert await gateway.refund(intent, account, refund_id, Money(400, "EUR")) == found
    with pytest.raises(Declined, match="refund_amount_exceeded"):
        await gateway.refund(intent, account, random_id(), Money(601, "EUR"))
    await gateway.refund(intent, account, random_id(), Money(600, "EUR"))
    with pytest.raises(Declined, match="capture_fully_refunded"):
        await gateway.refund(intent, account, random_id(), Money(1, "EUR"))
    assert (await gateway.fetch_intent(intent, account)).status == "succeeded", "it was, once"


async def test_what_was_never_collected_cannot_go_back(given: Given) -> None:
    paypal, gateway = given
    account = seller(paypal)
    intent = await gateway.create_intent(order(account))
    with pytest.raises(Declined, match="nothing_collected"):
        await gateway.refund(intent, account, random_id(), ten_euros)


async def test_a_payer_who_is_forgotten_leaves_nothing_in_the_vault(given: Given) -> None:
    paypal, gateway = given
    account, another = seller(paypal), seller(paypal)
    wallet, others = await kept(given, account), await kept(given, another)
    await gateway.delete_customer(wallet.customer, account)
    await gateway.delete_customer(wallet.customer, account)
    assert list(paypal.tokens) == [others.payment_method]


async def test_each_seller_sees_only_their_own(given: Given) -> None:
    paypal, gateway = given
    intent = await paid(given, seller(paypal))
    assert await gateway.fetch_intent(intent, seller(paypal)) == Outcome("cancelled")
    with pytest.raises(ProcessorUnavailable, match="permission_denied"):
        await gateway.create_intent(order(Code(ACCOUNT + "STRANGERNAMED")))


async def test_a_token_that_is_good_no_more_is_renewed_once(given: Given) -> None:
    paypal, gateway = given
    account = seller(paypal)
    await gateway.create_intent(order(account))
    await gateway.create_intent(order(account))
    assert paypal.asked["POST /v1/oauth2/token"] == 1
    paypal.revoke_bearer()
    await gateway.create_intent(order(account))
    assert paypal.asked["POST /v1/oauth2/token"] == 2


async def test_who_does_not_answer_or_does_not_know_us_is_waited_for(given: Given) -> None:
    paypal, _ = given
    account = seller(paypal)
    async with serving(paypal) as address:
        for gateway in (
            PaypalGateway(CLIENT_ID, "another secret", address),
            PaypalGateway(CLIENT_ID, CLIENT_SECRET, f"http://{HOST}:{free_port()}"),
        ):
            with pytest.raises(ProcessorUnavailable):
                await gateway.create_intent(order(account))
            await gateway.close()


@pytest.mark.parametrize(
    ("money", "value"),
    [
        (Money(1050, "EUR"), "10.50"),
        (Money(1050, "JPY"), "1050"),
        (Money(105000, "HUF"), "1050"),
        (Money(5, "GBP"), "0.05"),
    ],
)
async def test_amounts_are_texts_in_the_coins_that_paypal_has(
    given: Given, money: Money, value: str
) -> None:
    paypal, gateway = given
    account = seller(paypal)
    intent = await paid(given, account, money)
    ((_, capture),) = paypal.collected()
    assert capture["amount"] == {"currency_code": money.currency, "value": value}
    assert (await gateway.fetch_intent(intent, account)).amount == money


async def test_an_amount_that_paypal_has_no_coins_for_is_declined(given: Given) -> None:
    paypal, gateway = given
    with pytest.raises(Declined, match="amount_not_chargeable"):
        await gateway.create_intent(order(seller(paypal), Money(105050, "HUF")))


def test_the_documents_say_what_the_double_does_not_know() -> None:
    if openapi.path_of("paypal.checkout_orders_v2") is None:
        pytest.skip("TESSERA_VENDOR_SPECS names no folder with paypal.*.openapi.json")
    spec = spec_of(ORDER)
    assert spec is not None
    assert spec.knows("GET", ORDER)
