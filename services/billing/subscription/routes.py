"""Seeing subscriptions, cancelling them, and thinking better of it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, BaseModel

from services.billing.discount.events import Reduction
from services.billing.offer.events import Interval
from services.billing.subscription import commands
from services.billing.subscription.decider import SUBSCRIPTION
from services.billing.subscription.events import EndReason
from services.billing.subscription.projections import Subscribed, subscriptions_after
from shared.contracts.contract import MoneyValue
from shared.http import Caller, Page, Written, needs, paging
from shared.ids import PersonId
from shared.reaction import Ask

router = APIRouter()

Member = Annotated[Caller, needs("person")]


class Discount(BaseModel):
    """What is taken off a payment, and of how many more; null is of all."""

    discount_id: UUID
    percent: int
    amount: MoneyValue | None
    payments_left: int | None


class Subscription(BaseModel):
    """`payment_id` is what is being collected for the next period, if anything is; `next_due` is what it costs."""

    subscription_id: UUID
    version: int
    person_id: UUID
    offer_id: UUID
    tier_id: UUID | None
    price: MoneyValue
    interval: Interval
    every: int
    price_version: int
    quantity: int
    next_due: MoneyValue
    discount: Discount | None
    state: str
    began_at: AwareDatetime
    runs_until: AwareDatetime
    cancels_at: AwareDatetime | None
    ended_for: EndReason | None
    payment_id: UUID | None


class Subscriptions(BaseModel):
    items: list[Subscription]
    next: str | None


@router.get("/subscriptions", operation_id="list_my_subscriptions")
async def list_my_subscriptions(
    caller: Member, page: Annotated[Page, Depends(paging)]
) -> Subscriptions:
    return await _list(caller, page, caller.person_id)


@router.get("/staff/subscriptions", operation_id="list_subscriptions")
async def list_subscriptions(
    caller: Annotated[Caller, needs("sales.read")], page: Annotated[Page, Depends(paging)]
) -> Subscriptions:
    return await _list(caller, page, None)


@router.post("/subscriptions/{subscription_id}/cancellation", operation_id="schedule_cancellation")
async def schedule_cancellation(subscription_id: UUID, caller: Member) -> Written:
    command = commands.ScheduleCancellation(PersonId(caller.person_id))
    return await caller.ask(
        Ask(SUBSCRIPTION, subscription_id, command), subscription_id=subscription_id
    )


@router.delete(
    "/subscriptions/{subscription_id}/cancellation", operation_id="withdraw_cancellation"
)
async def withdraw_cancellation(subscription_id: UUID, caller: Member) -> Written:
    command = commands.WithdrawCancellation(PersonId(caller.person_id))
    return await caller.ask(
        Ask(SUBSCRIPTION, subscription_id, command), subscription_id=subscription_id
    )


@router.post("/subscriptions/{subscription_id}/end", operation_id="cancel_now")
async def cancel_now(
    subscription_id: UUID, caller: Annotated[Caller, needs("subscriptions.write", strict=True)]
) -> Written:
    return await caller.ask(
        Ask(SUBSCRIPTION, subscription_id, commands.CancelNow()), subscription_id=subscription_id
    )


async def _list(caller: Caller, page: Page, person_id: UUID | None) -> Subscriptions:
    async with caller.read() as connection:
        found = await subscriptions_after(connection, page.cursor(UUID), page.limit + 1, person_id)
    shown = [_shown(subscription) for subscription in found]
    return Subscriptions(**page.answer(shown, key=lambda one: one.subscription_id))


def _shown(subscribed: Subscribed) -> Subscription:
    terms = subscribed.terms
    return Subscription(
        subscription_id=subscribed.subscription_id,
        version=subscribed.version,
        person_id=terms.person_id,
        offer_id=terms.offer_id,
        tier_id=terms.tier_id,
        price=MoneyValue.of(terms.price),
        interval=terms.interval,
        every=terms.every,
        price_version=terms.price_version,
        quantity=terms.quantity,
        next_due=MoneyValue.of(terms.due(subscribed.periods + 1)),
        discount=_discount(terms.reduction, subscribed.periods),
        state=subscribed.state,
        began_at=subscribed.began_at,
        runs_until=subscribed.runs_until,
        cancels_at=subscribed.cancels_at,
        ended_for=subscribed.ended_for,
        payment_id=subscribed.payment_id,
    )


def _discount(reduction: Reduction | None, paid: int) -> Discount | None:
    if reduction is None:
        return None
    left = None if reduction.periods is None else max(0, reduction.periods - paid)
    return Discount(
        discount_id=reduction.discount_id,
        percent=reduction.percent,
        amount=MoneyValue.of(reduction.amount) if reduction.amount else None,
        payments_left=left,
    )
