"""Opening a checkout, paying it, and seeing what the processor's own form needs."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import AwareDatetime, BaseModel, StringConstraints

from services.billing.acceptances import sealed_acceptance
from services.billing.acting import Acting, acting_as, paying_as
from services.billing.agreeing import Agree, DocumentVersion, agreeing
from services.billing.agreements import Agreed, Agreements
from services.billing.by_hand.projections import ByHand, by_hand_now, how_to_pay
from services.billing.checkout import commands
from services.billing.checkout.decider import CHECKOUT, takes
from services.billing.checkout.events import Basket, Line, OfferLine, QuoteLine
from services.billing.checkout.projections import Standing, checkout_of, quote_keys
from services.billing.choices import Today, awaited, given, line_again, line_of
from services.billing.coming import Opened, Via, kept_of, standing_of_via
from services.billing.debit.events import DEBITED
from services.billing.debit.projections import debits_now
from services.billing.discount.events import Discount, as_typed, discount_of
from services.billing.discount.projections import (
    could_hold,
    discount_by_id,
    founder_rates,
    holding,
)
from services.billing.document.projections import agreements_of
from services.billing.forecast import forecast
from services.billing.founder.projections import founder_of, free_until
from services.billing.gateways.paypal_gateway import WALLET
from services.billing.gateways.processors import name_of
from services.billing.merchant.projections import Merchant, merchant_of
from services.billing.offer.projections import Listed, offers_among
from services.billing.order.events import order_of
from services.billing.order.projections import is_ordered
from services.billing.payer.events import BY_HAND, HOSTED, NO_CARD
from services.billing.payer.projections import taking_trial, trial_of
from services.billing.payment.events import AWAITED_FOR, payment_of
from services.billing.payment.projections import Paid, payment_by_id
from services.billing.policy.projections import policy_now
from services.billing.prepaid.projections import prepaid_until
from services.billing.quotes import read_quote
from services.billing.statuses import Status, status_before
from services.billing.steps import step_of
from services.billing.subscription.events import subscription_of
from services.billing.subscription.projections import (
    statuses_among,
    terms_of_ended,
    winning_back,
)
from services.billing.tax.projections import rates_now
from services.billing.taxes import taxed
from shared.contracts.contract import Currency, MoneyValue
from shared.decider import NotFound
from shared.http import Body, Caller, Written, needs
from shared.ids import Code, PersonId
from shared.merging.persons import all_of
from shared.reaction import Ask

router = APIRouter()

MONTHS_SHOWN = 12

Method = Literal["card", "sepa_debit"]


Member = Annotated[Caller, needs("person")]


class OfferChosen(Body):
    """`amount` is what the buyer pays for one, where the offer lets them name it.

    A `gift` is for somebody else, whom membership is told: of what recurs, `quantity` are the periods they have.
    """

    offer_id: UUID
    quantity: int = 1
    amount: MoneyValue | None = None
    gift: bool = False


class SeatsQuoted(Body):
    quote: Annotated[str, StringConstraints(max_length=4000)]


class Choice(Agree):
    """What is chosen, whether it is opened or looked at beforehand."""

    lines: list[OfferChosen | SeatsQuoted]
    currency: Currency | None = None
    code: Annotated[str, StringConstraints(max_length=100)] | None = None
    without_trial: bool = False
    organisation_id: UUID | None = None
    via: Via | None = None


class OpenCheckout(Choice):
    """`return_url` is a page at this origin, without a query; without a `currency`, it is each offer's first.

    Whose card has had the trial (`card_had_trial`) may buy `without_trial`. Documents may be agreed to here,
    later or as it is paid; what is free is had at once, and agreed to here. Who represents the `organisation_id`
    buys in its name, offers with seats alone. Who came `via` a link may say so.
    """

    return_url: Annotated[str, StringConstraints(max_length=500)]


class PreviewCheckout(Choice):
    """What one would open it with; a `return_url` is not needed, and one that opening it would refuse is refused."""

    return_url: Annotated[str, StringConstraints(max_length=500)] | None = None


class WinBack(Agree):
    """A subscription that has ended, of the person's own or of whom they act for."""

    subscription_id: UUID
    return_url: Annotated[str, StringConstraints(max_length=500)]
    via: Via | None = None


