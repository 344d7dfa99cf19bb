"""A decider is the whole write side of one aggregate: three pure things, no I/O, no clock, no random.

Refused                 a rule said no, or what was asked for does not exist
+-- Rejected            409, or 422 when it names a field of the request
+-- NotFound            404
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar, get_args

C = TypeVar("C")
S = TypeVar("S")
E = TypeVar("E")


class Refused(Exception):
    """A rule said no. `code` is stable and machine-readable; `detail` is a sentence for people."""

    def __init__(
        self, code: str, detail: str, *, pointer: str | None = None, **params: object
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.pointer = pointer
        self.params = params


class Rejected(Refused):
    """The state forbids it (409); with `pointer` (a JSON pointer into the body) the value does (422)."""


class NotFound(Refused):
    """What the command speaks of does not exist, or not for this community (404)."""


@dataclass(frozen=True)
class Decider(Generic[C, S, E]):
    """`decide(command, state) -> events` and `evolve(state, event) -> state`, from `initial`.

    `commands` and `events` are the unions (or the single class) these functions are total over; the
    kernel derives the stored names from them. `name` is the feature's name, frozen once events exist.
    """

    name: str
    initial: S
    decide: Callable[[C, S], Sequence[E]]
    evolve: Callable[[S, E], S]
    commands: object
    events: object

    def fold(self, events: Iterable[E], state: S | None = None) -> S:
        """The state after `events`, starting from `state` or from the beginning."""
        current = self.initial if state is None else state
        for event in events:
            current = self.evolve(current, event)
        return current


def members(union: object) -> tuple[type, ...]:
    """The classes of a union `A | B`, or the class itself."""
    if isinstance(union, type):
        return (union,)
    return tuple(get_args(union))
