"""What may be asked of paying by hand."""

from dataclasses import dataclass
from uuid import UUID

from shared.ids import Label


@dataclass(frozen=True, slots=True)
class OfferByHand:
    instructions: Label


@dataclass(frozen=True, slots=True)
class WithdrawByHand:
    pass


ByHandCommand = OfferByHand | WithdrawByHand


@dataclass(frozen=True, slots=True)
class ClaimReceipt:
    payment_id: UUID


ReceiptCommand = ClaimReceipt
