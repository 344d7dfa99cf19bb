"""Giving another card, and seeing whether it was taken."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import AwareDatetime, BaseModel, StringConstraints

from services.billing.acceptances import sealed_acceptance
from services.billing.acting import paying_as
from services.billing.by_hand.projections import ByHand, how_to_pay
from services.billing.debit.events import DEBITED
from services.billing.debit.projections import debits_now
from services.billing.gateways.gateway import CardGateway
from services.billing.gateways.processors import name_of, processor_at
from services.billing.merchant.projections import merchant_of
from services.billing.opening import opened_by
from services.billing.organisation.projections import is_organisation
from services.billing.payer import commands
from services.billing.payer.decider import PAYER
from services.billing.payer.events import NO_CARD, Instrument, payer_of
from services.billing.payer.projections import kept_for
from services.billing.payment.projections import Paid, payment_by_id
from services.billing.subscription.projections import Owed, owed_now
from shared.contracts.contract import MoneyValue
from shared.decider import NotFound, Rejected
from shared.http import Body, Caller, Written, needs
from shared.ids import Code, PersonId
from shared.problem import Problem
from shared.reaction import Ask

router = APIRouter()

Member = Annotated[Caller, needs("person")]
Method = Literal["card", "sepa_debit"]


class SavePaymentMethod(Body):
    """The id that the processor's own form gave to the card, or to the bank account that may be debited."""

    payment_method: Annotated[str, StringConstraints(pattern=r"^pm_[A-Za-z0-9_]{1,250}$")]
    kind: Method = "card"


class SavePayersMethod(SavePaymentMethod):
    """For an organisation, where the caller represents the one that is named."""

    organisation_id: UUID | None = None


class PaymentMethod(BaseModel):
    """`code` says why it was refused."""

    state: Literal["saving", "saved", "refused"]
    code: str | None


class PaymentLinkShown(BaseModel):
    """What is owed to whom, and by which `methods` it may be paid: a debit is `processing` for days.

    Where the payer must authenticate, the processor's form needs `client_secret`.

    `by_hand` is there for who is to send or bring it; a card given here pays it as well. What is on `trial` without a
    card is charged at `due_at`, by the card given here.
    """

    seller: str
    state: Literal["trial", "due", "processing", "requires_action", "paid", "ended"]
    amount: MoneyValue | None
    due_at: AwareDatetime | None = None
    account: str | None
    by_hand: ByHand | None = None
    payment_intent: str | None = None
    client_secret: str | None = None
    methods: list[Method] = ["card"]


@router.get("/public/payment-links/{link}", operation_id="read_payment_link")
async def read_payment_link(
    link: str, caller: Annotated[Caller, needs("public")]
) -> PaymentLinkShown:
    """For whoever bears the link; nothing in it says who owes."""
    door = opened_by(caller, link)
    owed = await owed_now(caller.service, door.community_id, door.subject)
    async with caller.read(door.community_id) as connection:
        merchant = await merchant_of(connection)
        payment = await payment_by_id(connection, owed.payment_id) if owed.payment_id else None
    # Cards are given to Stripe, whatever was charged before.
    at_stripe = payment if payment and name_of(payment.account) == "stripe" else merchant
    shown = PaymentLinkShown(
        seller=merchant.name,
        state=_standing(owed, payment),
        amount=MoneyValue.of(owed.amount) if owed.amount else None,
        due_at=owed.due_at,
        account=at_stripe.account,
        by_hand=await _by_hand(caller, door.community_id, payment),
        methods=await _methods(caller, door.community_id, owed),
    )
    if shown.state != "requires_action" or payment is None or payment.intent is None:
        return shown
    gateway = processor_at(caller.service.gateways, payment.account)
    secret = (await gateway.payer_step(payment.intent, payment.account)).client_secret
    return shown.model_copy(update={"payment_intent": payment.intent, "client_secret": secret})


