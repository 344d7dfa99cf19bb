"""tessera.events.sale.v1: seats on their way to becoming tickets."""

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime

from shared.contracts.contract import Contract


class SaleContract(Contract):
    """A fact about the seats of one gathering; the key is the gathering's sale stream."""

    topic: ClassVar[str] = "tessera.events.sale.v1"

    gathering_id: UUID
    hold_id: UUID
    person_id: UUID


class SeatHeld(SaleContract):
    """Seats are kept for a person until `expires_at`."""

    seats: int
    expires_at: AwareDatetime


class SeatReleased(SaleContract):
    """A hold ended unpaid; its seats are free again."""

    seats: int


class SeatDenied(SaleContract):
    """Paid too late and no seat is left: billing refunds the order, whose id is the hold's."""

    reason: Literal["sold_out", "gathering_cancelled", "unknown_hold"]
