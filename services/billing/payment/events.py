"""What happened to a payment: one amount, its attempts, and what went back of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

from services.billing.payer.events import Instrument
from shared.ids import AccountId, Code, PersonId, derive
from shared.money import Money
from shared.personal_value import Sealed

Way = Literal["transfer", "cash", "cheque", "other"]
ChargedFor = Literal["subscription", "purchase", "ticket", "donation"]
RefundReason = Literal[
    "requested",
    "seat_denied",
    "gathering_cancelled",
    "duplicate",
    "ended",
    "made_there",
    "withdrawn",
]

DisputeReason = Literal[
    "bank_cannot_process",
    "check_returned",
    "credit_not_processed",
    "customer_initiated",
    "debit_not_authorized",
    "duplicate",
    "fraudulent",
    "general",
    "incorrect_account_details",
    "insufficient_funds",
    "noncompliant",
    "product_not_received",
    "product_unacceptable",
    "subscription_canceled",
    "unrecognized",
]
DisputeOutcome = Literal["won", "lost", "dropped"]
Reversal = Literal["refunded", "disputed", "won", "lost"]

REVERSALS: Mapping[DisputeOutcome, Reversal] = {"won": "won", "lost": "lost", "dropped": "won"}

DEAREST = 99_999_999
"""The most that card processors take in one charge, in minor units."""


AWAITED_FOR = timedelta(days=30)
"""So long a checkout waits for money that is sent or brought."""


def payment_of(checkout_id: UUID) -> UUID:
    """The one payment of a checkout."""
    return derive(checkout_id, "payment")


@dataclass(frozen=True, slots=True)
class MoneyLine:
    """The part of an amount that was charged for one kind of thing, and the tax that is in it, where that is known."""

    charged_for: ChargedFor
    amount: Money
    tax: Money | None = None


@dataclass(frozen=True, slots=True)
class Charge:
    """Who owes how much, for what, and which checkout or subscription wants to know."""

    person_id: PersonId
    amount: Money
    lines: tuple[MoneyLine, ...]
    origin: Literal["checkout", "subscription"]
    origin_id: UUID


@dataclass(frozen=True, slots=True)
class ChargeStarted:
    """It is due, and about to be charged; the intent it `replaces`, of `replaced_on`, must not succeed as well."""

    charge: Charge
    attempt: int
    instrument: Instrument
    replaces: Code | None
    replaced_on: Instrument | None = None


@dataclass(frozen=True, slots=True)
class PaymentAwaited:
    """It is due, and the payer is to send or bring it; the intent it `replaces` must not succeed as well.

    That was made for `replaced_on`.
    """

    charge: Charge
    attempt: int
    instrument: Instrument
    replaces: Code | None
    replaced_on: Instrument | None = None


@dataclass(frozen=True, slots=True)
class PaymentReceived:
    """Somebody of the staff has it in hand, since the day `on`; `receipt_id` is the print of what it is known by."""

    receipt_id: UUID
    reference: Sealed
    way: Way
    on: date
    by: AccountId


@dataclass(frozen=True, slots=True)
class PaymentIntentCreated:
    """The processor knows of it; nothing is charged until it is confirmed."""

    attempt: int
    intent: Code
    account: Code | None


@dataclass(frozen=True, slots=True)
class PaymentActionRequired:
    """The payer has to authenticate."""

    charge: Charge
    attempt: int


@dataclass(frozen=True, slots=True)
class PayerReturned:
    """The payer is back from the processor's page, and says nothing of what they did there."""

    intent: Code


@dataclass(frozen=True, slots=True)
class PaymentApproved:
    """The payer has agreed on the processor's page: what was announced may be collected, and is about to be."""

    charge: Charge
    attempt: int
    intent: Code
    account: Code | None


@dataclass(frozen=True, slots=True)
class PaymentProcessing:
    """The money is on its way."""

    charge: Charge
    attempt: int


@dataclass(frozen=True, slots=True)
class PaymentFailed:
    """The attempt was declined. `final`: the same card need not be tried again."""

    charge: Charge
    attempt: int
    code: Code
    final: bool


@dataclass(frozen=True, slots=True)
class PaymentWithdrawn:
    """It is no longer wanted, and nothing was charged."""

    attempt: int
    charge: Charge | None = None


@dataclass(frozen=True, slots=True)
class PaymentSucceeded:
    """The money has arrived; with it, the processor may have `kept` what it came by. A `page` may have led to it.

    Of the amount, the platform has `platform_fee`.
    """

    charge: Charge
    attempt: int
    intent: Code
    kept: Instrument | None = None
    page: Code | None = None
    platform_fee: Money | None = None


