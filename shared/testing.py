"""The words tests speak: given what happened, when something is asked, then this happens."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from shared.decider import Decider, Refused

C = TypeVar("C")
S = TypeVar("S")
E = TypeVar("E")
T = TypeVar("T")


@dataclass(frozen=True)
class Outcome(Generic[S, E]):
    """What the last command led to: its new events or its refusal, and the state before it."""

    events: tuple[E, ...]
    refusal: Refused | None
    state: S

    def then(self, *expected: E) -> None:
        """Exactly these events, in this order."""
        assert self.refusal is None, f"refused: {self.refusal!r}"
        assert self.events == expected

    def then_nothing(self) -> None:
        """It was so already."""
        self.then()

    def then_rejected(self, code: str) -> None:
        """A refusal with this code, and no event."""
        assert self.refusal is not None, f"not refused: {self.events!r}"
        assert self.refusal.code == code


@dataclass(frozen=True)
class Scenario(Generic[C, S, E]):
    """A decider and the events it has seen so far."""

    decider: Decider[C, S, E]
    history: tuple[E, ...] = field(default=())

    def when(self, *commands: C) -> Outcome[S, E]:
        """Decide the commands in order; those before the last must be accepted."""
        state = self.decider.fold(self.history)
        for command in commands[:-1]:
            state = self.decider.fold(self.decider.decide(command, state), state)
        try:
            events = tuple(self.decider.decide(commands[-1], state))
        except Refused as refusal:
            return Outcome((), refusal, state)
        self.decider.fold(events, state)
        return Outcome(events, None, state)


def given(decider: Decider[C, S, E], *history: E) -> Scenario[C, S, E]:
    """Start from these events."""
    return Scenario(decider, history)


async def eventually(
    look: Callable[[], Awaitable[T]], accept: Callable[[T], bool] = bool, *, within: float = 120.0
) -> T:
    """Poll `look` until `accept` agrees; after `within` real seconds, fail with what was last seen."""
    deadline = time.monotonic() + within
    while True:
        seen = await look()
        if accept(seen):
            return seen
        if time.monotonic() > deadline:
            message = f"not within {within} s; last seen: {seen!r}"
            raise AssertionError(message)
        await asyncio.sleep(0.05)
