"""A subscription as the creator's own billing keeps it, and what stands in the way of taking it over; pure."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from services.billing.discount.events import Reduction
from services.billing.offer.events import Interval
from services.billing.subscription.events import (
    MONTHS,
    Brought,
    Period,
    Terms,
    boundary,
    periods_until,
)
from shared.ids import Code, PersonId
from shared.money import Money

Status = Literal[
    "active",
    "trialing",
    "past_due",
    "unpaid",
    "incomplete",
    "incomplete_expired",
    "paused",
    "canceled",
]
"""As Stripe says it (docs.stripe.com/api/subscriptions/object)."""

GONE: frozenset[Status] = frozenset({"canceled", "incomplete_expired"})

Oddity = Literal[
    "several_items",
    "metered",
    "odd_price",
    "invoiced",
    "on_hold",
    "scheduled",
    "coupon_not_carried",
    "taxed",
    "customer_balance",
]
"""What ours has no words for: such a subscription stays where it is."""

Obstacle = Literal[
    Oddity,
    "not_paid",
    "on_trial",
    "ends_there",
    "no_card",
    "person_unknown",
    "price_unmapped",
    "offer_unfit",
    "twice",
    "subscribed_here",
]
Remark = Literal["grandfathered", "card_expires", "discounted"]


@dataclass(frozen=True, slots=True)
class Rebate:
    """What a coupon takes off: of the next payment, of those that begin before `until`, or of all."""

    coupon: Code
    percent: int
    amount: Money | None
    lasts: Literal["once", "until", "forever"]
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Theirs:
    """A subscription there: `amount` of a unit each `every` intervals, charged until `period_end`.

    `ends` when it was told not to go on, by us where it names our `takeover_id`. A card is good until some day.
    """

    subscription: Code
    customer: Code
    status: Status
    price: Code
    amount: Money
    interval: Literal["day", "week", "month", "year"]
    every: int
    quantity: int
    began_at: datetime
    anchor: datetime
    period_start: datetime
    period_end: datetime
    ends: bool = False
    ended_at: datetime | None = None
    payment_method: Code | None = None
    good_until: date | None = None
    rebate: Rebate | None = None
    oddities: tuple[Oddity, ...] = ()
    takeover_id: UUID | None = None

    @property
    def is_gone(self) -> bool:
        return self.status in GONE

    @property
    def period(self) -> Period:
        return Period(self.period_start, self.period_end)


@dataclass(frozen=True, slots=True)
class Target:
    """The offer that a price becomes, with its own `price` in that currency, if it has one.

    It `fits` where it recurs and is for the payer alone.
    """

    offer_id: UUID
    tier_id: UUID | None
    interval: Interval
    every: int
    price: Money | None
    price_version: int
    fits: bool


def obstacles(
    theirs: Theirs,
    person_id: PersonId | None,
    target: Target | None,
    *,
    twice: bool,
    subscribed: bool,
) -> tuple[Obstacle, ...]:
    """Why it stays where it is, all of it; nothing for what can be taken over."""
    found: dict[Obstacle, bool] = {
        "not_paid": theirs.status not in ("active", "trialing"),
        "on_trial": theirs.status == "trialing",
        "ends_there": theirs.ends,
        "no_card": theirs.payment_method is None,
        "person_unknown": person_id is None,
        "price_unmapped": target is None,
        "offer_unfit": target is not None and not _fits(theirs, target),
        "twice": twice,
        "subscribed_here": subscribed,
    }
    return (*theirs.oddities, *(name for name, is_so in found.items() if is_so))


def remarks(theirs: Theirs, target: Target | None) -> tuple[Remark, ...]:
    """What staff should know of one that can be taken over all the same."""
    found: dict[Remark, bool] = {
        "grandfathered": target is not None and target.price != theirs.amount,
        "card_expires": bool(theirs.good_until and theirs.good_until <= theirs.period_end.date()),
        "discounted": theirs.rebate is not None,
    }
    return tuple(name for name, is_so in found.items() if is_so)


def _fits(theirs: Theirs, target: Target) -> bool:
    return target.fits and _pace(theirs.interval, theirs.every) == _pace(
        target.interval, target.every
    )


def _pace(interval: str, every: int) -> tuple[str, int]:
    months = MONTHS.get(interval)
    return ("month", months * every) if months else (interval, every)


def terms_after(
    theirs: Theirs, person_id: PersonId, target: Target, time_zone: Code, discount_id: UUID
) -> Terms:
    """What it becomes here, at the amount it has there: version 0 where nobody else could buy it at that."""
    terms = Terms(
        person_id,
        target.offer_id,
        target.tier_id,
        theirs.amount,
        target.interval,
        theirs.quantity,
        time_zone,
        target.every,
        price_version=target.price_version if target.price == theirs.amount else 0,
    )
    return replace(terms, reduction=reduction_after(theirs, terms, discount_id))


def reduction_after(theirs: Theirs, terms: Terms, discount_id: UUID) -> Reduction | None:
    """What a coupon still takes off here, where the period that is paid there counts as the first."""
    rebate = theirs.rebate
    if rebate is None:
        return None
    left: int | None = 1
    if rebate.lasts == "forever":
        left = None
    elif rebate.until is not None:
        left = 0
        number = periods_until(theirs.anchor, theirs.period_end, terms)
        while boundary(theirs.anchor, terms, number + left) < rebate.until:
            left += 1
    if left == 0:
        return None
    periods = None if left is None else left + 1
    return Reduction(discount_id, rebate.percent, rebate.amount, periods)


def brought(theirs: Theirs) -> Brought:
    """Where ours goes on: in the period that runs there, and in the series of its anchor."""
    return Brought(theirs.period, theirs.anchor, theirs.began_at)
