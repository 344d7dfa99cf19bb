"""What may be asked of a ticket."""

from dataclasses import dataclass

from services.events.sale.events import Origin, Seats
from shared.personal_value import Sealed


@dataclass(frozen=True, slots=True)
class IssueTicket:
    seats: Seats
    origin: Origin
    holder: Sealed | None


@dataclass(frozen=True, slots=True)
class CancelTicket:
    pass


TicketCommand = IssueTicket | CancelTicket