class PayCheckout(Agree):
    """The id that the processor's own form gave to the card, or to the bank account: no number of either comes here.

    Who pays by `sepa_debit` has accepted the mandate that the form showed.
    """

    payment_method: Annotated[str, StringConstraints(pattern=r"^pm_[A-Za-z0-9_]{1,250}$")]
    kind: Method = "card"


class Due(BaseModel):
    """What a line costs at one moment: `due` is `full` less `off`, and the fee for setting up."""

    at: AwareDatetime
    offer_id: UUID | None
    number: int
    full: MoneyValue
    off: MoneyValue
    setup_fee: MoneyValue
    due: MoneyValue


class LineShown(BaseModel):
    """What is due now for one thing, and what of that is tax, where the seller has set a rate."""

    offer_id: UUID | None
    hold_id: UUID | None
    amount: MoneyValue
    tax_basis_points: int | None
    tax: MoneyValue | None


class Preview(BaseModel):
    """What would be charged now, and in the months to come if nobody cancels; `documents` are to be agreed to first.

    What is not `card_needed` may begin without one.
    """

    due: MoneyValue
    card_needed: bool
    payments: list[Due]
    documents: list[DocumentVersion] = []
    lines: list[LineShown] = []


class Processor(BaseModel):
    """What the processor's own form needs, and what it may ask for.

    `client_secret` is there while the person must authenticate; `page_url` while they pay on the processor's page, from
    which they come to `return_url`.
    """

    name: Literal["stripe"] = "stripe"
    methods: list[Method]
    account: str | None
    payment_intent: str | None
    client_secret: str | None
    page_url: str | None = None


class Paypal(BaseModel):
    """`approval_url` is there while the person must agree on PayPal's own page, from which they come to `return_url`.

    `POST /payments/{payment_id}/return` then says that they are back.
    """

    order: str | None
    approval_url: str | None


class Begins(BaseModel):
    """A subscription that it begins: `incomplete` until it is paid, or may begin without."""

    subscription_id: UUID
    offer_id: UUID
    status: Status


class Checkout(BaseModel):
    """`problem` is the processor's code for why the last attempt failed; no `by_hand`, no `paypal`: not taken so.

    `documents` have still to be agreed to before it is paid. What is not `card_needed` may `begin-without-card`.
    """

    checkout_id: UUID
    version: int
    state: str
    due: MoneyValue
    card_needed: bool
    expires_at: AwareDatetime
    return_url: str
    payment_id: UUID
    problem: str | None
    processor: Processor
    by_hand: ByHand | None
    paypal: Paypal | None = None
    documents: list[DocumentVersion] = []
    lines: list[LineShown] = []
    subscriptions: list[Begins] = []


@router.post("/checkouts", status_code=201, operation_id="open_checkout")
async def open_checkout(body: OpenCheckout, caller: Member) -> Opened:
    checkout_id = caller.new_id("checkout")
    asks = await _opening(checkout_id, body, body.return_url, caller)
    written = await caller.ask(*asks, checkout_id=checkout_id)
    order_id, via = order_of(checkout_id), standing_of_via(body.via)
    return Opened(**written.model_dump(), order_id=order_id, via=via)


@router.post("/checkouts/win-back", status_code=201, operation_id="win_back_subscription")
async def win_back_subscription(body: WinBack, caller: Member) -> Opened:
    """What the person had, at the price they had, while the seller takes people back; it is paid like any other."""
    checkout_id, subscription_id = caller.new_id("checkout"), body.subscription_id
    service, community_id = caller.service, caller.community_id
    terms = await terms_of_ended(service, community_id, subscription_id)
    acting = await acting_as(caller, terms.person_id)
    payer_id = acting.payer_id
    async with caller.read() as connection:
        merchant = await merchant_of(connection)
        offers = await offers_among(connection, [terms.offer_id])
        agreements = await _agreements(connection, caller, acting)
    line = line_again(
        offers.get(terms.offer_id),
        terms,
        subscription_id,
        "/subscription_id",
        Today(caller.now, merchant.time_zone),
    )
    days = (await policy_now(service, community_id)).win_back_days
    more = {"via": kept_of(body.via), **agreeing(body, agreements)}
    opening = await _open(payer_id, [line], body.return_url, merchant, caller, **more)
    asks = [
        winning_back(subscription_id, checkout_id, payer_id, caller.now, days),
        Ask(CHECKOUT, checkout_id, opening),
    ]
    written = await caller.ask(*asks, checkout_id=checkout_id)
    order_id, via = order_of(checkout_id), standing_of_via(body.via)
    return Opened(**written.model_dump(), order_id=order_id, via=via)