@router.post("/public/payment-links/{link}", status_code=202, operation_id="pay_by_payment_link")
async def pay_by_payment_link(
    link: str, body: SavePaymentMethod, request: Request, caller: Annotated[Caller, needs("public")]
) -> Written:
    """The card, or the bank account with the mandate that is agreed to here, is kept for what the person pays, and
    tried as soon as that is due.
    """
    door = opened_by(caller, link)
    owed = await owed_now(caller.service, door.community_id, door.subject)
    if owed.amount is None:
        raise Problem(409, "nothing_due", "Nothing is owed here any more.")
    accepted = None
    if body.kind == "sepa_debit":
        if body.kind not in await _methods(caller, door.community_id, owed):
            raise Rejected("not_by_debit", "That is not debited here.", pointer="/kind")
        accepted = await sealed_acceptance(request, caller, owed.person_id)
    async with caller.read(door.community_id) as connection:
        merchant = await merchant_of(connection)
    save = commands.SavePaymentMethod(
        owed.person_id, Code(body.payment_method), merchant.account, accepted=accepted
    )
    ask = Ask(PAYER, payer_of(owed.person_id), save)
    return await caller.ask(ask, community_id=door.community_id)


async def _methods(caller: Caller, community_id: UUID, owed: Owed) -> list[Method]:
    """Of euros, debits as well where the community takes them; who signs for an organisation has to be known."""
    if owed.amount is None or owed.amount.currency != DEBITED:
        return ["card"]
    async with caller.read(community_id) as connection:
        is_somebody = not await is_organisation(connection, owed.person_id)
    takes = is_somebody and await debits_now(caller.service, community_id) is not None
    return ["card", "sepa_debit"] if takes else ["card"]


async def _by_hand(caller: Caller, community_id: UUID, payment: Paid | None) -> ByHand | None:
    if payment is None or payment.state != "awaited":
        return None
    return await how_to_pay(caller.service, community_id, payment.payment_id)


def _standing(
    owed: Owed, payment: Paid | None
) -> Literal["trial", "due", "processing", "requires_action", "paid", "ended"]:
    if owed.amount is None:
        return "ended" if owed.ended else "paid"
    if owed.due_at:
        return "trial"
    match payment.state if payment else None:
        case "requires_action":
            return "requires_action"
        case "started" | "processing":
            return "processing"
        case _:
            return "due"


class CardForm(Written):
    """For the processor's own form in the payer's browser: the card that it gives is one that its bank has agreed to.

    It is of the seller's `account` there, where they have one.
    """

    client_secret: str
    account: str | None


@router.post("/payer/card-forms", status_code=201, operation_id="open_card_form")
async def open_card_form(
    caller: Member, organisation_id: Annotated[UUID | None, Query()] = None
) -> CardForm:
    """For a card with which nothing is charged now: another one, or that of a trial.

    Without the form, what its bank wants to hear of the payer is refused by `authentication_required`.
    """
    person_id = await paying_as(caller, organisation_id)
    async with caller.read() as connection:
        account = (await merchant_of(connection)).account
    processor: CardGateway = caller.service.gateways["processor"]
    payer = await caller.state(PAYER, payer_of(person_id))
    customer = payer.customer_on(account) or await processor.create_customer(person_id, account)
    secret = await processor.open_form(customer, account, caller.new_id("card-form"))
    adopt = commands.AdoptCustomer(person_id, Instrument(NO_CARD, customer, account), None)
    written = await caller.ask(Ask(PAYER, payer_of(person_id), adopt))
    return CardForm(**written.model_dump(), client_secret=secret, account=account)


@router.post("/payer/payment-method", status_code=202, operation_id="save_payment_method")
async def save_payment_method(body: SavePayersMethod, request: Request, caller: Member) -> Written:
    async with caller.read() as connection:
        merchant = await merchant_of(connection)
    person_id = await paying_as(caller, body.organisation_id)
    accepted = None
    if body.kind == "sepa_debit":
        if await debits_now(caller.service, caller.community_id) is None:
            raise Rejected("not_by_debit", "Nobody takes debits here.", pointer="/kind")
        # Where and when somebody agreed is of them, whoever pays.
        accepted = await sealed_acceptance(request, caller, PersonId(caller.person_id))
    command = commands.SavePaymentMethod(
        person_id, Code(body.payment_method), merchant.account, accepted=accepted, alone=True
    )
    return await caller.ask(Ask(PAYER, payer_of(person_id), command))


@router.get("/payer/payment-method", operation_id="read_payment_method")
async def read_payment_method(
    caller: Member, organisation_id: Annotated[UUID | None, Query()] = None
) -> PaymentMethod:
    payer_id = await paying_as(caller, organisation_id)
    async with caller.read() as connection:
        kept = await kept_for(connection, payer_id)
    if kept is None:
        raise NotFound("payment_method_not_found", "No payment method was given yet.")
    return PaymentMethod(state=kept.state, code=kept.code)
