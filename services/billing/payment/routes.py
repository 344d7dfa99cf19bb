"""What was charged, and giving it back."""

from datetime import date
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends
from pydantic import AfterValidator, AwareDatetime, BaseModel, StringConstraints

from services.billing.acting import acting_for, names_of
from services.billing.by_hand.projections import claiming
from services.billing.gateways.processors import processor_at
from services.billing.merchant.projections import merchant_of
from services.billing.payment import commands
from services.billing.payment.decider import PAYMENT
from services.billing.payment.events import DisputeReason, Way
from services.billing.payment.projections import (
    Disputed,
    Paid,
    disputes_after,
    payment_by_id,
    payments_after,
)
from services.billing.references import ids_of, reference_of
from shared.contracts.contract import MoneyValue
from shared.decider import NotFound, Rejected
from shared.http import Body, Caller, Page, Written, listing, needs, paging
from shared.ids import AccountId
from shared.reaction import Ask

router = APIRouter()

Amount = Annotated[MoneyValue, AfterValidator(lambda amount: MoneyValue.of(amount.money()))]


class RefundPayment(Body):
    """All that is left of the payment when no amount is named."""

    amount: Amount | None = None


class Payment(BaseModel):
    """`client_secret`, or a page, is there for the payer while they must agree; `reference` is for who pays by hand.

    `platform_fee` is what the platform took of the amount; of what is refunded, its part goes back too.
    """

    payment_id: UUID
    reference: str
    person_id: UUID
    origin: str
    origin_id: UUID
    state: str
    amount: MoneyValue
    refunded: MoneyValue
    platform_fee: MoneyValue
    payment_intent: str | None
    account: str | None
    problem: str | None
    at: AwareDatetime
    client_secret: str | None = None
    approval_url: str | None = None


class RecordReceipt(Body):
    """`reference` is what the money is known by: the bank's line, the number of a receipt. It counts once."""

    amount: Amount
    way: Way
    reference: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=140)
    ]
    on: date


class Payments(BaseModel):
    items: list[Payment]
    next: str | None


class Dispute(BaseModel):
    """`standing` is inquiry or open until it is won, lost or dropped; evidence is heard until `respond_by`."""

    dispute: str
    payment_id: UUID
    person_id: UUID
    amount: MoneyValue
    reason: DisputeReason
    standing: str
    respond_by: AwareDatetime | None
    opened_at: AwareDatetime
    closed_at: AwareDatetime | None


class Disputes(BaseModel):
    items: list[Dispute]
    next: str | None


@router.get("/disputes", operation_id="list_disputes")
async def list_disputes(
    caller: Annotated[Caller, needs("sales.read")], page: Annotated[Page, Depends(paging)]
) -> Disputes:
    """Evidence is given at the processor, whose id of the dispute this is."""
    async with caller.read() as connection:
        found = await disputes_after(connection, page.cursor(str), page.limit + 1)
    shown = [_disputed(one) for one in found]
    return Disputes(**page.answer(shown, key=lambda one: one.dispute))


@router.get("/payments", operation_id="list_payments")
async def list_payments(
    caller: Annotated[Caller, needs("sales.read")],
    page: Annotated[Page, Depends(listing(filters=("state", "reference")))],
) -> Payments:
    """`awaited` is the state of what people are to send or bring."""
    async with caller.read() as connection:
        found = await payments_after(
            connection,
            page.cursor(UUID),
            page.limit + 1,
            state=page.filters.get("state"),
            between=_meant(page.filters.get("reference")),
        )
    shown = [_shown(payment) for payment in found]
    return Payments(**page.answer(shown, key=lambda payment: payment.payment_id))


@router.get("/payments/{payment_id}", operation_id="read_payment")
async def read_payment(payment_id: UUID, caller: Annotated[Caller, needs("person")]) -> Payment:
    async with caller.read() as connection:
        payment = await payment_by_id(connection, payment_id)
        names = await names_of(connection, caller.person_id)
    if payment is None or payment.person_id not in names:
        raise NotFound("payment_not_found", "There is no such payment.")
    if payment.state != "requires_action" or payment.intent is None:
        return _shown(payment)
    gateway = processor_at(caller.service.gateways, payment.account)
    step = await gateway.payer_step(payment.intent, payment.account)
    needed = {"client_secret": step.client_secret, "approval_url": step.url}
    return _shown(payment).model_copy(update=needed)


