"""Sold seats become a ticket; seats that are taken back end it."""

from services.events.sale import events as sales
from services.events.ticket import commands
from services.events.ticket.decider import TICKET
from services.events.ticket.events import ticket_of
from shared.event_store import Fact
from shared.reaction import Ask, Reaction


def when_seats_sold_issue_ticket(fact: Fact) -> list[Ask]:
    sold: sales.SeatsSold = fact.body
    issue = commands.IssueTicket(sold.seats, sold.origin, sold.holder, sold.occasion)
    return [Ask(TICKET, ticket_of(sold.seats.hold_id), issue)]


def when_seats_taken_back_cancel_ticket(fact: Fact) -> list[Ask]:
    return [Ask(TICKET, ticket_of(fact.body.seats.hold_id), commands.CancelTicket())]


REACTIONS = (
    Reaction(
        "events.ticket.when_seats_sold_issue_ticket", sales.SeatsSold, when_seats_sold_issue_ticket
    ),
    Reaction(
        "events.ticket.when_seats_withdrawn_cancel_ticket",
        sales.SeatsWithdrawn,
        when_seats_taken_back_cancel_ticket,
    ),
    Reaction(
        "events.ticket.when_seats_returned_cancel_ticket",
        sales.SeatsReturned,
        when_seats_taken_back_cancel_ticket,
    ),
)
