from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from services.events.gathering.events import GatheringId
from services.events.sale.events import HoldId, Seats
from services.events.ticket.commands import CancelTicket, CheckIn, IssueTicket, UndoCheckIn
from services.events.ticket.decider import DOORS, TICKET
from services.events.ticket.events import (
    CheckInUndone,
    TicketCancelled,
    TicketCheckedIn,
    TicketIssued,
)
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

begins = datetime(2026, 3, 1, 19, 0, tzinfo=UTC)
ends = begins + timedelta(hours=3)
arrival = begins - timedelta(minutes=5)
moment = timedelta(microseconds=1)
check_in = CheckIn(dinner, begins, ends, arrival, arrival)


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


def came(count: int, seen_at: datetime = arrival) -> TicketCheckedIn:
    return TicketCheckedIn(two_seats, count, seen_at)


def test_all_of_a_ticket_come_in_at_once() -> None:
    given(TICKET, issued).when(check_in).then(came(2))


def test_or_one_after_another() -> None:
    one = replace(check_in, count=1)
    given(TICKET, issued).when(one).then(came(1))
    given(TICKET, issued, came(1)).when(one).then(came(1))
    given(TICKET, issued, came(1)).when(check_in).then(came(1))


@pytest.mark.parametrize(("already", "count"), [(2, None), (2, 1), (1, 2), (0, 3)])
def test_each_seat_comes_in_once(already: int, count: int | None) -> None:
    history = [came(already)] if already else []
    given(TICKET, issued, *history).when(replace(check_in, count=count)).then_rejected(
        "already_checked_in"
    )


def test_a_cancelled_ticket_admits_nobody() -> None:
    given(TICKET, issued, cancelled).when(check_in).then_rejected("ticket_cancelled")


def test_a_ticket_opens_the_door_of_its_own_gathering_alone() -> None:
    elsewhere = GatheringId(UUID(int=9))
    given(TICKET, issued).when(replace(check_in, gathering_id=elsewhere)).then_rejected(
        "ticket_of_another"
    )
    given(TICKET, issued, came(1)).when(UndoCheckIn(elsewhere)).then_rejected("ticket_of_another")


def test_nobody_comes_in_by_a_ticket_that_is_none() -> None:
    given(TICKET).when(check_in).then_rejected("ticket_not_found")
    given(TICKET).when(UndoCheckIn(dinner)).then_rejected("ticket_not_found")


@pytest.mark.parametrize("seen_at", [begins - DOORS, ends])
def test_the_doors_are_open_from_a_day_before_it_begins_until_it_ends(seen_at: datetime) -> None:
    asked = replace(check_in, seen_at=seen_at, at=seen_at)
    given(TICKET, issued).when(asked).then(came(2, seen_at))


@pytest.mark.parametrize("seen_at", [begins - DOORS - moment, ends + moment])
def test_nobody_comes_in_by_closed_doors(seen_at: datetime) -> None:
    asked = replace(check_in, seen_at=seen_at, at=seen_at)
    given(TICKET, issued).when(asked).then_rejected("doors_closed")


def test_a_door_without_a_network_tells_later_what_it_saw() -> None:
    late = replace(check_in, at=ends + timedelta(days=2))
    given(TICKET, issued).when(late).then(came(2))


def test_no_door_tells_what_it_has_not_seen_yet() -> None:
    ahead = replace(check_in, seen_at=arrival + moment)
    given(TICKET, issued).when(ahead).then_rejected("seen_in_the_future")


def test_a_mistake_at_the_door_is_undone_and_they_come_in_again() -> None:
    given(TICKET, issued, came(2)).when(UndoCheckIn(dinner)).then(CheckInUndone(two_seats))
    given(TICKET, issued, came(2), CheckInUndone(two_seats)).when(check_in).then(came(2))


def test_of_who_has_not_come_in_nothing_is_undone() -> None:
    given(TICKET, issued).when(UndoCheckIn(dinner)).then_nothing()


def test_a_ticket_is_cancelled_though_somebody_has_come_in() -> None:
    given(TICKET, issued, came(1)).when(CancelTicket()).then(cancelled)


def test_what_was_never_issued_stays_nothing() -> None:
    assert TICKET.fold([came(1), CheckInUndone(two_seats)]) is None