async def _open(
    payer_id: PersonId,
    lines: Sequence[Line],
    return_url: str,
    merchant: Merchant,
    caller: Caller,
    **more: Any,
) -> commands.OpenCheckout:
    service, community_id = caller.service, caller.community_id
    rates = await rates_now(service, community_id)
    holds = [line.hold_id for line in lines if isinstance(line, QuoteLine)]
    paid_for = [hold for hold in holds if await is_ordered(service, community_id, hold)]
    return commands.OpenCheckout(
        person_id=payer_id,
        lines=tuple(taxed(lines, rates, caller.now, merchant.time_zone)),
        account=merchant.account,
        time_zone=merchant.time_zone,
        return_url=Code(return_url),
        origin=Code(caller.service.settings.origin),
        at=caller.now,
        paid_for=frozenset(paid_for),
        **more,
    )


def _shown(lines: Sequence[Line]) -> list[LineShown]:
    return [
        LineShown(
            offer_id=line.offer_id if isinstance(line, OfferLine) else None,
            hold_id=None if isinstance(line, OfferLine) else line.hold_id,
            amount=MoneyValue.of(line.due),
            tax_basis_points=line.tax_rate,
            tax=MoneyValue.of(line.tax) if line.tax is not None else None,
        )
        for line in lines
    ]


def _documents(agreed: Sequence[Agreed]) -> list[DocumentVersion]:
    return [DocumentVersion(kind=one.kind, version=one.version) for one in agreed]


@router.post("/checkouts/preview", operation_id="preview_checkout")
async def preview_checkout(
    body: PreviewCheckout, caller: Annotated[Caller, needs("person", idempotent=False)]
) -> Preview:
    """What opening this checkout would lead to, month by month; refused where opening it would be."""
    decided: list[Any] = []
    asks = await _opening(caller.new_id("checkout"), body, _back(body, caller), caller)
    for ask in asks:
        state = await caller.state(ask.decider, ask.stream_id)
        decided += ask.decider.decide(ask.command, state)
    basket = decided[0].basket
    payments = [
        Due(
            at=payment.at,
            offer_id=payment.offer_id,
            number=payment.number,
            full=MoneyValue.of(payment.full),
            off=MoneyValue.of(payment.off),
            setup_fee=MoneyValue.of(payment.setup_fee),
            due=MoneyValue.of(payment.due),
        )
        for payment in forecast(basket, caller.now, MONTHS_SHOWN)
    ]
    async with caller.read() as connection:
        agreements = await agreements_of(connection, basket.person_id)
    return Preview(
        due=MoneyValue.of(basket.due),
        card_needed=basket.needs_card,
        payments=payments,
        documents=_documents(agreements.missing(caller.now)),
        lines=_shown(basket.lines),
    )


