"""What the link of a letter opens for who paid elsewhere: what they would go on with, from when, and a card for it."""

from dataclasses import replace
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, StringConstraints

from services.billing.agreeing import Agree, DocumentVersion, agreeing
from services.billing.checkout.events import OfferLine
from services.billing.checkout.projections import (
    Standing,
    checkout_of,
    leaving,
    opening,
    paying,
)
from services.billing.choices import Today, awaited, line_of
from services.billing.document.projections import agreements_of
from services.billing.links import OF_CARD
from services.billing.merchant.projections import merchant_of
from services.billing.offer.projections import offers_among, prices_told
from services.billing.opening import opened_by
from services.billing.payment.events import payment_of
from services.billing.payment.projections import Paid, payment_by_id
from services.billing.prepaid import commands
from services.billing.prepaid.decider import PREPAID, Prepaid
from services.billing.prepaid.events import prepaid_of
from services.billing.prepaid.projections import (
    mode_of,
    prepaid_now,
    progress_with,
    standing_with,
)
from services.billing.steps import step_of
from services.billing.tax.projections import rates_now
from services.billing.taxes import taxed
from shared.contracts.billing_offer import Interval, OfferPrice
from shared.contracts.contract import Currency, MoneyValue
from shared.decider import NotFound
from shared.http import Body, Caller, Written, needs
from shared.ids import Code
from shared.reaction import Ask

router = APIRouter()

Stranger = Annotated[Caller, needs("public")]


class GoOn(Body):
    """`return_url` is a page at this origin, without a query; `amount` is for an offer whose price the buyer names."""

    return_url: Annotated[str, StringConstraints(max_length=500)]
    amount: MoneyValue | None = None
    currency: Currency | None = None


class GiveCard(Agree):
    """The id that the processor's own form gave to the card, and what is agreed to with it."""

    payment_method: Annotated[str, StringConstraints(pattern=r"^pm_[A-Za-z0-9_]{1,250}$")]


class CardNeeded(BaseModel):
    """How far it has come: `problem` is why the last card was refused; the form may need `client_secret`."""

    state: str
    due: MoneyValue
    problem: str | None
    payment_intent: str | None
    client_secret: str | None


class PrepaidShown(BaseModel):
    """To what whom subscribes, and from when it is charged: from the end of what they paid elsewhere, or at once.

    `documents` have to be agreed to first. Nothing in it says who they are.
    """

    seller: str
    account: str | None
    offer_id: UUID
    offer: str
    prices: list[OfferPrice]
    interval: Interval
    every: int
    paid_until: AwareDatetime
    subscribed: bool
    documents: list[DocumentVersion]
    checkout: CardNeeded | None


@router.get("/public/cards/{link}", operation_id="read_prepaid")
async def read_prepaid(link: str, caller: Stranger) -> PrepaidShown:
    """For whoever bears the link of the letter."""
    door = await _door(link, caller)
    prepaid, community_id = door.prepaid, door.community_id
    progress = await progress_with(caller.service, community_id, prepaid)
    async with caller.read(community_id) as connection:
        merchant = await merchant_of(connection)
        offer = (await offers_among(connection, [prepaid.offer_id])).get(prepaid.offer_id)
        agreements = await agreements_of(connection, prepaid.person_id)
        standing = await standing_with(connection, prepaid, progress)
        asked_for = await _asked_for(connection, prepaid)
    if offer is None:
        raise NotFound("prepaid_not_found", "There is nothing to go on with.")
    asked = agreements.missing(caller.now)
    return PrepaidShown(
        seller=merchant.name,
        account=merchant.account,
        offer_id=offer.offer_id,
        offer=offer.name,
        prices=list(prices_told(offer.prices)),
        interval=offer.interval,
        every=offer.every,
        paid_until=prepaid.until,
        subscribed=standing == "subscribed",
        documents=[DocumentVersion(kind=one.kind, version=one.version) for one in asked],
        checkout=await _card_needed(*asked_for, caller) if asked_for else None,
    )


