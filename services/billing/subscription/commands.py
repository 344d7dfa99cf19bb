"""What may be asked of a subscription."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from services.billing.checkout.events import FirstPeriod, OfferLine
from services.billing.payer.events import Instrument
from services.billing.payment.events import MoneyLine, Reversal
from services.billing.policy.events import (
    USUAL,
    AfterBan,
    AfterLoss,
    AfterRefund,
    Dunning,
    DuringDispute,
    Unit,
)
from services.billing.subscription.events import Brought, ChangeMode, Period, Rise, Terms
from shared.ids import Code, PersonId
from shared.money import Money


@dataclass(frozen=True, slots=True)
class StartSubscription:
    """It is paid for its first period, or begins with a trial; of a fixed year `paid` was paid for what is left.

    What is `brought` was paid elsewhere. What is `free_until` a day is paid for from then on.
    """

    terms: Terms
    instrument: Instrument
    trial_days: int
    at: datetime
    payment_id: UUID | None = None
    first: FirstPeriod | None = None
    paid: Money | None = None
    brought: Brought | None = None
    free_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class PutOffTrial:
    """What was awaited for the one day is for the other."""

    before: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class MoveOn:
    """The next period was charged where it comes from, and so not here."""

    period: Period


@dataclass(frozen=True, slots=True)
class GiveBack:
    """It goes on where it comes from, as if it had never been here."""


@dataclass(frozen=True, slots=True)
class RenewSubscription:
    """The period that ends at `due` is over; `payment_id` is to pay for the next."""

    due: datetime
    payment_id: UUID


@dataclass(frozen=True, slots=True)
class RetryRenewal:
    payment_id: UUID
    attempt: int


@dataclass(frozen=True, slots=True)
class GiveUpRenewal:
    payment_id: UUID
    attempt: int


@dataclass(frozen=True, slots=True)
class SettleRenewal:
    """The payment has succeeded."""

    payment_id: UUID


@dataclass(frozen=True, slots=True)
class DeclineRenewal:
    payment_id: UUID
    attempt: int
    code: Code
    final: bool
    at: datetime
    dunning: Dunning = USUAL
    link: Code | None = None


@dataclass(frozen=True, slots=True)
class WithholdUnpaid:
    """Grace is over for who has still not paid."""

    payment_id: UUID


@dataclass(frozen=True, slots=True)
class LapseUnpaid:
    """The period that was kept for who has not paid is over."""

    payment_id: UUID


@dataclass(frozen=True, slots=True)
class UseInstrument:
    instrument: Instrument


@dataclass(frozen=True, slots=True)
class ScheduleCancellation:
    person_id: PersonId


@dataclass(frozen=True, slots=True)
class WithdrawCancellation:
    person_id: PersonId


@dataclass(frozen=True, slots=True)
class WinBack:
    """The seller takes people back within so many `days` of what they had paid for."""

    person_id: PersonId
    checkout_id: UUID
    at: datetime
    days: int


@dataclass(frozen=True, slots=True)
class RecordWonBack:
    """What a checkout that asked it back paid for, as another subscription."""

    subscription_id: UUID
    checkout_id: UUID
    payment_id: UUID
    charges: tuple[MoneyLine, ...]


@dataclass(frozen=True, slots=True)
class TakeCredit:
    """It wins another back, which has kept so much of each payment."""

    credit: tuple[tuple[UUID, Money], ...]


@dataclass(frozen=True, slots=True)
class CancelNow:
    """Staff end it at once."""


@dataclass(frozen=True, slots=True)
class EndSubscription:
    reason: Literal["erased", "payment_failed", "refunded"]


@dataclass(frozen=True, slots=True)
class FollowBan:
    """Who pays was shut out."""

    after: AfterBan


@dataclass(frozen=True, slots=True)
class HearReversal:
    """A payment of its went back, or a bank has a word in it; what follows, the seller's policy says."""

    payment_id: UUID
    reversal: Reversal
    dispute: Code | None = None


@dataclass(frozen=True, slots=True)
class FollowRefund:
    payment_id: UUID
    after: AfterRefund


@dataclass(frozen=True, slots=True)
class FollowDispute:
    dispute: Code
    during: DuringDispute


@dataclass(frozen=True, slots=True)
class FollowLoss:
    dispute: Code
    after: AfterLoss


@dataclass(frozen=True, slots=True)
class ChangeSubscription:
    """The person, or staff, want it to be what the line says: at today's price, or at the one it has.

    Without a `mode`, it is what is usual for such a change. `seats_only` where an organisation pays.
    """

    change_id: UUID
    person_id: PersonId | None
    line: OfferLine
    keeps_price: bool
    mode: ChangeMode | None
    unit: Unit
    at: datetime
    seats_only: bool = False


@dataclass(frozen=True, slots=True)
class WithdrawChange:
    person_id: PersonId | None


@dataclass(frozen=True, slots=True)
class LapseChange:
    """Nobody has paid for it."""

    change_id: UUID


@dataclass(frozen=True, slots=True)
class PauseSubscription:
    person_id: PersonId | None
    until: datetime
    at: datetime
    longest_days: int


@dataclass(frozen=True, slots=True)
class ResumeSubscription:
    """Somebody asks, or the pause that lasts until `until` is over."""

    person_id: PersonId | None
    until: datetime | None
    at: datetime


@dataclass(frozen=True, slots=True)
class ReduceToStay:
    """The person accepts so many per cent off the next periods."""

    person_id: PersonId
    reduction_id: UUID
    percent: int
    periods: int


@dataclass(frozen=True, slots=True)
class AnnouncePriceRise:
    """Who pays is told now, at `at`."""

    rise: Rise
    at: datetime


@dataclass(frozen=True, slots=True)
class AcceptPriceRise:
    person_id: PersonId


@dataclass(frozen=True, slots=True)
class RecallPriceRise:
    """It may be time to remind who pays of it."""

    at: datetime


@dataclass(frozen=True, slots=True)
class WithdrawPriceRise:
    """The seller has thought better of it."""

    rise_id: UUID


@dataclass(frozen=True, slots=True)
class MissCard:
    """The trial that ends at `until` is nearly over."""

    until: datetime


@dataclass(frozen=True, slots=True)
class RequestCard:
    """By this link a card can be given before `until`."""

    until: datetime
    link: Code


@dataclass(frozen=True, slots=True)
class AnnounceDebit:
    """It is time to tell who pays of the next debit, if there is to be one soon."""

    at: datetime


SubscriptionCommand = (
    StartSubscription
    | PutOffTrial
    | MoveOn
    | GiveBack
    | WinBack
    | RecordWonBack
    | TakeCredit
    | RenewSubscription
    | RetryRenewal
    | GiveUpRenewal
    | SettleRenewal
    | DeclineRenewal
    | WithholdUnpaid
    | LapseUnpaid
    | UseInstrument
    | ScheduleCancellation
    | WithdrawCancellation
    | CancelNow
    | EndSubscription
    | HearReversal
    | FollowBan
    | FollowRefund
    | FollowDispute
    | FollowLoss
    | ChangeSubscription
    | WithdrawChange
    | LapseChange
    | PauseSubscription
    | ResumeSubscription
    | ReduceToStay
    | AnnouncePriceRise
    | AcceptPriceRise
    | RecallPriceRise
    | WithdrawPriceRise
    | MissCard
    | RequestCard
    | AnnounceDebit
)