@router.get("/checkouts/{checkout_id}", operation_id="read_checkout")
async def read_checkout(checkout_id: UUID, response: Response, caller: Member) -> Checkout:
    buyer = await _buyer(checkout_id, caller)
    async with caller.read() as connection:
        standing = await checkout_of(connection, checkout_id, [buyer.payer_id])
        payment = await payment_by_id(connection, payment_of(checkout_id))
        merchant = await merchant_of(connection)
        agreements = await _agreements(connection, caller, buyer.acting)
        begins = await _begins(connection, standing, buyer.basket)
    basket = buyer.basket
    if standing is None or basket is None:
        raise NotFound("checkout_not_found", "There is no such checkout.")
    response.headers["ETag"] = f'"{standing.version}"'
    return Checkout(
        checkout_id=checkout_id,
        version=standing.version,
        state=standing.state,
        due=MoneyValue.of(standing.due),
        card_needed=basket.needs_card,
        expires_at=standing.expires_at,
        return_url=standing.return_url,
        payment_id=payment_of(checkout_id),
        problem=standing.problem,
        processor=await _processor(standing, payment, caller),
        by_hand=await _by_hand(checkout_id, payment, caller),
        paypal=await _paypal(standing, payment, caller) if merchant.paypal else None,
        documents=_documents(agreements.missing(caller.now)),
        lines=_shown(basket.lines),
        subscriptions=begins,
    )


async def _begins(
    connection: Any, standing: Standing | None, basket: Basket | None
) -> list[Begins]:
    if standing is None or basket is None:
        return []
    order_id = order_of(standing.checkout_id)
    offers = [one.offer_id for one in basket.lines if isinstance(one, OfferLine) and one.recurs]
    ids = {offer_id: subscription_of(order_id, offer_id) for offer_id in offers}
    begun = await statuses_among(connection, ids.values())
    before = status_before(standing.state)
    return [
        Begins(subscription_id=one, offer_id=offer_id, status=begun.get(one, before))
        for offer_id, one in ids.items()
    ]


@router.post("/checkouts/{checkout_id}/acceptance", operation_id="accept_checkout_documents")
async def accept_checkout_documents(checkout_id: UUID, body: Agree, caller: Member) -> Written:
    """What the buyer agrees to, for whichever way they then pay."""
    buyer = await _buyer(checkout_id, caller)
    async with caller.read() as connection:
        agreements = await _agreements(connection, caller, buyer.acting)
    accept = commands.AcceptDocuments(buyer.payer_id, **agreeing(body, agreements), at=caller.now)
    return await caller.ask(Ask(CHECKOUT, checkout_id, accept), checkout_id=checkout_id)


@router.post("/checkouts/{checkout_id}/pay", status_code=202, operation_id="pay_checkout")
async def pay_checkout(
    checkout_id: UUID, body: PayCheckout, request: Request, caller: Member
) -> Written:
    buyer, debit = await _buyer(checkout_id, caller), None
    if body.kind == "sepa_debit":
        # Where and when somebody agreed is of them, whoever pays.
        accepted = await sealed_acceptance(request, caller, PersonId(caller.person_id))
        debit = commands.Debit(accepted, await debits_now(caller.service, caller.community_id))
    pay = commands.PayCheckout(buyer.payer_id, Code(body.payment_method), caller.now, debit=debit)
    return await _pay(buyer, pay, caller, body)


@router.post(
    "/checkouts/{checkout_id}/pay-by-hand", status_code=202, operation_id="pay_checkout_by_hand"
)
async def pay_checkout_by_hand(checkout_id: UUID, caller: Member) -> Written:
    """Where the money goes and what is written on it, the checkout says; it waits for thirty days."""
    taken = await by_hand_now(caller.service, caller.community_id) is not None
    buyer = await _buyer(checkout_id, caller)
    pay = commands.PayCheckout(buyer.payer_id, BY_HAND, caller.now, taken)
    return await _pay(buyer, pay, caller)


@router.post(
    "/checkouts/{checkout_id}/begin-without-card",
    status_code=202,
    operation_id="begin_checkout_without_card",
)
async def begin_checkout_without_card(
    checkout_id: UUID, caller: Member, body: Agree | None = None
) -> Written:
    """Nothing is due now, and its trials need no card: one is asked for by letter before they end."""
    buyer = await _buyer(checkout_id, caller)
    begin = commands.PayCheckout(buyer.payer_id, NO_CARD, caller.now)
    return await _pay(buyer, begin, caller, body)


