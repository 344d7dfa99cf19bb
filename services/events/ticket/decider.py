"""A ticket is issued once, for seats that were sold, and once cancelled it admits nobody."""

from dataclasses import dataclass, replace
from typing import assert_never

from services.events.sale.events import Seats
from services.events.ticket import commands, events
from shared.decider import Decider


@dataclass(frozen=True, slots=True)
class Ticket:
    seats: Seats
    cancelled: bool = False


def decide(command: commands.TicketCommand, ticket: Ticket | None) -> list[events.TicketEvent]:
    match command:
        case commands.IssueTicket(seats, origin, holder):
            return [] if ticket else [events.TicketIssued(seats, origin, holder)]
        case commands.CancelTicket() if ticket is None or ticket.cancelled:
            return []
        case commands.CancelTicket():
            return [events.TicketCancelled(ticket.seats)]
        case _:
            assert_never(command)


def evolve(ticket: Ticket | None, event: events.TicketEvent) -> Ticket | None:
    match event:
        case events.TicketIssued(seats):
            return Ticket(seats)
        case events.TicketCancelled():
            return ticket and replace(ticket, cancelled=True)
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