@router.post("/public/cards/{link}", status_code=201, operation_id="open_prepaid_checkout")
async def open_prepaid_checkout(link: str, body: GoOn, caller: Stranger) -> Written:
    """What is subscribed to, at today's price: nothing is due before what was paid elsewhere runs out."""
    community_id, prepaid = await _door(link, caller)
    checkout_id = caller.new_id("checkout")
    progress = await progress_with(caller.service, community_id, prepaid)
    async with caller.read(community_id) as connection:
        merchant = await merchant_of(connection)
        line = await _line(connection, body, prepaid, Today(caller.now, merchant.time_zone))
        standing = await standing_with(connection, prepaid, progress)
    rates = await rates_now(caller.service, community_id)
    (with_tax,) = taxed([line], rates, caller.now, merchant.time_zone)
    open_it = opening(
        checkout_id,
        prepaid.person_id,
        with_tax,
        merchant,
        return_url=body.return_url,
        origin=caller.service.settings.origin,
        at=caller.now,
    )
    last = prepaid.checkout_id
    begin = commands.OpenPrepaidCheckout(checkout_id, standing, last)
    leave = [leaving(last, prepaid.person_id)] if last and standing == "open" else []
    return await caller.ask(
        Ask(PREPAID, prepaid_of(prepaid.person_id), begin),
        *leave,
        open_it,
        community_id=community_id,
        mode=await mode_of(caller.service, prepaid.person_id),
        checkout_id=checkout_id,
    )


async def _line(connection: Any, body: GoOn, prepaid: Prepaid, today: Today) -> OfferLine:
    """One of the offer, from the day on, whatever trial it has."""
    offer = (await offers_among(connection, [prepaid.offer_id])).get(prepaid.offer_id)
    amount = body.amount.money() if body.amount else None
    line = line_of(offer, 1, amount, body.currency, "", today)
    return awaited(replace(line, trial_days=0), prepaid.until, today.at)


@router.post("/public/cards/{link}/pay", status_code=202, operation_id="give_prepaid_card")
async def give_prepaid_card(link: str, body: GiveCard, caller: Stranger) -> Written:
    """The card is kept, and charged first when what was paid elsewhere has run out."""
    door = await _door(link, caller)
    prepaid, community_id = door.prepaid, door.community_id
    progress = await progress_with(caller.service, community_id, prepaid)
    async with caller.read(community_id) as connection:
        standing = await standing_with(connection, prepaid, progress)
        agreements = await agreements_of(connection, prepaid.person_id)
    pay_it = commands.PayPrepaidCheckout(standing, prepaid.checkout_id)
    asks = [Ask(PREPAID, prepaid_of(prepaid.person_id), pay_it)]
    if prepaid.checkout_id is not None:
        pay = paying(
            prepaid.checkout_id,
            prepaid.person_id,
            Code(body.payment_method),
            caller.now,
            **agreeing(body, agreements),
        )
        asks.append(pay)
    return await caller.ask(*asks, community_id=community_id)


class Door(NamedTuple):
    """What a link opens: how one person goes on, and nothing else of theirs."""

    community_id: UUID
    prepaid: Prepaid


async def _door(link: str, caller: Caller) -> Door:
    opened = opened_by(caller, link, OF_CARD)
    prepaid = await prepaid_now(caller.service, opened.community_id, opened.subject)
    if prepaid is None:
        raise NotFound("prepaid_not_found", "There is nothing to go on with.")
    return Door(opened.community_id, prepaid)


async def _asked_for(connection: Any, prepaid: Prepaid) -> tuple[Standing, Paid | None] | None:
    """The checkout that was opened last, and its payment."""
    if prepaid.checkout_id is None:
        return None
    opened = await checkout_of(connection, prepaid.checkout_id, [prepaid.person_id])
    payment = await payment_by_id(connection, payment_of(prepaid.checkout_id))
    return (opened, payment) if opened else None


async def _card_needed(opened: Standing, payment: Paid | None, caller: Caller) -> CardNeeded:
    step = await step_of(opened, payment, caller.service.gateways)
    return CardNeeded(
        state=opened.state,
        due=MoneyValue.of(opened.due),
        problem=opened.problem,
        payment_intent=payment.intent if payment else None,
        client_secret=step.client_secret,
    )