@router.post(
    "/checkouts/{checkout_id}/pay-by-paypal", status_code=202, operation_id="pay_checkout_by_paypal"
)
async def pay_checkout_by_paypal(checkout_id: UUID, caller: Member) -> Written:
    """The person agrees on PayPal's own page, whose address the checkout has as soon as it is there."""
    async with caller.read() as connection:
        account = (await merchant_of(connection)).at_paypal
    buyer = await _buyer(checkout_id, caller)
    pay = commands.PayCheckout(buyer.payer_id, WALLET, caller.now, agree_at=account)
    return await _pay(buyer, pay, caller)


@router.post(
    "/checkouts/{checkout_id}/pay-on-page", status_code=202, operation_id="pay_checkout_on_page"
)
async def pay_checkout_on_page(checkout_id: UUID, caller: Member) -> Written:
    """Stripe's own page takes the card: the checkout has its address as soon as it is there.

    `POST /payments/{payment_id}/return` says that the person is back.
    """
    buyer = await _buyer(checkout_id, caller)
    pay = commands.PayCheckout(buyer.payer_id, HOSTED, caller.now, hosted=True)
    return await _pay(buyer, pay, caller)


@dataclass(frozen=True, slots=True)
class Buyer:
    """In whose name the caller asks of a checkout: whose `basket` it is, where they act for them."""

    checkout_id: UUID
    acting: Acting
    basket: Basket | None

    @property
    def payer_id(self) -> PersonId:
        return self.acting.payer_id


async def _buyer(checkout_id: UUID, caller: Caller) -> Buyer:
    checkout = await caller.state(CHECKOUT, checkout_id)
    basket = checkout.opened.basket if checkout else None
    acting = await acting_as(caller, basket.person_id if basket else caller.person_id)
    return Buyer(checkout_id, acting, basket)


async def _agreements(connection: Any, caller: Caller, acting: Acting) -> Agreements:
    """The caller has agreed for themselves and for whom they took in, an organisation for itself."""
    return await agreements_of(connection, caller.person_id if acting.for_self else acting.payer_id)


async def _pay(
    buyer: Buyer, pay: commands.PayCheckout, caller: Caller, body: Agree | None = None
) -> Written:
    checkout_id = buyer.checkout_id
    async with caller.read() as connection:
        agreements = await _agreements(connection, caller, buyer.acting)
    asks = [Ask(CHECKOUT, checkout_id, replace(pay, **agreeing(body, agreements)))]
    if buyer.basket and buyer.basket.on_trial:
        asks.append(taking_trial(checkout_id, pay.person_id))
    return await caller.ask(*asks, checkout_id=checkout_id)


@router.post("/checkouts/{checkout_id}/cancel", operation_id="cancel_checkout")
async def cancel_checkout(checkout_id: UUID, caller: Member) -> Written:
    command = commands.CancelCheckout((await _buyer(checkout_id, caller)).payer_id)
    return await caller.ask(Ask(CHECKOUT, checkout_id, command), checkout_id=checkout_id)


def _back(body: PreviewCheckout, caller: Caller) -> str:
    """Who only looks comes back from nowhere: home will do."""
    return str(caller.service.settings.origin) if body.return_url is None else body.return_url


async def _opening(checkout_id: UUID, body: Choice, return_url: str, caller: Caller) -> list[Ask]:
    """The checkout, and the use of its code or of the rate that a founder has without one: both or neither."""
    person_id = await paying_as(caller, body.organisation_id)
    service, community_id = caller.service, caller.community_id
    chosen = [one.offer_id for one in body.lines if isinstance(one, OfferChosen)]
    founded, trial = await asyncio.gather(
        founder_of(service, community_id, person_id), trial_of(service, community_id, person_id)
    )
    async with caller.read() as connection:
        merchant = await merchant_of(connection)
        people = await all_of(connection, person_id)
        offers = await offers_among(connection, chosen)
        keys = await quote_keys(connection) if len(chosen) < len(body.lines) else {}
        code = discount_of(community_id, as_typed(body.code)) if body.code else None
        discount = await discount_by_id(connection, code) if code else None
        rates = await founder_rates(connection, founded & {*chosen}) if founded and not code else []
        agreements = await agreements_of(connection, person_id)
    days = await _paid_from(caller, people, chosen)
    lines = _lines(body, caller, Today(caller.now, merchant.time_zone), offers, keys, days)
    if rate := await _good(rates, checkout_id, lines, founded, person_id, caller):
        code, discount = rate.discount_id, rate
    more = {"discount": discount, "trial": trial, **_wished(body, agreements)}
    command = await _open(person_id, lines, return_url, merchant, caller, **more)
    # A code for so many times a person is counted on who uses it, in whoever's name.
    hold = [holding(code, checkout_id, caller.person_id, caller.now, founded)] if code else []
    return [Ask(CHECKOUT, checkout_id, command), *hold]


