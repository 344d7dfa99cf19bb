"""What happened to a subscription."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from services.billing.checkout.events import OfferLine
from services.billing.discount.events import Reduction
from services.billing.offer.events import FixedYear, Interval
from services.billing.payer.events import Instrument, Mandate
from services.billing.payment.events import MoneyLine, Reversal
from services.billing.policy.events import Dunning
from shared.ids import Code, Label, PersonId, derive
from shared.money import Money

Source = Literal["subscription", "donation"]
EndReason = Literal[
    "voluntary", "payment_failed", "refunded", "disputed", "migrated", "erased", "banned"
]
SuspensionCause = Literal["disputed", "unpaid"]

WINNABLE: frozenset[EndReason] = frozenset({"voluntary", "payment_failed"})
"""Who left by themselves, or by a card that failed, may come back; who had their money back may not."""

DEBIT_NOTICE = timedelta(days=14)
"""So long before a debit its payer is told, or when the period begins, where that is shorter.

The rulebook of SEPA's core scheme wants 14 days where nothing else was agreed; Stripe's mandate agrees to two
(docs.stripe.com/payments/sepa-debit).
"""

TO_CONFIRM = Code("authentication_required")
"""Why a payment is declined whose payer's bank wants them to be there."""

ChangeMode = Literal["invoice", "prorate", "reset", "next_period", "none"]
DropReason = Literal[
    "replaced",
    "withdrawn",
    "declined",
    "lapsed",
    "renewed",
    "cancelled",
    "paused",
    "ended",
    "reversed",
]

# Who counts days in another zone has the same boundary up to a day, and to an hour of summer.
SAME_BOUNDARY = timedelta(days=2)

MONTHS = {"month": 1, "quarter": 3, "year": 12}

Otherwise = Literal["keep", "end"]
Spared = Literal[
    "ended",
    "changed",
    "has_the_price",
    "donation",
    "fixed_year",
    "discount_for_ever",
    "no_fixed_price",
    "not_dearer",
    "by_hand",
    "cancelling",
    "paused",
    "changing",
    "rising_already",
]
"""Why a subscription is left out of a price rise."""

RiseDropReason = Literal[Spared, "not_agreed", "withdrawn"]


def returns_until(reason: EndReason | None, paid_until: datetime, days: int) -> datetime | None:
    """How long who is gone may come back at the price they had; None for who may not."""
    return paid_until + timedelta(days=days) if reason in WINNABLE else None


def subscription_of(order_id: UUID, offer_id: UUID) -> UUID:
    """The subscription that an order began."""
    return derive(order_id, "subscription", str(offer_id))


def period_payment_of(subscription_id: UUID, start: datetime) -> UUID:
    """The one payment of the period that begins at `start`."""
    return derive(subscription_id, "period", start.astimezone(UTC).isoformat())


def change_payment_of(change_id: UUID) -> UUID:
    """The one payment of a change."""
    return derive(change_id, "payment")


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
    reduction: Reduction | None = None
    for_others: bool = False
    year: FixedYear | None = None

    @property
    def seats(self) -> int:
        """For how many people it is; 0 where all of it is the payer's own."""
        return self.quantity if self.for_others else 0

    @property
    def amount(self) -> Money:
        """What a period costs before anything is taken off."""
        return self.price * self.quantity

    @property
    def pace(self) -> tuple[Interval, int]:
        """How long a period is."""
        return self.interval, self.every

    def due(self, number: int) -> Money:
        """What is paid for period `number`, which counts from 1: the same however often it is tried."""
        return (
            self.amount - self.reduction.off(self.amount, number) if self.reduction else self.amount
        )

    @property
    def recurring(self) -> Money:
        """What a period brings for good: what is taken off for a time only does not lower it."""
        for_ever = self.reduction is not None and self.reduction.periods is None
        return self.due(1) if for_ever else self.amount


def day_of_year(terms: Terms) -> tuple[int, int] | None:
    """The month and day on which its year begins for everybody."""
    return (terms.year.month, terms.year.day) if terms.year else None


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
        line.reduction,
        line.seats,
        line.year,
    )


def boundary(anchor: datetime, terms: Terms, number: int, on: int | None = None) -> datetime:
    """The end of period `number`: the day `on`, which is the anchor's own, or the last of a shorter month."""
    local = anchor.astimezone(ZoneInfo(terms.time_zone))
    if terms.interval == "week":
        return (local + timedelta(weeks=number * terms.every)).astimezone(UTC)
    months = local.month - 1 + number * terms.every * MONTHS[terms.interval]
    year, month = local.year + months // 12, months % 12 + 1
    day = min(on or local.day, monthrange(year, month)[1])
    return local.replace(year=year, month=month, day=day).astimezone(UTC)