@router.post("/payments/{payment_id}/return", status_code=202, operation_id="return_to_payment")
async def return_to_payment(
    payment_id: UUID, caller: Annotated[Caller, needs("person")]
) -> Written:
    """The payer is back from the processor's page: it is asked what they did there. Its own report does the same."""
    async with caller.read() as connection:
        payment = await payment_by_id(connection, payment_id)
    owner = payment.person_id if payment else caller.person_id
    resume = commands.ResumePayment(await acting_for(caller, owner))
    return await caller.ask(Ask(PAYMENT, payment_id, resume))


@router.post("/payments/{payment_id}/refunds", status_code=202, operation_id="refund_payment")
async def refund_payment(
    payment_id: UUID,
    body: RefundPayment,
    caller: Annotated[Caller, needs("refunds.write", strict=True)],
) -> Written:
    refund_id = caller.new_id("refund")
    amount = body.amount.money() if body.amount else None
    command = commands.RefundPayment(refund_id, amount)
    return await caller.ask(Ask(PAYMENT, payment_id, command), refund_id=refund_id)


@router.post(
    "/payments/{payment_id}/receipts", status_code=201, operation_id="record_payment_receipt"
)
async def record_payment_receipt(
    payment_id: UUID,
    body: RecordReceipt,
    caller: Annotated[Caller, needs("receipts.write", strict=True)],
) -> Written:
    """The money is there: what it pays for begins at once. Recorded again, by the same reference, it counts once."""
    service, community_id = caller.service, caller.community_id
    payment = await caller.state(PAYMENT, payment_id)
    if payment is None:
        raise NotFound("payment_not_found", "There is no such payment.")
    async with caller.read() as connection:
        merchant = await merchant_of(connection)
    receipt_id = service.vault.token("receipt", community_id, body.reference)
    record = commands.RecordReceipt(
        receipt_id=receipt_id,
        reference=await caller.seal(payment.charge.person_id, body.reference, "accounting"),
        amount=body.amount.money(),
        way=body.way,
        on=body.on,
        by=AccountId(caller.account_id),
        today=caller.now.astimezone(ZoneInfo(merchant.time_zone)).date(),
    )
    return await caller.ask(Ask(PAYMENT, payment_id, record), claiming(receipt_id, payment_id))


@router.post(
    "/payments/{payment_id}/refunds/{refund_id}/settlement", operation_id="settle_owed_refund"
)
async def settle_owed_refund(
    payment_id: UUID,
    refund_id: UUID,
    caller: Annotated[Caller, needs("refunds.write", strict=True)],
) -> Written:
    """It has gone back: the payer is told."""
    return await caller.ask(Ask(PAYMENT, payment_id, commands.SettleRefund(refund_id)))


def _meant(reference: str | None) -> tuple[UUID, UUID] | None:
    try:
        return ids_of(reference) if reference else None
    except ValueError as wrong:
        raise Rejected("bad_reference", f"{reference} {wrong}.") from wrong


def _disputed(one: Disputed) -> Dispute:
    return Dispute(
        dispute=one.dispute,
        payment_id=one.payment_id,
        person_id=one.person_id,
        amount=MoneyValue.of(one.amount),
        reason=one.reason,
        standing=one.standing,
        respond_by=one.respond_by,
        opened_at=one.opened_at,
        closed_at=one.closed_at,
    )


def _shown(payment: Paid) -> Payment:
    return Payment(
        payment_id=payment.payment_id,
        reference=reference_of(payment.payment_id),
        person_id=payment.person_id,
        origin=payment.origin,
        origin_id=payment.origin_id,
        state=payment.state,
        amount=MoneyValue.of(payment.amount),
        refunded=MoneyValue.of(payment.refunded),
        platform_fee=MoneyValue.of(payment.platform_fee),
        payment_intent=payment.intent,
        account=payment.account,
        problem=payment.code,
        at=payment.at,
    )
