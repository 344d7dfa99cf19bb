"""Publishing, pricing and retiring offers, and seeing what is for sale."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import AfterValidator, BaseModel, StringConstraints

from services.billing.offer import commands
from services.billing.offer.decider import OFFER
from services.billing.offer.events import MOST_OF_ONE, FixedYear, Interval, Price
from services.billing.offer.projections import Kind, Listed, Obstacle, offers_after
from shared.contracts.contract import MoneyValue
from shared.decider import Rejected
from shared.http import Body, Caller, Page, Written, needs, paging
from shared.ids import Label
from shared.reaction import Ask
from shared.visibility.gate import Visitor

router = APIRouter()

Organiser = Annotated[Caller, needs("offers.write", strict=True)]
Amount = Annotated[MoneyValue, AfterValidator(lambda price: MoneyValue.of(price.money()))]


class PriceAsked(Body):
    """In one currency. With a `minimum` the buyer names the price, and `amount` is suggested first."""

    amount: Amount
    setup_fee: Amount | None = None
    minimum: Amount | None = None
    presets: tuple[Amount, ...] = ()


class FixedYearDay(Body):
    """Every year begins on this day for everybody; who comes later pays for what is left (`prorata`) or for it all."""

    month: int
    day: int
    first: Literal["prorata", "full"] = "prorata"


class PublishOffer(Body):
    """`price` is short for one price of `prices`, fixed and in one currency. Where the quantity are `seats`, the buyer
    gives them to people, themselves among them or not. A trial that needs no card asks for one before it ends.
    """

    name: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    price: Amount | None = None
    prices: tuple[PriceAsked, ...] = ()
    interval: Interval
    every: int = 1
    trial_days: int = 0
    tier_id: UUID | None = None
    donation: bool = False
    fewest: int = 1
    most: int = MOST_OF_ONE
    content_id: UUID | None = None
    seats: bool = False
    year: FixedYearDay | None = None
    trial_needs_card: bool = True


class RepriceOffer(Body):
    prices: tuple[PriceAsked, ...]


class PriceShown(BaseModel):
    amount: MoneyValue
    setup_fee: MoneyValue | None
    minimum: MoneyValue | None
    presets: list[MoneyValue]


class Offer(BaseModel):
    """`sellable` is false until what it grants has been heard of, and `obstacle` says why. `price` is the first of
    `prices`.
    """

    offer_id: UUID
    name: str
    kind: Kind
    tier_id: UUID | None
    content_id: UUID | None
    price: MoneyValue
    prices: list[PriceShown]
    price_version: int
    interval: Interval
    every: int
    trial_days: int
    trial_needs_card: bool
    fewest: int
    most: int
    seats: bool
    year: FixedYearDay | None
    sellable: bool
    obstacle: Obstacle | None


class Offers(BaseModel):
    items: list[Offer]
    next: str | None


@router.post("/offers", status_code=201, operation_id="publish_offer")
async def publish_offer(body: PublishOffer, caller: Organiser) -> Written:
    if (body.price is None) == (not body.prices):
        raise Rejected("price_or_prices", "Name either `price` or `prices`.", pointer="/price")
    short = (PriceAsked(amount=body.price),) if body.price else ()
    command = commands.PublishOffer(
        Label(body.name),
        _prices(short or body.prices),
        body.interval,
        body.trial_days,
        body.tier_id,
        body.every,
        body.donation,
        body.fewest,
        body.most,
        body.content_id,
        body.seats,
        FixedYear(body.year.month, body.year.day, body.year.first) if body.year else None,
        body.trial_needs_card,
    )
    offer_id = caller.new_id("offer")
    return await caller.ask(Ask(OFFER, offer_id, command), offer_id=offer_id)


@router.post("/offers/{offer_id}/prices", operation_id="reprice_offer")
async def reprice_offer(offer_id: UUID, body: RepriceOffer, caller: Organiser) -> Written:
    command = commands.RepriceOffer(_prices(body.prices))
    return await caller.ask(Ask(OFFER, offer_id, command), offer_id=offer_id)


@router.post("/offers/{offer_id}/retirement", operation_id="retire_offer")
async def retire_offer(offer_id: UUID, caller: Organiser) -> Written:
    return await caller.ask(Ask(OFFER, offer_id, commands.RetireOffer()), offer_id=offer_id)


@router.get("/public/communities/{community_id}/offers", operation_id="list_offers")
async def list_offers(
    community_id: UUID, caller: Visitor, page: Annotated[Page, Depends(paging)]
) -> Offers:
    async with caller.read(community_id) as connection:
        found = await offers_after(connection, page.cursor(UUID), page.limit + 1)
    return Offers(**page.answer(list(map(_shown, found)), key=lambda offer: offer.offer_id))


def _prices(asked: tuple[PriceAsked, ...]) -> tuple[Price, ...]:
    return tuple(
        Price(
            price.amount.money(),
            price.setup_fee.money() if price.setup_fee else None,
            price.minimum.money() if price.minimum else None,
            tuple(preset.money() for preset in price.presets),
        )
        for price in asked
    )


def _shown(offer: Listed) -> Offer:
    prices = [
        PriceShown(
            amount=MoneyValue.of(price.amount),
            setup_fee=MoneyValue.of(price.setup_fee) if price.setup_fee else None,
            minimum=MoneyValue.of(price.minimum) if price.minimum is not None else None,
            presets=[MoneyValue.of(preset) for preset in price.presets],
        )
        for price in offer.prices
    ]
    return Offer(
        offer_id=offer.offer_id,
        name=offer.name,
        kind=offer.kind,
        tier_id=offer.tier_id,
        content_id=offer.content_id,
        price=prices[0].amount,
        prices=prices,
        price_version=offer.price_version,
        interval=offer.interval,
        every=offer.every,
        trial_days=offer.trial_days,
        trial_needs_card=offer.trial_needs_card,
        fewest=offer.fewest,
        most=offer.most,
        seats=offer.seats,
        year=_year(offer.year),
        sellable=offer.sellable,
        obstacle=offer.obstacle,
    )


def _year(year: FixedYear | None) -> FixedYearDay | None:
    return FixedYearDay(month=year.month, day=year.day, first=year.first) if year else None