def day_beyond(end: datetime, anchor: datetime, terms: Terms, on: int | None) -> int | None:
    """The day that periods end on where the month of `end` is too short for it: it is not forgotten there."""
    if terms.interval == "week":
        return None
    zone = ZoneInfo(terms.time_zone)
    local, day = end.astimezone(zone), on or anchor.astimezone(zone).day
    return day if local.day == monthrange(local.year, local.month)[1] < day else None


def periods_until(anchor: datetime, end: datetime, terms: Terms) -> int:
    """How many periods of the anchor's series are over at `end`; none where the anchor itself is the end."""
    number = 0
    while boundary(anchor, terms, number) + SAME_BOUNDARY < end:
        number += 1
    return number


@dataclass(frozen=True, slots=True)
class Period:
    """What one payment pays for: from `start` until just before `end`."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Brought:
    """It began elsewhere, and goes on in the period that was charged there, and in the series of its `anchor`."""

    period: Period
    anchor: datetime
    began_at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """What a change starts from: the period that runs, which is so many, and what was billed for it.

    `balance` is what earlier changes left for the next bill: owed, or to be given back where it is negative. Where its
    month is too short, the period was to end `on` a later day.
    """

    terms: Terms
    period: Period
    number: int
    worth: Money
    balance: Money
    on: int | None = None


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """What is given back of a price for the rest of a period (negative), or charged of another; never a sum of two."""

    kind: Literal["credit", "debit"]
    amount: Money
    offer_id: UUID
    price_version: int
    quantity: int
    period: Period


@dataclass(frozen=True, slots=True)
class Change:
    """What a subscription becomes, worked out when it was asked for: what is shown, billed and applied is one thing.

    `period` runs once it is applied, and `worth` was billed for it. `due` is charged at once, with what was `carried`
    from earlier changes. Where there is an `anchor`, periods are counted from it, and end `on` this day of the month
    where it is not the anchor's own.
    """

    change_id: UUID
    to: Terms
    mode: ChangeMode
    lines: tuple[ChangeLine, ...]
    period: Period
    worth: Money
    carried: Money
    due: Money
    anchor: datetime | None = None
    on: int | None = None

    @property
    def left(self) -> Money:
        """What the change adds to the next bill."""
        return sum((line.amount for line in self.lines), -self.due)


@dataclass(frozen=True, slots=True)
class TrialStarted:
    """Nothing is charged until the trial ends; `awaited` where that is the day on which something else costs."""

    terms: Terms
    instrument: Instrument
    trial_ends_at: datetime
    awaited: bool = False


@dataclass(frozen=True, slots=True)
class CardAwaited:
    """It is tried without a card; what comes after `until` needs one."""

    until: datetime


@dataclass(frozen=True, slots=True)
class CardMissed:
    """The trial ends soon, and there is still no card."""

    until: datetime


@dataclass(frozen=True, slots=True)
class CardRequested:
    """Who tries it is asked for a card, by a `link`: `amount` is due when the trial ends."""

    terms: Terms
    amount: Money
    until: datetime
    link: Code


@dataclass(frozen=True, slots=True)
class TrialCardGiven:
    """Who began it without a card has given one, which has had its trial with it."""

    terms: Terms
    instrument: Instrument


@dataclass(frozen=True, slots=True)
class TrialPutOff:
    """That day is a later one."""

    terms: Terms
    trial_ends_at: datetime


@dataclass(frozen=True, slots=True)
class SubscriptionActivated:
    """The first period is paid, with what was due for it; `carried` of that is of earlier changes."""

    terms: Terms
    instrument: Instrument
    period: Period
    paid: Money | None = None
    carried: Money | None = None
    payment_id: UUID | None = None
    brought: Brought | None = None


@dataclass(frozen=True, slots=True)
class RenewalStarted:
    """The next period is to be charged; `attempt` counts from 1."""

    terms: Terms
    instrument: Instrument
    period: Period
    payment_id: UUID
    attempt: int
    due: Money | None = None

    @property
    def amount(self) -> Money:
        return self.terms.amount if self.due is None else self.due


@dataclass(frozen=True, slots=True)
class RenewalDeclined:
    """An attempt failed; it is tried again at `retry_at`, or else given up at `gives_up_at`.

    The seller's policy of the first decline holds for all that follow it.
    """

    payment_id: UUID
    attempt: int
    code: Code
    since: datetime
    retry_at: datetime | None
    gives_up_at: datetime
    dunning: Dunning | None = None


@dataclass(frozen=True, slots=True)
class SubscriptionRenewed:
    """The next period is paid, with what was due for it; `carried` of that is of earlier changes.

    Where it was charged `elsewhere`, nobody is charged here.
    """

    terms: Terms
    period: Period
    paid: Money | None = None
    carried: Money | None = None
    elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class SubscriptionPastDue:
    """A renewal was declined, or waits to be paid by hand; the person has time until it is given up, and a `link`.

    What it grants is withheld from `access_until` on, where that comes before the end. After a trial `without_card`
    nothing was declined: there is none to charge. Where it is `to_confirm`, the payer's bank wants to hear it of them.
    """

    terms: Terms
    due: Money | None = None
    payment_id: UUID | None = None
    access_until: datetime | None = None
    link: Code | None = None
    by_hand: bool = False
    without_card: bool = False
    to_confirm: bool = False


@dataclass(frozen=True, slots=True)
class SubscriptionUnpaid:
    """It is tried no more, but kept until `ends_at`: another card still pays for it."""

    terms: Terms
    payment_id: UUID
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class SubscriptionRecovered:
    """What was past due is paid after all."""

    terms: Terms


@dataclass(frozen=True, slots=True)
class InstrumentReplaced:
    """Later charges use this instrument; where it debits, the next is `due_at`."""

    instrument: Instrument
    due_at: datetime | None = None


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
    """It is over. `unpaid` is the payment that was being collected, which is no longer wanted.

    `balance` is what changes had left for the next bill: owed, and waived, or where it is negative a credit, which is
    kept for who may win it back.
    """

    terms: Terms
    reason: EndReason
    was_paying: bool
    unpaid: UUID | None
    unpaid_amount: Money | None = None
    balance: Money | None = None


@dataclass(frozen=True, slots=True)
class WinBackBegun:
    """Who was gone would like to be back, at the price they had, by this checkout."""

    checkout_id: UUID


@dataclass(frozen=True, slots=True)
class SubscriptionWonBack:
    """It goes on as another, which is paid: it is not won back a second time, and other `checkouts` for that lapse.

    The `credit` that was kept, so much of each payment, is the other's from now on.
    """

    subscription_id: UUID
    checkouts: tuple[UUID, ...] = ()
    credit: tuple[tuple[UUID, Money], ...] = ()


@dataclass(frozen=True, slots=True)
class CreditTaken:
    """It goes on from one that had ended, and takes what was credited of each payment there off its next bills."""

    terms: Terms
    credit: tuple[tuple[UUID, Money], ...]

    @property
    def amount(self) -> Money:
        return sum((amount for _, amount in self.credit), self.terms.price * 0)


@dataclass(frozen=True, slots=True)
class WonBackAgain:
    """Money came for it once more, and began another: that ends, and what was paid for it goes back."""

    subscription_id: UUID
    payment_id: UUID
    charges: tuple[MoneyLine, ...]


@dataclass(frozen=True, slots=True)
class ChangeScheduled:
    """It becomes this when the period that is paid is over."""

    terms: Terms
    change_id: UUID
    to: Terms
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class ChangeBilled:
    """It becomes this once the payment has succeeded."""

    terms: Terms
    change: Change
    payment_id: UUID
    instrument: Instrument


@dataclass(frozen=True, slots=True)
class ChangeDropped:
    """It stays what it is. The payment, if there was one, is no longer wanted; `code` is why it was declined."""

    change_id: UUID
    reason: DropReason
    payment_id: UUID | None
    amount: Money | None = None
    code: Code | None = None


@dataclass(frozen=True, slots=True)
class SubscriptionChanged:
    """It is something else from now on."""

    before: Terms
    change: Change

    @property
    def terms(self) -> Terms:
        return self.change.to


@dataclass(frozen=True, slots=True)
class SubscriptionPaused:
    """Nothing is had and nothing is charged until it goes on; what is left of the period is kept."""

    terms: Terms
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class SubscriptionResumed:
    """It goes on, for as long as was left; a trial has not been paid for.

    Periods are counted from there, and end `on` this day of the month where it is not the same.
    """

    terms: Terms
    period: Period
    is_trial: bool
    on: int | None = None


@dataclass(frozen=True, slots=True)
class LateRenewalPaid:
    """Money came for a period after the end; it goes back."""

    payment_id: UUID
    amount: Money
    charged_for: Source = "subscription"


@dataclass(frozen=True, slots=True)
class PaymentReversed:
    """All that was paid for it went back, or a bank disputes it or has decided whose it is.

    So much `credit` of it, which was to be taken off the next bills, is not any more. Where that was handed on, who was
    `handed` it hears of it.
    """

    terms: Terms
    payment_id: UUID
    reversal: Reversal
    dispute: Code | None = None
    credit: Money | None = None
    handed: UUID | None = None


@dataclass(frozen=True, slots=True)
class SubscriptionSuspended:
    """What it grants is withheld; `first` unless it was already, for another cause."""

    terms: Terms
    cause: SuspensionCause
    first: bool
    dispute: Code | None = None


@dataclass(frozen=True, slots=True)
class SubscriptionReinstated:
    """A cause for withholding is gone; `last` when what it grants is had again."""

    terms: Terms
    cause: SuspensionCause
    last: bool
    dispute: Code | None = None


@dataclass(frozen=True, slots=True)
class SubscriptionReduced:
    """Its next periods cost less, because its payer stays."""

    terms: Terms
    reduction: Reduction


@dataclass(frozen=True, slots=True)
class Rise:
    """A dearer price version of an offer of this `name`, in its currencies, for those who have an older one.

    It applies to periods that begin at `effective_from` or later, never sooner than `notice_days` after somebody was
    told. Where it `needs_consent`, who has not agreed by then keeps the price they have or ends, as `otherwise` says.
    """

    rise_id: UUID
    offer_id: UUID
    name: Label
    price_version: int
    prices: tuple[Money, ...]
    effective_from: datetime
    notice_days: int
    needs_consent: bool = False
    otherwise: Otherwise = "keep"

    def price_in(self, currency: str) -> Money | None:
        return next((price for price in self.prices if price.currency == currency), None)


@dataclass(frozen=True, slots=True)
class PriceRiseAnnounced:
    """Who pays is told: `to` is what they have from the first period that begins at `applies_from` or later.

    As things stand that is the one at `first_due`; they are reminded a week before it.
    """

    terms: Terms
    rise: Rise
    to: Terms
    applies_from: datetime
    first_due: datetime
    remind_at: datetime


@dataclass(frozen=True, slots=True)
class PriceRiseAccepted:
    terms: Terms
    rise_id: UUID


@dataclass(frozen=True, slots=True)
class PriceRiseDeferred:
    """A pause has put off the payment at which it would apply, and with it the reminder."""

    rise_id: UUID
    remind_at: datetime


@dataclass(frozen=True, slots=True)
class PriceRiseRecalled:
    """Who pays is reminded of the price they were told of, which is due at `first_due`."""

    terms: Terms
    rise: Rise
    to: Terms
    first_due: datetime
    is_agreed: bool


@dataclass(frozen=True, slots=True)
class PriceRiseApplied:
    """What has just been paid for, or billed, was at the new price; `before` is what was had until then."""

    before: Terms
    terms: Terms
    rise_id: UUID


@dataclass(frozen=True, slots=True)
class PriceRiseDropped:
    """The price stays what it is. `told` is the rise that who pays had been told of, None where they had not."""

    terms: Terms
    rise_id: UUID
    reason: RiseDropReason
    told: Rise | None


@dataclass(frozen=True, slots=True)
class DebitAnnounced:
    """Who pays is told, as SEPA wants it, that so much will be debited `on` that day under this mandate."""

    terms: Terms
    amount: Money
    on: datetime
    mandate: Mandate


SubscriptionEvent = (
    TrialStarted
    | CardAwaited
    | CardMissed
    | CardRequested
    | TrialCardGiven
    | TrialPutOff
    | WinBackBegun
    | SubscriptionWonBack
    | WonBackAgain
    | CreditTaken
    | SubscriptionActivated
    | RenewalStarted
    | RenewalDeclined
    | SubscriptionRenewed
    | SubscriptionPastDue
    | SubscriptionUnpaid
    | SubscriptionRecovered
    | InstrumentReplaced
    | CancellationScheduled
    | CancellationWithdrawn
    | SubscriptionEnded
    | ChangeScheduled
    | ChangeBilled
    | ChangeDropped
    | SubscriptionChanged
    | SubscriptionPaused
    | SubscriptionResumed
    | LateRenewalPaid
    | PaymentReversed
    | SubscriptionSuspended
    | SubscriptionReinstated
    | SubscriptionReduced
    | PriceRiseAnnounced
    | PriceRiseAccepted
    | PriceRiseDeferred
    | PriceRiseRecalled
    | PriceRiseApplied
    | PriceRiseDropped
    | DebitAnnounced
)
