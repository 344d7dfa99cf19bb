from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

from services.membership.spotlight.commands import GiveSpotlight
from services.membership.spotlight.decider import MOST, REST, SPOTLIGHT, Candidate, suggested
from services.membership.spotlight.events import SpotlightGiven
from shared.ids import Label, PersonId
from shared.testing import given
from tests.unit.membership.facts import noon

ada = PersonId(UUID(int=1))
today = date(2026, 3, 1)
give = GiveSpotlight(ada, "joined", shown=True, on=today)
given_today = SpotlightGiven(ada, today)


def test_it_is_given_once_a_day_to_members_who_let_themselves_be_found() -> None:
    given(SPOTLIGHT).when(give).then(given_today)
    given(SPOTLIGHT, given_today).when(give).then_nothing()
    tomorrow = today + timedelta(days=1)
    given(SPOTLIGHT, given_today).when(replace(give, on=tomorrow)).then(
        SpotlightGiven(ada, tomorrow)
    )
    given(SPOTLIGHT).when(replace(give, shown=False)).then_rejected("not_in_directory")
    given(SPOTLIGHT).when(replace(give, member="left")).then_rejected("not_a_member")


def candidate(number: int, *, rank: int = 1, risen: int = 0, last: date | None = None) -> Candidate:
    return Candidate(PersonId(UUID(int=number)), Label("Helper"), rank, risen, noon, last)


def numbers(*candidates: Candidate) -> list[int]:
    return [one.person_id.int for one in suggested(candidates, today)]


def test_who_rose_most_comes_first_then_who_was_never_shown() -> None:
    long_ago = today - REST
    assert numbers(
        candidate(1, rank=3),
        candidate(2, rank=1),
        candidate(3, risen=1, last=long_ago),
        candidate(4, risen=1),
        candidate(5, risen=2, last=long_ago),
    ) == [5, 4, 3, 1, 2]


def test_who_was_shown_lately_is_not_suggested_nor_who_was_shown_and_did_not_rise() -> None:
    lately = today - REST + timedelta(days=1)
    assert numbers(candidate(1, risen=3, last=lately), candidate(2, last=date(2020, 1, 1))) == []
    assert len(numbers(*(candidate(number) for number in range(MOST + 5)))) == MOST


def test_of_equals_who_has_waited_longest_comes_first() -> None:
    waiting = replace(candidate(2), since=noon - timedelta(days=9))
    assert numbers(candidate(1), waiting) == [2, 1]
