"""tessera.billing.checkout.v1: baskets on their way to being paid."""

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict

from shared.contracts.contract import CodeText, Contract, MoneyValue


class AcceptedDocument(BaseModel):
    """The version of a legal document of the community's that the buyer accepted, and what it was `shown_in`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    kind: Literal["terms", "privacy", "conduct"]
    number: int
    shown_in: CodeText | None = None


class CameBy(BaseModel):
    """The `visit` to a link, as the buyer handed it in `at` that moment; whether it counts, membership says."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    visit: CodeText
    at: AwareDatetime


class CheckoutContract(Contract):
    """A fact about one checkout; the key is the checkout."""

    topic: ClassVar[str] = "tessera.billing.checkout.v1"

    checkout_id: UUID
    person_id: UUID


class CheckoutOpened(CheckoutContract):
    """A person began to buy."""

    total: MoneyValue


class CheckoutCompleted(CheckoutContract):
    """All that was in it is paid, or free; its buyer accepted `documents` for it, and may have come `via` a link."""

    version: ClassVar[int] = 4

    total: MoneyValue
    documents: tuple[AcceptedDocument, ...] = ()
    via: CameBy | None = None


class CheckoutExpired(CheckoutContract):
    """It was left unpaid for too long."""