def _wished(body: Choice, agreements: Agreements) -> dict[str, Any]:
    """What the command is told of the buyer's own word."""
    seats_only = body.organisation_id is not None
    return {
        "without_trial": body.without_trial,
        "seats_only": seats_only,
        "via": kept_of(body.via),
        **agreeing(body, agreements),
    }


async def _paid_from(
    caller: Caller, people: Sequence[UUID], offers: Sequence[UUID]
) -> dict[UUID, datetime | None]:
    """Nobody pays twice for a time: neither what is still free, nor what they, or whom they took in, paid elsewhere."""
    service, community_id = caller.service, caller.community_id
    until: dict[UUID, datetime | None] = {}
    for offer_id in offers:
        free = await free_until(service, community_id, offer_id)
        paid = [await prepaid_until(service, community_id, one, offer_id) for one in people]
        until[offer_id] = max((day for day in (free, *paid) if day), default=None)
    return until


async def _good(
    rates: Sequence[Discount],
    checkout_id: UUID,
    lines: Sequence[Line],
    founded: frozenset[UUID],
    person_id: PersonId,
    caller: Caller,
) -> Discount | None:
    """The first that these lines can have: nobody asked for it, so nobody is told why there is none."""
    for rate in rates:
        hold = holding(rate.discount_id, checkout_id, person_id, caller.now, founded)
        if takes(tuple(lines), rate) and await could_hold(
            caller.service, caller.community_id, hold
        ):
            return rate
    return None


def _lines(
    body: Choice,
    caller: Caller,
    today: Today,
    offers: Mapping[UUID, Listed],
    keys: Mapping[str, str],
    days: Mapping[UUID, datetime | None],
) -> list[Line]:
    lines: list[Line] = []
    for number, one in enumerate(body.lines):
        if isinstance(one, SeatsQuoted):
            pointer = f"/lines/{number}/quote"
            lines.append(
                read_quote(
                    one.quote,
                    keys,
                    community_id=caller.community_id,
                    account_id=caller.account_id,
                    pointer=pointer,
                )
            )
            continue
        offer = offers.get(one.offer_id)
        named = one.amount.money() if one.amount else None
        line = line_of(offer, one.quantity, named, body.currency, f"/lines/{number}", today)
        line = given(line) if one.gift else line
        lines.append(awaited(line, days[one.offer_id], caller.now))
    return lines


async def _by_hand(checkout_id: UUID, payment: Paid | None, caller: Caller) -> ByHand | None:
    waits = payment is not None and payment.state == "awaited"
    until = payment.at + AWAITED_FOR if payment and waits else None
    return await how_to_pay(caller.service, caller.community_id, payment_of(checkout_id), until)


async def _processor(standing: Standing, payment: Paid | None, caller: Caller) -> Processor:
    here = payment if payment and name_of(payment.account) == "stripe" else None
    step = await step_of(standing, here, caller.service.gateways)
    debits = standing.due.currency == DEBITED and await debits_now(
        caller.service, caller.community_id
    )
    return Processor(
        methods=["card", "sepa_debit"] if debits else ["card"],
        account=standing.account,
        payment_intent=here.intent if here else None,
        client_secret=step.client_secret,
        page_url=step.url,
    )


async def _paypal(standing: Standing, payment: Paid | None, caller: Caller) -> Paypal:
    here = payment if payment and name_of(payment.account) == "paypal" else None
    step = await step_of(standing, here, caller.service.gateways)
    return Paypal(order=here.intent if here else None, approval_url=step.url)
