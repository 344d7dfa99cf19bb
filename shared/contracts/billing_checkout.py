"""tessera.billing.checkout.v1: baskets on their way to being paid."""

from typing import ClassVar
from uuid import UUID

from shared.contracts.contract import Contract, MoneyValue


class CheckoutContract(Contract):
    """A fact about one checkout; the key is the checkout."""

    topic: ClassVar[str] = "tessera.billing.checkout.v1"

    checkout_id: UUID
    person_id: UUID


class CheckoutOpened(CheckoutContract):
    """A person began to buy."""

    total: MoneyValue


class CheckoutCompleted(CheckoutContract):
    """All that was in it is paid, or free."""

    total: MoneyValue


class CheckoutExpired(CheckoutContract):
    """It was left unpaid for too long."""
