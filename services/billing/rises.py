"""Whose price may rise, from when, and what becomes of it: the rules that preview, announce and bill alike."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from services.billing.subscription import events
from services.billing.subscription.events import MONTHS, Rise, Spared, Terms, boundary
from shared.decider import Rejected

REMINDED_BEFORE = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Rising:
    """The rise that a payer was told of and that `waits`, if any; and those that are over, however that was."""

    waits: events.PriceRiseAnnounced | None = None
    agreed: bool = False
    recalled: bool = False
    over: frozenset[UUID] = frozenset()

    def applied_to(self, terms: Terms, at: datetime) -> Terms:
        """What a period that begins at `at` is for, where it would have been for `terms`."""
        waits = self._due(terms, at)
        if waits is None or (waits.rise.needs_consent and not self.agreed):
            return terms
        return _risen(terms, waits)

    def unanswered(self, terms: Terms, at: datetime) -> events.PriceRiseAnnounced | None:
        """The rise that would apply to a period that begins at `at`, had somebody agreed to it."""
        waits = self._due(terms, at)
        return waits if waits and waits.rise.needs_consent and not self.agreed else None

    def _due(self, terms: Terms, at: datetime) -> events.PriceRiseAnnounced | None:
        waits = self.waits
        is_due = waits is not None and at >= waits.applies_from and _is_older(terms, waits.rise)
        return waits if is_due else None


NO_RISE = Rising()


class Holding(NamedTuple):
    """As much of a running subscription as a rise depends on. Its periods end whole steps after `anchor`, `on` its day.

    `upcoming` is what the next period is for before any rise; `renewing` while that is being paid for.
    """

    terms: Terms
    upcoming: Terms
    anchor: datetime
    ends_at: datetime
    rising: Rising
    by_hand: bool = False
    cancelling: bool = False
    paused: bool = False
    changing: bool = False
    renewing: bool = False
    on: int | None = None


def spared(holding: Holding, rise: Rise) -> Spared | None:
    """Why it is left out; None where its price rises."""
    terms, price = holding.terms, rise.price_in(holding.terms.price.currency)
    reasons: tuple[tuple[Spared, bool], ...] = (
        ("changed", terms.offer_id != rise.offer_id),
        ("has_the_price", not _is_older(terms, rise)),
        ("donation", terms.charged_for == "donation"),
        ("fixed_year", terms.year is not None),
        ("discount_for_ever", terms.reduction is not None and terms.reduction.periods is None),
        ("no_fixed_price", price is None),
        ("not_dearer", price is not None and price <= terms.price),
        ("by_hand", holding.by_hand),
        ("cancelling", holding.cancelling),
        ("paused", holding.paused),
        ("changing", holding.changing),
        ("rising_already", holding.rising.waits is not None),
    )
    return next((reason for reason, holds in reasons if holds), None)


def first_due(holding: Holding, applies_from: datetime) -> datetime:
    """The beginning of the first period, from the next one on, that is not before `applies_from`."""
    terms, anchor = holding.terms, holding.anchor
    target = max(holding.ends_at, applies_from)
    if terms.interval == "week":
        passed = (target - anchor) // timedelta(weeks=terms.every)
    else:
        zone = ZoneInfo(terms.time_zone)
        since, until = anchor.astimezone(zone), target.astimezone(zone)
        months = (until.year - since.year) * 12 + until.month - since.month
        passed = months // (terms.every * MONTHS[terms.interval])
    numbers = count(max(passed - 1, 0))
    ends = (boundary(anchor, terms, number, holding.on) for number in numbers)
    return next(end for end in ends if end >= target)


def raised(terms: Terms, rise: Rise) -> Terms:
    """The same at the rise's price; itself where that has none in its currency."""
    price = rise.price_in(terms.price.currency)
    return replace(terms, price=price, price_version=rise.price_version) if price else terms


