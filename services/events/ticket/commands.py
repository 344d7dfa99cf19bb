"""What may be asked of a ticket."""

from dataclasses import dataclass
from datetime import datetime

from services.events.gathering.events import GatheringId
from services.events.sale.events import Occasion, Origin, Seats
from shared.personal_value import Sealed


@dataclass(frozen=True, slots=True)
class IssueTicket:
    seats: Seats
    origin: Origin
    holder: Sealed | None
    occasion: Occasion | None = None


@dataclass(frozen=True, slots=True)
class CancelTicket:
    pass


@dataclass(frozen=True, slots=True)
class CheckIn:
    """Let `count` seats in, or all that are not in yet; `seen_at` is when the door saw the ticket, `at` is now."""

    gathering_id: GatheringId
    starts_at: datetime
    ends_at: datetime
    seen_at: datetime
    at: datetime
    count: int | None = None


@dataclass(frozen=True, slots=True)
class UndoCheckIn:
    gathering_id: GatheringId


TicketCommand = IssueTicket | CancelTicket | CheckIn | UndoCheckIn
