"""What happened to paying by hand: whether a community takes it, and which payment each receipt is of."""

from dataclasses import dataclass
from uuid import UUID

from shared.ids import Label


@dataclass(frozen=True, slots=True)
class ByHandOffered:
    """Buyers may send or bring the money; `instructions` tell them where to."""

    instructions: Label


@dataclass(frozen=True, slots=True)
class ByHandWithdrawn:
    """From now on nobody may choose it; who has is still waited for."""


ByHandEvent = ByHandOffered | ByHandWithdrawn


@dataclass(frozen=True, slots=True)
class ReceiptClaimed:
    """This line of a bank's, or this page of a receipt book, is the money of that payment."""

    payment_id: UUID


ReceiptEvent = ReceiptClaimed
