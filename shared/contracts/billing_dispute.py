"""tessera.billing.dispute.v1: payments that a payer's bank wants back."""

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime

from shared.contracts.billing_payment import MoneyLine
from shared.contracts.contract import CodeText, Contract, MoneyValue

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


class DisputeContract(Contract):
    """A fact about one dispute; the key is the payment. `dispute` is the processor's id."""

    topic: ClassVar[str] = "tessera.billing.dispute.v1"

    payment_id: UUID
    dispute: CodeText
    person_id: UUID
    amount: MoneyValue


class DisputeOpened(DisputeContract):
    """The bank is to be answered by `respond_by`; an inquiry moves no money, and may become a dispute, which opens."""

    reason: DisputeReason
    respond_by: AwareDatetime | None
    inquiry: bool = False


class DisputeClosed(DisputeContract):
    """It is decided, or an inquiry was dropped; `lost` is what is gone, by what it had been charged for."""

    version: ClassVar[int] = 2

    outcome: Literal["won", "lost", "dropped"]
    lost: tuple[MoneyLine, ...] = ()
