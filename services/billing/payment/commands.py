"""What may be asked of a payment."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from services.billing.comparison import RefundThere
from services.billing.payer.events import Instrument
from services.billing.payment.events import (
    Charge,
    DisputeOutcome,
    DisputeReason,
    MoneyLine,
    RefundReason,
    Way,
)
from shared.ids import AccountId, Code, PersonId
from shared.money import Money
from shared.personal_value import Sealed


@dataclass(frozen=True, slots=True)
class StartCharge:
    charge: Charge
    attempt: int
    instrument: Instrument


@dataclass(frozen=True, slots=True)
class RecordIntent:
    attempt: int
    intent: Code


@dataclass(frozen=True, slots=True)
class RecordOutcome:
    """What the processor says of an intent, whoever asked it and however often."""

    intent: Code
    status: Literal["succeeded", "processing", "requires_action", "approved", "failed", "cancelled"]
    code: Code | None = None
    final: bool = False
    amount: Money | None = None
    kept: Instrument | None = None
    collected_as: Code | None = None
    platform_fee: Money | None = None


@dataclass(frozen=True, slots=True)
class ResumePayment:
    """The payer is back from the processor's page."""

    person_id: PersonId


@dataclass(frozen=True, slots=True)
class RecordRejection:
    """The processor would not even begin the attempt."""

    attempt: int
    code: Code
    final: bool


@dataclass(frozen=True, slots=True)
class RecordReceipt:
    """Staff have `amount` in hand; `today` is the seller's."""

    receipt_id: UUID
    reference: Sealed
    amount: Money
    way: Way
    on: date
    by: AccountId
    today: date


@dataclass(frozen=True, slots=True)
class WithdrawCharge:
    pass


@dataclass(frozen=True, slots=True)
class RefundPayment:
    """Staff want so much to go back; all that is left when no amount is named."""

    refund_id: UUID
    amount: Money | None


@dataclass(frozen=True, slots=True)
class ReturnMoney:
    """What was bought is not to be had: these lines, or what is left of them, go back."""

    refund_id: UUID
    lines: tuple[MoneyLine, ...]
    reason: RefundReason


@dataclass(frozen=True, slots=True)
class RecordRefund:
    refund_id: UUID
    refund: Code


@dataclass(frozen=True, slots=True)
class SettleRefund:
    """Staff gave back by hand what came by hand."""

    refund_id: UUID


@dataclass(frozen=True, slots=True)
class RecordRefundFailure:
    refund_id: UUID
    code: Code


@dataclass(frozen=True, slots=True)
class RecordRefundsThere:
    """What the processor says of an intent and of all that went back of it, whoever asked it and however often."""

    outcome: RecordOutcome
    refunds: tuple[RefundThere, ...]


@dataclass(frozen=True, slots=True)
class RecordDispute:
    """What the processor says of a dispute of this intent, however often and in whatever order.

    `outcome` is what it says of the payment, where nobody had heard that it succeeded.
    """

    dispute: Code
    intent: Code
    amount: Money
    reason: DisputeReason
    standing: Literal["inquiry", "open"] | DisputeOutcome
    respond_by: datetime | None
    outcome: RecordOutcome | None = None


@dataclass(frozen=True, slots=True)
class RemindOfEvidence:
    dispute: Code
    respond_by: datetime


PaymentCommand = (
    StartCharge
    | RecordIntent
    | RecordOutcome
    | ResumePayment
    | RecordRejection
    | RecordReceipt
    | WithdrawCharge
    | RefundPayment
    | ReturnMoney
    | RecordRefund
    | SettleRefund
    | RecordRefundFailure
    | RecordRefundsThere
    | RecordDispute
    | RemindOfEvidence
)
