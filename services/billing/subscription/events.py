"""What happened to a subscription."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

from services.billing.checkout.events import OfferLine
from services.billing.offer.events import Interval
from services.billing.payer.events import Instrument
from shared.ids import Code, PersonId, derive
from shared.money import Money

Source = Literal["subscription", "donation"]
EndReason = Literal["voluntary", "payment_failed", "erased"]


def subscription_of(order_id: UUID, offer_id: UUID) -> UUID:
    """The subscription that an order began."""
    return derive(order_id, "subscription", str(offer_id))


def period_payment_of(subscription_id: UUID, start: datetime) -> UUID:
    """The one payment of the period that begins at `start`."""
    return derive(subscription_id, "period", start.astimezone(UTC).isoformat())


@dataclass(frozen=True, slots=True)
class Terms:
    """Who subscribes to what, at the price of the day they began, in the community's time zone."""

    person_id: PersonId
    offer_id: UUID
    tier_id: UUID | None
    price: Money
    interval: Interval
    quantity: int
    time_zone: Code
    every: int = 1
    charged_for: Source = "subscription"
    price_version: int = 1

    @property
    def amount(self) -> Money:
        return self.price * self.quantity


def terms_of(person_id: PersonId, line: OfferLine, time_zone: Code) -> Terms:
    """What a line of a basket becomes when it is paid."""
    return Terms(
        person_id,
        line.offer_id,
        line.tier_id,
        line.price,
        line.interval,
        line.quantity,
        time_zone,
        line.every,
        "donation" if line.donation else "subscription",
        line.price_version,
    )


@dataclass(frozen=True, slots=True)
class Period:
    """What one payment pays for: from `start` until just before `end`."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class TrialStarted:
    """Nothing is charged until the trial ends."""

    terms: Terms
    instrument: Instrument
    trial_ends_at: datetime


@dataclass(frozen=True, slots=True)
class SubscriptionActivated:
    """The first period is paid."""

    terms: Terms
    instrument: Instrument
    period: Period


@dataclass(frozen=True, slots=True)
class RenewalStarted:
    """The next period is to be charged; `attempt` counts from 1."""

    terms: Terms
    instrument: Instrument
    period: Period
    payment_id: UUID
    attempt: int


@dataclass(frozen=True, slots=True)
class RenewalDeclined:
    """An attempt failed; it is tried again at `retry_at`, or else given up at `gives_up_at`."""

    payment_id: UUID
    attempt: int
    code: Code
    since: datetime
    retry_at: datetime | None
    gives_up_at: datetime


@dataclass(frozen=True, slots=True)
class SubscriptionRenewed:
    """The next period is paid."""

    terms: Terms
    period: Period


@dataclass(frozen=True, slots=True)
class SubscriptionPastDue:
    """A renewal was declined; the person has time until it is given up."""

    terms: Terms


@dataclass(frozen=True, slots=True)
class SubscriptionRecovered:
    """What was past due is paid after all."""

    terms: Terms


@dataclass(frozen=True, slots=True)
class InstrumentReplaced:
    """Later charges use this instrument."""

    instrument: Instrument


@dataclass(frozen=True, slots=True)
class CancellationScheduled:
    """It ends at `ends_at` unless the cancellation is withdrawn."""

    terms: Terms
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class CancellationWithdrawn:
    """It goes on."""

    terms: Terms


@dataclass(frozen=True, slots=True)
class SubscriptionEnded:
    """It is over. `unpaid` is the payment that was being collected, which is no longer wanted."""

    terms: Terms
    reason: EndReason
    was_paying: bool
    unpaid: UUID | None


@dataclass(frozen=True, slots=True)
class LateRenewalPaid:
    """Money came for a period after the end; it goes back."""

    payment_id: UUID
    amount: Money
    charged_for: Source = "subscription"


SubscriptionEvent = (
    TrialStarted
    | SubscriptionActivated
    | RenewalStarted
    | RenewalDeclined
    | SubscriptionRenewed
    | SubscriptionPastDue
    | SubscriptionRecovered
    | InstrumentReplaced
    | CancellationScheduled
    | CancellationWithdrawn
    | SubscriptionEnded
    | LateRenewalPaid
)
