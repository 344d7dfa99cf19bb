"""What happened to a ticket."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.events.sale.events import Occasion, Origin, Seats
from shared.ids import derive
from shared.personal_value import Sealed


def ticket_of(hold_id: UUID) -> UUID:
    """The ticket that sold seats become."""
    return derive(hold_id, "ticket")


@dataclass(frozen=True, slots=True)
class TicketIssued:
    """It admits to the seats; `holder` is the name on it, where one was given."""

    seats: Seats
    origin: Origin
    holder: Sealed | None
    occasion: Occasion | None = None


@dataclass(frozen=True, slots=True)
class TicketCancelled:
    """It no longer admits anybody."""

    seats: Seats


@dataclass(frozen=True, slots=True)
class TicketCheckedIn:
    """`count` of the seats came in when the door saw the ticket."""

    seats: Seats
    count: int
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class CheckInUndone:
    """Nobody has come in by it: it was a mistake."""

    seats: Seats


TicketEvent = TicketIssued | TicketCancelled | TicketCheckedIn | CheckInUndone
