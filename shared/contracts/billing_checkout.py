"""tessera.billing.checkout.v1: baskets on their way to being paid."""

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.contracts.contract import Contract, MoneyValue


class AcceptedDocument(BaseModel):
    """The version of a legal document of the community's that the buyer accepted."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    kind: Literal["terms", "privacy", "conduct"]
    number: int


class CheckoutContract(Contract):
    """A fact about one checkout; the key is the checkout."""

    topic: ClassVar[str] = "tessera.billing.checkout.v1"

    checkout_id: UUID
    person_id: UUID


class CheckoutOpened(CheckoutContract):
    """A person began to buy."""

    total: MoneyValue


class CheckoutCompleted(CheckoutContract):
    """All that was in it is paid, or free; its buyer accepted `documents` for it."""

    version: ClassVar[int] = 2

    total: MoneyValue
    documents: tuple[AcceptedDocument, ...] = ()


class CheckoutExpired(CheckoutContract):
    """It was left unpaid for too long."""
