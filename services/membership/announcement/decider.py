"""A letter has one outcome: it was sent, and may come back later, or it was not and we know why.

Which ways a message goes is said once.

Of one letter to many so many are released a minute, in the order in which they were taken.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import assert_never
from uuid import UUID

from services.membership.announcement import commands, events
from services.membership.pacing import PAUSE, turns
from shared.decider import Decider
from shared.ids import Code, derive

TO_THE_OLD_ADDRESS = Code("address_changed")


@dataclass(frozen=True, slots=True)
class Announcement:
    """`sent` is None for what was not, or is not yet; each kind of return counts once."""

    settled: bool = False
    directed: events.MessageDirected | None = None
    sent: events.MessageSent | None = None
    returned: frozenset[events.Return] = frozenset()


def decide(
    command: commands.AnnouncementCommand, announcement: Announcement
) -> list[events.AnnouncementEvent]:
    if isinstance(command, commands.RecordReturn):
        return _return(command, announcement)
    if announcement.settled:
        return []
    match command:
        case commands.DirectMessage() if announcement.directed is not None:
            return []
        case commands.DirectMessage(person_id, template, channels, mail, content, broadcast_id):
            return [
                events.MessageDirected(person_id, template, channels, mail, content, broadcast_id)
            ]
        case commands.RecordSent(person_id, template, broadcast_id):
            return [events.MessageSent(person_id, template, broadcast_id)]
        case commands.RecordNotSent(person_id, template, reason, broadcast_id):
            return [events.MessageNotSent(person_id, template, reason, broadcast_id)]
        case commands.PassOn(organisation_id, template, content, tell):
            return [events.MessagePassedOn(organisation_id, template, content, tell)]
        case _:
            assert_never(command)


def _return(
    told: commands.RecordReturn, announcement: Announcement
) -> list[events.AnnouncementEvent]:
    """What went to an address that they had before says nothing of the one they have."""
    sent = announcement.sent
    if sent is None or sent.template == TO_THE_OLD_ADDRESS or told.kind in announcement.returned:
        return []
    return [events.MessageReturned(sent.person_id, sent.template, told.kind)]


def evolve(announcement: Announcement, event: events.AnnouncementEvent) -> Announcement:
    match event:
        case events.MessageSent():
            return replace(announcement, settled=True, sent=event)
        case events.MessageReturned(kind=kind):
            return replace(announcement, returned=announcement.returned | {kind})
        case events.MessageDirected():
            return replace(announcement, directed=event)
        case events.MessageNotSent() | events.MessagePassedOn():
            return replace(announcement, settled=True)
        case _:
            assert_never(event)


ANNOUNCEMENT: Decider[commands.AnnouncementCommand, Announcement, events.AnnouncementEvent] = (
    Decider(
        "announcement",
        initial=Announcement(),
        decide=decide,
        evolve=evolve,
        commands=commands.AnnouncementCommand,
        events=events.AnnouncementEvent,
    )
)


def circular_of(source_id: UUID) -> UUID:
    """The stream of what many are told of one idea, improvement or document: who comes later waits for the others."""
    return derive(source_id, "circular")


@dataclass(frozen=True, slots=True)
class Circular:
    """`waiting` are the turns that nobody has written to yet, by number; the last `minute` is `filled` so far."""

    waiting: Mapping[int, events.TurnTaken] = field(default_factory=dict)
    taken: int = 0
    minute: datetime | None = None
    filled: int = 0


def decide_circular(
    command: commands.CircularCommand, circular: Circular
) -> list[events.CircularEvent]:
    match command:
        case commands.TakeTurns():
            return _take(command, circular)
        case commands.ReleaseTurn(number):
            turn = circular.waiting.get(number)
            if turn is None:
                return []
            return [events.TurnReleased(number, turn.template, turn.content, turn.people)]
        case commands.StopCircular():
            return [events.CircularStopped()] if circular.waiting else []
        case _:
            assert_never(command)


def _take(asked: commands.TakeTurns, circular: Circular) -> list[events.CircularEvent]:
    """What room is left in the last minute is used first, so that many short lists are no slower than a long one."""
    minute, filled = circular.minute, circular.filled
    if minute is None or asked.at >= minute + PAUSE:
        minute, filled = asked.at, 0
    room = max(asked.a_minute - filled, 0)
    now, later = asked.people[:room], turns(asked.people[room:], asked.a_minute)
    due = [(now, max(asked.at, minute))] if now else []
    due += [(turn, minute + number * PAUSE) for number, turn in enumerate(later, 1)]
    return [
        events.TurnTaken(circular.taken + number, asked.template, asked.content, turn, at)
        for number, (turn, at) in enumerate(due, 1)
    ]


def _with_turn(circular: Circular, turn: events.TurnTaken) -> Circular:
    minute, filled = circular.minute, circular.filled
    if minute is None or turn.due >= minute + PAUSE:
        minute, filled = turn.due, 0
    waiting = {**circular.waiting, turn.number: turn}
    return Circular(waiting, turn.number, minute, filled + len(turn.people))


def evolve_circular(circular: Circular, event: events.CircularEvent) -> Circular:
    match event:
        case events.TurnTaken():
            return _with_turn(circular, event)
        case events.TurnReleased(released):
            rest = {number: turn for number, turn in circular.waiting.items() if number != released}
            return replace(circular, waiting=rest)
        case events.CircularStopped():
            return replace(circular, waiting={})
        case _:
            assert_never(event)


CIRCULAR: Decider[commands.CircularCommand, Circular, events.CircularEvent] = Decider(
    "circular",
    initial=Circular(),
    decide=decide_circular,
    evolve=evolve_circular,
    commands=commands.CircularCommand,
    events=events.CircularEvent,
)
