"""What is known of a subscription: of one that runs, of the period being paid for, and of one that has ended."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from services.billing.payer.events import Instrument
from services.billing.payment.events import Reversal
from services.billing.policy.events import USUAL, Dunning
from services.billing.proration import billed
from services.billing.rises import NO_RISE, Holding, Rising
from services.billing.subscription import events
from services.billing.subscription.events import EndReason, Period, Standing, Terms, boundary
from shared.ids import Code, derive
from shared.money import Money


@dataclass(frozen=True, slots=True)
class Renewal:
    """The period that is being paid for. It is past due `since` its first decline."""

    terms: Terms
    period: Period
    payment_id: UUID
    attempt: int
    instrument: Instrument
    due: Money
    in_flight: bool = True
    since: datetime | None = None
    dunning: Dunning = USUAL
    unpaid: bool = False


class Held(NamedTuple):
    """Why what it grants is withheld: a dispute, or money that has not come."""

    cause: events.SuspensionCause
    dispute: Code | None = None


class Upgrade(NamedTuple):
    """What was had before a change within the period, by whose payment alone more is had since."""

    payment_id: UUID
    before: Terms

    @property
    def undoing(self) -> UUID:
        """The change back."""
        return derive(self.payment_id, "undone")


@dataclass(frozen=True, slots=True)
class Running:
    """On trial while no period is paid; `ends_at` is the end of the trial, or of what is paid.

    Periods are counted from `anchor`, at which so many were over, and end `on` a day of the month where that is not its
    own. `worth` was billed for the one that runs; `balance` is what changes left for the next bill. Money of `unwanted`
    payments goes back, should it come. The period that runs may have been charged `elsewhere`, and its last change may
    be an `upgrade`. So much of each payment it is `paid_by`, and so much of each is in a balance to be given back, as
    `credit`.
    """

    terms: Terms
    instrument: Instrument
    anchor: datetime
    begins_at: datetime
    ends_at: datetime
    worth: Money
    balance: Money
    periods: int = 0
    anchored: int = 0
    on: int | None = None
    cancelling: bool = False
    renewal: Renewal | None = None
    pending: events.ChangeScheduled | events.ChangeBilled | None = None
    unwanted: Mapping[UUID, Money] = field(default_factory=dict)
    paused: events.SubscriptionPaused | None = None
    paid_by: Mapping[UUID, Money] = field(default_factory=dict)
    credit: Mapping[UUID, Money] = field(default_factory=dict)
    refunded: frozenset[UUID] = frozenset()
    disputes: Mapping[Code, Reversal] = field(default_factory=dict)
    held: frozenset[Held] = frozenset()
    rising: Rising = NO_RISE
    elsewhere: bool = False
    upgrade: Upgrade | None = None
    told: events.DebitAnnounced | None = None

    @property
    def is_disputed(self) -> bool:
        """Nobody charges who is asking for it back."""
        return any(held.cause == "disputed" for held in self.held)

    @property
    def wanted(self) -> Terms:
        """What the next period is for before its price rises."""
        pending = self.pending
        return pending.to if isinstance(pending, events.ChangeScheduled) else self.terms

    @property
    def upcoming(self) -> Terms:
        """What the next period is for."""
        return self.rising.applied_to(self.wanted, self.ends_at)

    @property
    def next_period(self) -> Period:
        """The one after those that are paid, counted anew where periods become longer or shorter."""
        terms = self.upcoming
        if terms.pace != self.terms.pace:
            return Period(self.ends_at, boundary(self.ends_at, terms, 1, self.day_beyond))
        number = self.periods + 1 - self.anchored
        return Period(self.ends_at, boundary(self.anchor, terms, number, self.on))

    @property
    def day_beyond(self) -> int | None:
        """The day that the period which runs was to end on, where its month is too short."""
        return events.day_beyond(self.ends_at, self.anchor, self.terms, self.on)

    @property
    def due(self) -> Money:
        """What is to be paid for the period after those that are paid, with what changes left."""
        return billed(self.upcoming.due(self.periods + 1), self.balance)

    @property
    def end_of_paid(self) -> datetime:
        """The end of what is paid, or is being paid for."""
        return self.renewal.period.end if self.renewal else self.ends_at

    @property
    def left_at_end(self) -> Money:
        """What changes leave if nothing is renewed but what is being paid for."""
        renewal = self.renewal
        carried = renewal.due - renewal.terms.due(self.periods + 1) if renewal else None
        return self.balance - carried if carried else self.balance

    @property
    def standing(self) -> Standing:
        period = Period(self.begins_at, self.ends_at)
        return Standing(self.terms, period, self.periods, self.worth, self.balance, self.day_beyond)

    @property
    def holding(self) -> Holding:
        return Holding(
            self.terms,
            self.wanted,
            self.anchor,
            self.ends_at,
            self.rising,
            by_hand=self.instrument.is_by_hand,
            cancelling=self.cancelling,
            paused=self.paused is not None,
            changing=self.pending is not None,
            renewing=self.renewal is not None,
            on=self.on,
        )


@dataclass(frozen=True, slots=True)
class Ended:
    """`paid_until` is the end of what had been paid for, or of the trial. By one of `asked_back_by` it is won back.

    So much of each payment is kept as `credit` for who does, and was handed to them once it is `won_back`.
    """

    terms: Terms
    unpaid: UUID | None
    amount: Money
    reason: EndReason
    paid_until: datetime
    won_back: UUID | None = None
    asked_back_by: tuple[UUID, ...] = ()
    credit: Mapping[UUID, Money] = field(default_factory=dict)
    unwanted: Mapping[UUID, Money] = field(default_factory=dict)
    rising: Rising = NO_RISE


Subscription = Running | Ended | None
Events = list[events.SubscriptionEvent]
