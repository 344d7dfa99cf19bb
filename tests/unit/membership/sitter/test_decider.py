from uuid import UUID

from services.membership.sitter.commands import AllowSitting, LeaveSeats, TakeSeat
from services.membership.sitter.decider import SITTER
from services.membership.sitter.events import Held, SeatsLeft, SeatTaken, SittingAllowed
from shared.testing import given

here, there = Held(UUID(int=50), UUID(int=1)), Held(UUID(int=51), UUID(int=2))
gone = SeatsLeft("erased", (here,))


def test_a_person_sits_on_as_many_seats_as_they_take() -> None:
    given(SITTER).when(TakeSeat(here)).then(SeatTaken(here))
    given(SITTER, SeatTaken(here)).when(TakeSeat(here)).then_nothing()
    given(SITTER, SeatTaken(here)).when(TakeSeat(there)).then(SeatTaken(there))


def test_who_is_banned_or_erased_leaves_all_of_them_once() -> None:
    both = SeatTaken(here), SeatTaken(there)
    given(SITTER, *both).when(LeaveSeats("banned")).then(SeatsLeft("banned", (here, there)))
    given(SITTER, SeatTaken(here), gone).when(LeaveSeats("banned")).then_nothing()
    given(SITTER).when(LeaveSeats("erased")).then(SeatsLeft("erased", ()))


def test_a_seat_that_comes_later_is_left_at_once() -> None:
    late = given(SITTER, SeatTaken(here), gone).when(TakeSeat(there))
    late.then(SeatTaken(there), SeatsLeft("erased", (there,)))
    given(SITTER, SeatTaken(here), gone).when(TakeSeat(here)).then_nothing()


def test_who_is_banned_no_more_sits_again_and_on_another_seat() -> None:
    banned, allowed = SeatsLeft("banned", (here,)), SittingAllowed()
    given(SITTER, SeatTaken(here), banned).when(AllowSitting()).then(allowed)
    given(SITTER, SeatTaken(here), banned, allowed).when(TakeSeat(there)).then(SeatTaken(there))
    given(SITTER, SeatTaken(here), gone).when(AllowSitting()).then_nothing()
    given(SITTER, SeatTaken(here)).when(AllowSitting()).then_nothing()
