"""What happened to a ticket."""

from dataclasses import dataclass
from uuid import UUID

from services.events.sale.events import Origin, Seats
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


@dataclass(frozen=True, slots=True)
class TicketCancelled:
    """It no longer admits anybody."""

    seats: Seats


TicketEvent = TicketIssued | TicketCancelled
