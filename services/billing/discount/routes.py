"""Giving out codes, taking them back, and seeing how often they were used."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, BaseModel, StringConstraints

from services.billing.discount import commands
from services.billing.discount.decider import DISCOUNT
from services.billing.discount.events import Deal, as_typed, discount_of
from services.billing.discount.projections import Given, discounts_after
from services.billing.offer.projections import offers_among
from shared.contracts.contract import MoneyValue
from shared.decider import Rejected
from shared.http import Body, Caller, Page, Written, needs, paging
from shared.ids import PersonId
from shared.reaction import Ask

router = APIRouter()

Organiser = Annotated[Caller, needs("offers.write", strict=True)]


class PublishDiscount(Body):
    """`percent`, or an amount for each currency; `periods` is how many payments have it, null for ever.

    Of `months` it is those payments that begin within so many, however long a period is; then `periods` says nothing.

    For `founders` it is the founder rate of its one offer, for ever: theirs without anybody typing the code.
    """

    code: Annotated[str, StringConstraints(max_length=100)]
    percent: int = 0
    amounts: tuple[MoneyValue, ...] = ()
    periods: int | None = 1
    months: int | None = None
    offers: tuple[UUID, ...] = ()
    persons: tuple[UUID, ...] = ()
    most: int | None = None
    most_per_person: int | None = None
    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None
    founders: bool = False


class Discount(BaseModel):
    """`held` are the checkouts that use it and are open, `redeemed` those that were paid."""

    discount_id: UUID
    code: str
    percent: int
    amounts: list[MoneyValue]
    periods: int | None
    months: int | None
    offers: list[UUID]
    persons: list[UUID]
    most: int | None
    most_per_person: int | None
    starts_at: AwareDatetime | None
    ends_at: AwareDatetime | None
    founders: bool
    held: int
    redeemed: int
    withdrawn: bool


class Discounts(BaseModel):
    items: list[Discount]
    next: str | None


@router.post("/discounts", status_code=201, operation_id="publish_discount")
async def publish_discount(body: PublishDiscount, caller: Organiser) -> Written:
    async with caller.read() as connection:
        known = await offers_among(connection, body.offers)
    for number, offer_id in enumerate(body.offers):
        if offer_id not in known:
            raise Rejected(
                "offer_not_found", "There is no such offer.", pointer=f"/offers/{number}"
            )
    code = as_typed(body.code)
    amounts = tuple(amount.money() for amount in body.amounts)
    command = commands.PublishDiscount(
        code,
        Deal(body.percent, amounts, body.periods, body.offers, body.months),
        tuple(PersonId(person_id) for person_id in body.persons),
        body.most,
        body.most_per_person,
        body.starts_at,
        body.ends_at,
        body.founders,
    )
    discount_id = discount_of(caller.community_id, code)
    return await caller.ask(Ask(DISCOUNT, discount_id, command), discount_id=discount_id)


@router.post("/discounts/{discount_id}/withdrawal", operation_id="withdraw_discount")
async def withdraw_discount(discount_id: UUID, caller: Organiser) -> Written:
    return await caller.ask(
        Ask(DISCOUNT, discount_id, commands.WithdrawDiscount()), discount_id=discount_id
    )


@router.get("/discounts", operation_id="list_discounts")
async def list_discounts(
    caller: Annotated[Caller, needs("sales.read")], page: Annotated[Page, Depends(paging)]
) -> Discounts:
    async with caller.read() as connection:
        found = await discounts_after(connection, page.cursor(UUID), page.limit + 1)
    shown = [_shown(given) for given in found]
    return Discounts(**page.answer(shown, key=lambda discount: discount.discount_id))


def _shown(given: Given) -> Discount:
    published, deal = given.published, given.published.deal
    return Discount(
        discount_id=given.discount_id,
        code=published.code,
        percent=deal.percent,
        amounts=[MoneyValue.of(amount) for amount in deal.amounts],
        periods=deal.periods,
        months=deal.months,
        offers=list(deal.offers),
        persons=list(published.persons),
        most=published.most,
        most_per_person=published.most_per_person,
        starts_at=published.starts_at,
        ends_at=published.ends_at,
        founders=published.founders,
        held=given.held,
        redeemed=given.redeemed,
        withdrawn=given.withdrawn,
    )
