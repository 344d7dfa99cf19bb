from uuid import UUID

from services.events.gathering.events import GatheringId
from services.events.sale.events import HoldId, Seats
from services.events.ticket.commands import CancelTicket, IssueTicket
from services.events.ticket.decider import TICKET
from services.events.ticket.events import TicketCancelled, TicketIssued
from shared.ids import Code, Label, PersonId
from shared.money import Money
from shared.personal_value import Sealed
from shared.testing import given

dinner = GatheringId(UUID(int=1))
hold = HoldId(UUID(int=2))
ada = PersonId(UUID(int=3))
name = Sealed(ada, "profile", Code("c2VhbGVk"))

two_seats = Seats(hold, dinner, ada, Label("Spring dinner"), 2, Money(2400, "EUR"))

issue = IssueTicket(two_seats, "paid", name)
issued = TicketIssued(two_seats, "paid", name)
cancelled = TicketCancelled(two_seats)


def test_sold_seats_become_a_ticket() -> None:
    given(TICKET).when(issue).then(issued)


def test_a_ticket_is_issued_once() -> None:
    given(TICKET, issued).when(issue).then_nothing()


def test_a_ticket_is_cancelled() -> None:
    given(TICKET, issued).when(CancelTicket()).then(cancelled)


def test_a_ticket_is_cancelled_once() -> None:
    given(TICKET, issued, cancelled).when(CancelTicket()).then_nothing()


def test_a_cancelled_ticket_is_not_issued_again() -> None:
    given(TICKET, issued, cancelled).when(issue).then_nothing()


def test_what_was_never_issued_is_not_cancelled() -> None:
    given(TICKET).when(CancelTicket()).then_nothing()
    assert TICKET.fold([cancelled]) is None