@dataclass(frozen=True, slots=True)
class WithdrawalAsked:
    """It is no longer wanted; the processor says whether it was in time."""

    intent: Code
    account: Code | None


@dataclass(frozen=True, slots=True)
class RefundStarted:
    """Money is about to go back, `with_fee` what the platform has of it."""

    refund_id: UUID
    person_id: PersonId
    amount: Money
    lines: tuple[MoneyLine, ...]
    reason: RefundReason
    intent: Code
    account: Code | None
    with_fee: bool = False


@dataclass(frozen=True, slots=True)
class RefundOwed:
    """What came by hand goes back by hand: somebody of the staff has to."""

    refund_id: UUID
    person_id: PersonId
    amount: Money
    lines: tuple[MoneyLine, ...]
    reason: RefundReason


@dataclass(frozen=True, slots=True)
class RefundedThere:
    """It went back at the processor itself, under its id `refund`, and we had not asked for it.

    Of what the processor says no more counts than was still kept.
    """

    refund_id: UUID
    person_id: PersonId
    amount: Money
    lines: tuple[MoneyLine, ...]
    reason: RefundReason
    refund: Code


@dataclass(frozen=True, slots=True)
class RefundIssued:
    """It was sent back. Nothing is kept any more of what was charged for what is `emptied`."""

    refund_id: UUID
    person_id: PersonId
    amount: Money
    lines: tuple[MoneyLine, ...]
    reason: RefundReason
    refund: Code
    charge: Charge | None = None
    emptied: tuple[ChargedFor, ...] = ()


@dataclass(frozen=True, slots=True)
class RefundFailed:
    """The processor did not send it back; somebody has to look."""

    refund_id: UUID
    lines: tuple[MoneyLine, ...]
    reason: RefundReason
    code: Code


@dataclass(frozen=True, slots=True)
class CollectedAgain:
    """An intent that was given up has collected it too, after all: `with_fee` of the platform, that goes back whole."""

    refund_id: UUID
    charge: Charge
    amount: Money
    intent: Code
    account: Code | None
    with_fee: bool = False


@dataclass(frozen=True, slots=True)
class SurplusReturned:
    """What was collected once too often went back, under the processor's id `refund`."""

    refund_id: UUID
    charge: Charge
    amount: Money
    refund: Code


@dataclass(frozen=True, slots=True)
class SurplusKept:
    """The processor did not send back what was collected once too often; the daily comparison tells staff of it."""

    refund_id: UUID
    code: Code


@dataclass(frozen=True, slots=True)
class DisputeOpened:
    """The payer's bank, or PayPal for them, wants it back and is to be answered by `respond_by`.

    An `inquiry` moves no money yet; when it becomes a dispute, that opens.
    """

    dispute: Code
    charge: Charge
    amount: Money
    reason: DisputeReason
    respond_by: datetime | None
    inquiry: bool = False


@dataclass(frozen=True, slots=True)
class DisputeDeadlineMoved:
    """The bank waits for evidence until another day, or for none any more."""

    dispute: Code
    respond_by: datetime | None


@dataclass(frozen=True, slots=True)
class EvidenceDue:
    """The bank is still to be answered, and not much time is left."""

    dispute: Code
    amount: Money
    reason: DisputeReason
    respond_by: datetime


@dataclass(frozen=True, slots=True)
class DisputeClosed:
    """The bank has decided: who has won keeps the money. An inquiry that led to nothing was dropped."""

    dispute: Code
    charge: Charge
    amount: Money
    outcome: DisputeOutcome

    @property
    def lost(self) -> tuple[MoneyLine, ...]:
        """What is gone, by what it had been charged for."""
        taken = self.amount * (self.outcome == "lost")
        parts = taken.split([line.amount.minor for line in self.charge.lines])
        pairs = zip(self.charge.lines, parts, strict=True)
        return tuple(MoneyLine(line.charged_for, part) for line, part in pairs if part)


PaymentEvent = (
    ChargeStarted
    | PaymentAwaited
    | PaymentReceived
    | PaymentIntentCreated
    | PaymentActionRequired
    | PayerReturned
    | PaymentApproved
    | PaymentProcessing
    | PaymentFailed
    | PaymentWithdrawn
    | PaymentSucceeded
    | WithdrawalAsked
    | RefundStarted
    | RefundOwed
    | RefundedThere
    | RefundIssued
    | RefundFailed
    | CollectedAgain
    | SurplusReturned
    | SurplusKept
    | DisputeOpened
    | DisputeDeadlineMoved
    | EvidenceDue
    | DisputeClosed
)


def total(lines: Sequence[MoneyLine], currency: str) -> Money:
    """What the lines come to."""
    return sum((line.amount for line in lines), Money(0, currency))
