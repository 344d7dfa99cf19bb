"""What Stripe says when it says no, and what we say to it: things a double never does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import pytest

from deploy.local.settings import HOST
from services.billing.gateways.gateway import Declined, IntentOrder, Outcome, ProcessorUnavailable
from services.billing.gateways.stripe_gateway import API_VERSION, StripeGateway
from shared.ids import Code
from shared.money import Money
from tests.doubles.serving import serving
from tests.integration.billing.scripted import Answer, Scripted

INTENT = Code("pi_1")
CARD = Code("pm_on_the_intent")
ours = Code("acct_ours")
created: Answer = (
    200,
    {"id": INTENT, "object": "payment_intent", "status": "requires_confirmation"},
)
order = IntentOrder(
    UUID(int=1), UUID(int=2), 3, Money(1000, "EUR"), Code("pm_visa"), Code("cus_ada"), ours
)


@asynccontextmanager
async def stripe_says(*answers: Answer) -> AsyncIterator[tuple[StripeGateway, Scripted]]:
    script = Scripted(list(answers))
    async with serving(script) as address:
        gateway = StripeGateway("sk_test_scripted", address)
        try:
            yield gateway, script
        finally:
            await gateway.close()


def refusal(kind: str, **more: object) -> dict[str, object]:
    return {"error": {"type": kind, "message": "No.", **more}}


def failed(**error: str) -> Answer:
    intent = {"id": INTENT, "object": "payment_intent", "status": "requires_payment_method"}
    return 200, intent | {"last_payment_error": {"type": "card_error", **error}}


async def test_a_charge_is_made_on_the_communitys_account_under_our_own_key() -> None:
    async with stripe_says(created) as (gateway, script):
        assert await gateway.create_intent(order) == INTENT
    headers = script.asked[0].headers
    assert headers["stripe-account"] == ours
    assert headers["idempotency-key"] == f"intent:{order.payment_id}:3"
    assert headers["stripe-version"] == API_VERSION
    assert "x-stripe-client-telemetry" not in headers
    assert script.forms[0] == {
        "amount": "1000",
        "currency": "eur",
        "customer": "cus_ada",
        "metadata[community_id]": str(order.community_id),
        "metadata[payment_id]": str(order.payment_id),
        "payment_method": "pm_visa",
        "payment_method_types[0]": "card",
    }


@pytest.mark.parametrize(
    "answer",
    [
        (429, refusal("rate_limit_error")),
        (500, refusal("api_error")),
        (503, refusal("api_error")),
        (401, refusal("invalid_request_error")),
        (403, refusal("invalid_request_error")),
    ],
)
async def test_what_is_not_about_the_charge_is_tried_again_later(answer: Answer) -> None:
    async with stripe_says(answer) as (gateway, _):
        with pytest.raises(ProcessorUnavailable):
            await gateway.create_intent(order)


async def test_an_answer_that_breaks_off_is_asked_for_again_later() -> None:
    async def break_off(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(break_off, HOST, 0)
    port = server.sockets[0].getsockname()[1]
    gateway = StripeGateway("sk_test_scripted", f"http://{HOST}:{port}")
    try:
        with pytest.raises(ProcessorUnavailable):
            await gateway.create_intent(order)
    finally:
        await gateway.close()
        server.close()


async def test_the_sdk_tries_again_under_the_same_key() -> None:
    async with stripe_says((500, refusal("api_error")), created) as (gateway, script):
        await gateway.create_intent(order)
    first, second = (request.headers["idempotency-key"] for request in script.asked)
    assert first == second


@pytest.mark.parametrize(
    ("code", "final"), [("insufficient_funds", False), ("stolen_card", True), ("lost_card", True)]
)
async def test_a_decline_says_whether_trying_again_makes_sense(code: str, *, final: bool) -> None:
    no = (402, refusal("card_error", code="card_declined", decline_code=code))
    after = failed(code="card_declined", decline_code=code)
    async with stripe_says(no, after) as (gateway, _):
        assert await gateway.confirm_intent(INTENT, CARD, None) == Outcome(
            "failed", Code(code), final
        )


async def test_a_payer_who_is_not_there_to_authenticate_may_do_it_later() -> None:
    no = (402, refusal("card_error", code="authentication_required"))
    async with stripe_says(no, failed(code="authentication_required")) as (gateway, _):
        assert await gateway.confirm_intent(INTENT, CARD, None) == Outcome("requires_action")


async def test_a_charge_that_is_refused_before_it_is_tried_has_failed() -> None:
    no = (400, refusal("invalid_request_error", code="payment_method_unactivated"))
    async with stripe_says(no, created) as (gateway, _):
        outcome = await gateway.confirm_intent(INTENT, CARD, None)
    assert outcome == Outcome("failed", Code("payment_method_unactivated"), final=True)


async def test_a_refund_that_failed_is_no_refund() -> None:
    refund = {"id": "re_1", "object": "refund", "status": "failed"}
    async with stripe_says((200, refund)) as (gateway, _):
        with pytest.raises(Declined, match="failed"):
            await gateway.refund(INTENT, None, UUID(int=4), Money(1, "EUR"))


async def test_an_answer_that_means_nothing_is_not_taken_for_one() -> None:
    async with stripe_says((404, {})) as (gateway, _):
        with pytest.raises(ProcessorUnavailable):
            await gateway.fetch_intent(INTENT, None)


async def test_a_refund_that_failed_is_not_found_again() -> None:
    refund_id = UUID(int=4)
    made = {"object": "refund", "metadata": {"refund_id": str(refund_id)}}
    refunds = [
        {"id": "re_1", "status": "succeeded", "object": "refund", "metadata": {}},
        {"id": "re_2", "status": "failed"} | made,
        {"id": "re_3", "status": "pending"} | made,
    ]
    page = {"object": "list", "has_more": False, "url": "/v1/refunds", "data": refunds}
    async with stripe_says((200, page)) as (gateway, _):
        assert await gateway.find_refund(INTENT, None, refund_id) == "re_3"
