"""Publishing and retiring offers, and seeing what is for sale."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import AfterValidator, BaseModel, StringConstraints

from services.billing.offer import commands
from services.billing.offer.decider import OFFER
from services.billing.offer.events import Interval
from services.billing.offer.projections import Listed, offers_after
from shared.contracts.contract import MoneyValue
from shared.http import Body, Caller, Page, Written, needs, paging
from shared.ids import Label
from shared.reaction import Ask

router = APIRouter()

Organiser = Annotated[Caller, needs("offers.write", strict=True)]
Price = Annotated[MoneyValue, AfterValidator(lambda price: MoneyValue.of(price.money()))]


class PublishOffer(Body):
    name: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    price: Price
    interval: Interval
    trial_days: int = 0
    tier_id: UUID | None = None


class Offer(BaseModel):
    """`sellable` is false until the tier that it grants has been heard of."""

    offer_id: UUID
    name: str
    tier_id: UUID | None
    price: MoneyValue
    interval: Interval
    trial_days: int
    sellable: bool


class Offers(BaseModel):
    items: list[Offer]
    next: str | None


@router.post("/offers", status_code=201, operation_id="publish_offer")
async def publish_offer(body: PublishOffer, caller: Organiser) -> Written:
    offer_id = caller.new_id("offer")
    command = commands.PublishOffer(
        Label(body.name), body.price.money(), body.interval, body.trial_days, body.tier_id
    )
    return await caller.ask(Ask(OFFER, offer_id, command), offer_id=offer_id)


@router.post("/offers/{offer_id}/retirement", operation_id="retire_offer")
async def retire_offer(offer_id: UUID, caller: Organiser) -> Written:
    return await caller.ask(Ask(OFFER, offer_id, commands.RetireOffer()), offer_id=offer_id)


@router.get("/public/communities/{community_id}/offers", operation_id="list_offers")
async def list_offers(
    community_id: UUID,
    caller: Annotated[Caller, needs("public")],
    page: Annotated[Page, Depends(paging)],
) -> Offers:
    async with caller.read(community_id) as connection:
        found = await offers_after(connection, page.cursor(UUID), page.limit + 1)
    shown = [_shown(offer) for offer in found]
    return Offers(**page.answer(shown, key=lambda offer: offer.offer_id))


def _shown(offer: Listed) -> Offer:
    return Offer(
        offer_id=offer.offer_id,
        name=offer.name,
        tier_id=offer.tier_id,
        price=MoneyValue.of(offer.price),
        interval=offer.interval,
        trial_days=offer.trial_days,
        sellable=offer.sellable,
    )
