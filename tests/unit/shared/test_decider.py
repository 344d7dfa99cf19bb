"""Deciders, and the words in which tests speak of them."""

from dataclasses import dataclass

import pytest

from shared.decider import Decider, NotFound, Refused, Rejected, members
from shared.testing import eventually, given


@dataclass(frozen=True)
class Put:
    number: int


@dataclass(frozen=True)
class Was:
    number: int


@dataclass(frozen=True)
class Other:
    pass


def decide(command: Put, seen: tuple[int, ...]) -> list[Was]:
    if command.number < 0:
        raise Rejected(
            "negative", "Numbers are positive.", pointer="/number", number=command.number
        )
    return [] if command.number in seen else [Was(command.number)]


def evolve(seen: tuple[int, ...], event: Was) -> tuple[int, ...]:
    return (*seen, event.number)


SEEN: Decider[Put, tuple[int, ...], Was] = Decider(
    "seen", initial=(), decide=decide, evolve=evolve, commands=Put, events=Was
)


def test_a_fold_starts_from_the_beginning_or_from_a_state() -> None:
    assert SEEN.fold([]) == ()
    assert SEEN.fold([Was(1), Was(2)]) == (1, 2)
    assert SEEN.fold([Was(2)], (1,)) == (1, 2)


def test_an_empty_state_is_a_state() -> None:
    counting: Decider[Put, int, Was] = Decider(
        "counting", 7, lambda _, __: [], lambda n, _: n + 1, Put, Was
    )
    assert counting.fold([Was(1)], 0) == 1
    assert counting.fold([Was(1)]) == 8


def test_the_members_of_a_union_are_its_classes() -> None:
    assert members(Was) == (Was,)
    assert members(Was | Other) == (Was, Other)


def test_a_refusal_carries_what_a_machine_needs() -> None:
    refusal = Rejected("negative", "Numbers are positive.", pointer="/number", number=-1)
    assert (refusal.code, refusal.detail, refusal.pointer) == (
        "negative",
        "Numbers are positive.",
        "/number",
    )
    assert refusal.params == {"number": -1}
    assert str(refusal) == "Numbers are positive."
    assert isinstance(refusal, Refused)
    assert isinstance(NotFound("gone", "It is gone."), Refused)


def test_given_what_happened_when_asked_then_this_happens() -> None:
    given(SEEN, Was(1)).when(Put(2)).then(Was(2))
    given(SEEN, Was(1)).when(Put(1)).then_nothing()
    given(SEEN).when(Put(1), Put(2), Put(1)).then_nothing()
    given(SEEN).when(Put(-1)).then_rejected("negative")


def test_a_scenario_that_is_wrong_fails() -> None:
    with pytest.raises(AssertionError):
        given(SEEN).when(Put(1)).then(Was(2))
    with pytest.raises(AssertionError):
        given(SEEN).when(Put(1)).then_nothing()
    with pytest.raises(AssertionError, match="not refused"):
        given(SEEN).when(Put(1)).then_rejected("negative")
    with pytest.raises(AssertionError, match="refused"):
        given(SEEN).when(Put(-1)).then()
    with pytest.raises(AssertionError):
        given(SEEN).when(Put(-1)).then_rejected("too_large")
    with pytest.raises(Rejected):
        given(SEEN).when(Put(-1), Put(1)).then(Was(1))


async def test_eventually_ends_as_soon_as_it_is_so() -> None:
    seen = iter([0, 0, 3, 4])

    async def look() -> int:
        return next(seen)

    assert await eventually(look) == 3
    assert await eventually(look, lambda n: n == 4) == 4


async def test_eventually_says_what_it_saw_last() -> None:
    async def look() -> int:
        return 7

    with pytest.raises(AssertionError, match="last seen: 7"):
        await eventually(look, lambda n: n == 8, within=0.06)
