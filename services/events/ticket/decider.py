"""A ticket is issued once, for seats that were sold; each seat comes in once, and none once it is cancelled."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import assert_never

from services.events.sale.events import Seats
from services.events.ticket import commands, events
from shared.decider import Decider, NotFound, Rejected
from shared.personal_value import Sealed

DOORS = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Ticket:
    seats: Seats
    holder: Sealed | None = None
    cancelled: bool = False
    checked_in: int = 0


def decide(command: commands.TicketCommand, ticket: Ticket | None) -> list[events.TicketEvent]:
    match command:
        case commands.IssueTicket(seats, origin, holder, occasion):
            return [] if ticket else [events.TicketIssued(seats, origin, holder, occasion)]
        case commands.CancelTicket():
            if ticket is None or ticket.cancelled:
                return []
            return [events.TicketCancelled(ticket.seats)]
        case commands.CheckIn():
            return [_check_in(command, _shown(command, ticket))]
        case commands.UndoCheckIn():
            shown = _shown(command, ticket)
            return [events.CheckInUndone(shown.seats)] if shown.checked_in else []
        case _:
            assert_never(command)


def _shown(asked: commands.CheckIn | commands.UndoCheckIn, ticket: Ticket | None) -> Ticket:
    """The ticket, at the door of its own gathering."""
    if ticket is None:
        raise NotFound("ticket_not_found", "There is no such ticket.")
    if ticket.seats.gathering_id != asked.gathering_id:
        raise Rejected("ticket_of_another", "This ticket is for another gathering.")
    return ticket


def _check_in(asked: commands.CheckIn, ticket: Ticket) -> events.TicketCheckedIn:
    if ticket.cancelled:
        raise Rejected("ticket_cancelled", "This ticket admits nobody any more.")
    if asked.seen_at > asked.at:
        raise Rejected("seen_in_the_future", "Nobody has seen it yet.", pointer="/seen_at")
    opens_at = asked.starts_at - DOORS
    if not opens_at <= asked.seen_at <= asked.ends_at:
        raise Rejected(
            "doors_closed",
            "The doors open a day before it begins, and close when it ends.",
            opens_at=opens_at.isoformat(),
            closes_at=asked.ends_at.isoformat(),
        )
    left = ticket.seats.count - ticket.checked_in
    count = left if asked.count is None else asked.count
    if not 1 <= count <= left:
        raise Rejected(
            "already_checked_in", "So many seats are not left on this ticket.", left=left
        )
    return events.TicketCheckedIn(ticket.seats, count, asked.seen_at)


def evolve(ticket: Ticket | None, event: events.TicketEvent) -> Ticket | None:
    match event:
        case events.TicketIssued(seats, holder=holder):
            return Ticket(seats, holder)
        case events.TicketCancelled():
            return ticket and replace(ticket, cancelled=True)
        case events.TicketCheckedIn(count=count):
            return ticket and replace(ticket, checked_in=ticket.checked_in + count)
        case events.CheckInUndone():
            return ticket and replace(ticket, checked_in=0)
        case _:
            assert_never(event)


TICKET: Decider[commands.TicketCommand, Ticket | None, events.TicketEvent] = Decider(
    "ticket",
    initial=None,
    decide=decide,
    evolve=evolve,
    commands=commands.TicketCommand,
    events=events.TicketEvent,
)