def announced(holding: Holding, rise: Rise, at: datetime) -> list[events.SubscriptionEvent]:
    """Who is told at `at` has the whole notice before them, however late that is."""
    terms, rising = holding.terms, holding.rising
    waits = rising.waits is not None and rising.waits.rise.rise_id == rise.rise_id
    if waits or rise.rise_id in rising.over:
        return []
    if reason := spared(holding, rise):
        return [events.PriceRiseDropped(terms, rise.rise_id, reason, told=None)]
    applies_from = max(rise.effective_from, at + timedelta(days=rise.notice_days))
    due = first_due(holding, applies_from)
    to = raised(terms, rise)
    return [events.PriceRiseAnnounced(terms, rise, to, applies_from, due, due - REMINDED_BEFORE)]


def accepted(holding: Holding) -> list[events.SubscriptionEvent]:
    waits = holding.rising.waits
    if waits is None:
        raise Rejected("no_price_rise", "Its price does not rise.")
    if holding.rising.agreed:
        return []
    return [events.PriceRiseAccepted(holding.terms, waits.rise.rise_id)]


def recalled(holding: Holding, at: datetime) -> list[events.SubscriptionEvent]:
    """A reminder, once, a week before it is paid; nothing while there is no knowing when that is, or whether."""
    rising, waits = holding.rising, holding.rising.waits
    if waits is None or rising.recalled or holding.paused or holding.cancelling:
        return []
    due = first_due(holding, waits.applies_from)
    if at >= due or not _is_older(holding.upcoming, waits.rise):
        return []
    if at < due - REMINDED_BEFORE:
        return [events.PriceRiseDeferred(waits.rise.rise_id, due - REMINDED_BEFORE)]
    to = _risen(holding.upcoming, waits)
    return [events.PriceRiseRecalled(holding.terms, waits.rise, to, due, rising.agreed)]


def withdrawn(holding: Holding, rise_id: UUID) -> list[events.SubscriptionEvent]:
    """Not what is being paid at the new price already; who has not been told yet will not be."""
    terms, waits = holding.terms, holding.rising.waits
    if rise_id in holding.rising.over:
        return []
    told = waits.rise if waits and waits.rise.rise_id == rise_id else None
    if waits and told and holding.renewing and holding.ends_at >= waits.applies_from:
        return []
    return [events.PriceRiseDropped(terms, rise_id, "withdrawn", told)]


def with_its_rise(
    terms: Terms, rising: Rising, decided: Sequence[events.SubscriptionEvent]
) -> list[events.SubscriptionEvent]:
    """What else happens to the rise that waits when this happens to the subscription."""
    waits = rising.waits
    if waits is None or any(isinstance(event, events.PriceRiseDropped) for event in decided):
        return [*decided]
    rise, now = waits.rise, terms
    for event in decided:
        match event:
            case events.SubscriptionEnded():
                return [events.PriceRiseDropped(terms, rise.rise_id, "ended", rise), *decided]
            case (
                events.SubscriptionChanged()
                | events.SubscriptionRenewed()
                | events.SubscriptionActivated()
            ):
                now = event.terms
    if _is_older(now, rise):
        return [*decided]
    if (now.offer_id, now.price_version) == (rise.offer_id, rise.price_version):
        return [*decided, events.PriceRiseApplied(terms, now, rise.rise_id)]
    return [*decided, events.PriceRiseDropped(now, rise.rise_id, "changed", rise)]


def evolve(rising: Rising, event: events.SubscriptionEvent) -> Rising:
    match event:
        case events.PriceRiseAnnounced():
            return Rising(event, over=rising.over)
        case events.PriceRiseAccepted():
            return replace(rising, agreed=True)
        case events.PriceRiseRecalled():
            return replace(rising, recalled=True)
        case events.PriceRiseApplied(rise_id=rise_id) | events.PriceRiseDropped(rise_id=rise_id):
            over = rising.over | {rise_id}
            is_it = rising.waits is not None and rising.waits.rise.rise_id == rise_id
            return Rising(over=over) if is_it else replace(rising, over=over)
        case _:
            return rising


def _is_older(terms: Terms, rise: Rise) -> bool:
    return terms.offer_id == rise.offer_id and terms.price_version < rise.price_version


def _risen(terms: Terms, told: events.PriceRiseAnnounced) -> Terms:
    return replace(terms, price=told.to.price, price_version=told.to.price_version)
