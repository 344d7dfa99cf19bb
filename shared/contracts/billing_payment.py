"""tessera.billing.payment.v1: money in and out."""

from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.contracts.contract import ChargedFor, CodeText, Contract, MoneyValue


class MoneyLine(BaseModel):
    """The part of an amount that was charged for one kind of thing."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    charged_for: ChargedFor
    amount: MoneyValue
    tax: MoneyValue | None = None


class PaymentContract(Contract):
    """A fact about one payment; the key is the payment."""

    topic: ClassVar[str] = "tessera.billing.payment.v1"

    payment_id: UUID
    person_id: UUID
    amount: MoneyValue


class PaymentSucceeded(PaymentContract):
    """Money was charged; the lines sum to the amount."""

    version: ClassVar[int] = 2

    lines: tuple[MoneyLine, ...]


class PaymentFailed(PaymentContract):
    """A charge was declined; `reason` is the processor's code."""

    reason: CodeText


class RefundIssued(PaymentContract):
    """Money was given back; `amount` and the lines are what was returned, as positive numbers."""

    version: ClassVar[int] = 2

    refund_id: UUID
    lines: tuple[MoneyLine, ...]
