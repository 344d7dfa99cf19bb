"""What follows from a fact: pure functions from events to intents, and the words intents are made of."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.decider import Decider
from shared.event_store import Fact, Keep

NOTHING = Keep()


@dataclass(frozen=True)
class Ask:
    """One command for one stream: a step of a request, or what a reaction asks for.

    `keep` is personal data that is written or destroyed in the same transaction; `expected` is the version
    the caller has seen (If-Match), None when it does not matter. `community_id` is that of whoever asks, unless the
    stream belongs to another one (PLATFORM for what is unique everywhere).
    """

    decider: Decider[Any, Any, Any]
    stream_id: UUID
    command: object
    keep: Keep = NOTHING
    expected: int | None = None
    community_id: UUID | None = None


@dataclass(frozen=True)
class At:
    """Ask when the business clock reaches `due`."""

    due: datetime
    ask: Ask


@dataclass(frozen=True)
class Call:
    """Have a gateway do `action`, a frozen dataclass; its performer answers with the next `Ask`."""

    action: object


Intent = Ask | At | Call


@dataclass(frozen=True)
class Reaction:
    """When a fact of class `to` is read, `react` says what to do. `name` is frozen: ids derive from it."""

    name: str
    to: type
    react: Callable[[Any], Sequence[Intent]]


class Transient(Exception):
    """The other side is unwell: try again later, `after` so many seconds where it has said so; never give up."""

    def __init__(self, reason: str, after: float | None = None) -> None:
        super().__init__(reason)
        self.after = after


@dataclass(frozen=True)
class ActionContext:
    """What a performer may use. `key` is the same at every attempt of one action: an idempotency key."""

    key: UUID
    attempt: int
    community_id: UUID
    now: datetime
    service: Any
    gateways: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Action:
    """How actions of class `of` are performed. Raise `Transient` to be called again."""

    of: type
    perform: Callable[[Any, ActionContext], Awaitable[Ask | None]]


def intents_of(
    reactions: Mapping[type, Sequence[Reaction]], fact: Fact
) -> list[tuple[Reaction, int, Intent]]:
    """Every intent `fact` leads to, with the reaction and its number among that reaction's intents."""
    return [
        (reaction, number, intent)
        for reaction in reactions.get(type(fact.body), ())
        for number, intent in enumerate(reaction.react(fact))
    ]
