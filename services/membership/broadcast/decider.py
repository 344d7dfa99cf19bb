"""A broadcast goes out once, when it is due and to whom it meant then; until the last copy it can be stopped."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, assert_never
from uuid import UUID

from services.membership.broadcast import commands, events
from services.membership.pacing import turns
from shared.decider import Decider, NotFound, Rejected
from shared.ids import PersonId, derive

Standing = Literal["unknown", "draft", "scheduled", "sending", "sent", "cancelled"]

EVERYBODY = events.Segment()


@dataclass(frozen=True, slots=True)
class Broadcast:
    """`waiting` are the people nobody has written to yet, by the minute in which it is their turn."""

    standing: Standing = "unknown"
    texts: tuple[events.Text, ...] = ()
    segment: events.Segment = EVERYBODY
    due: datetime | None = None
    is_fixed: bool = False
    waiting: tuple[tuple[PersonId, ...], ...] = ()
    released: int = 0


def author_of(broadcast_id: UUID) -> PersonId:
    """Whose key seals the text: the broadcast's own, so that a text can be forgotten without a trace."""
    return PersonId(derive(broadcast_id, "text"))


def decide(command: commands.BroadcastCommand, broadcast: Broadcast) -> list[events.BroadcastEvent]:
    if isinstance(command, commands.DraftBroadcast):
        is_new = broadcast.standing == "unknown"
        return [events.BroadcastDrafted(command.texts, command.segment)] if is_new else []
    if broadcast.standing == "unknown":
        raise NotFound("announcement_not_found", "There is no such announcement.")
    match command:
        case commands.ReviseBroadcast(texts, segment):
            _still_open(broadcast)
            return [events.BroadcastRevised(texts, segment)]
        case commands.ScheduleBroadcast(due, at):
            return _schedule(due, at, broadcast)
        case commands.StartBroadcast(due):
            is_due = broadcast.standing == "scheduled" and broadcast.due == due
            return [events.BroadcastStarted()] if is_due else []
        case commands.FixAudience(people, a_minute):
            is_awaited = broadcast.standing == "sending" and not broadcast.is_fixed
            return _fix(people, a_minute) if is_awaited else []
        case commands.ReleaseCopies(number):
            is_next = broadcast.standing == "sending" and number == broadcast.released + 1
            return _release(number, broadcast) if is_next and broadcast.is_fixed else []
        case commands.ForgetText() if broadcast.standing not in ("sent", "cancelled"):
            raise Rejected("announcement_open", "Cancel it first.")
        case commands.ForgetText():
            return [events.TextForgotten()] if broadcast.texts else []
        case commands.CancelBroadcast() if broadcast.standing == "sent":
            raise Rejected("announcement_sent", "It has gone out.")
        case commands.CancelBroadcast():
            return [] if broadcast.standing == "cancelled" else [events.BroadcastCancelled()]
        case _:
            assert_never(command)


def _still_open(broadcast: Broadcast) -> None:
    if broadcast.standing not in ("draft", "scheduled"):
        raise Rejected("announcement_closed", "It is going out, has gone out or was cancelled.")


def _schedule(due: datetime, at: datetime, broadcast: Broadcast) -> list[events.BroadcastEvent]:
    if broadcast.standing == "scheduled" and broadcast.due == due:
        return []
    _still_open(broadcast)
    if due < at:
        raise Rejected("in_the_past", "This time has passed.", pointer="/at")
    return [events.BroadcastScheduled(due)]


def _fix(people: tuple[PersonId, ...], a_minute: int) -> list[events.BroadcastEvent]:
    return [
        *(
            events.AudienceTaken(number, turn)
            for number, turn in enumerate(turns(people, a_minute), 1)
        ),
        events.AudienceFixed(len(people)),
        *(() if people else (events.BroadcastCompleted(),)),
    ]


def _release(number: int, broadcast: Broadcast) -> list[events.BroadcastEvent]:
    turn, *others = broadcast.waiting
    released = events.CopiesReleased(number, turn)
    return [released] if others else [released, events.BroadcastCompleted()]


def evolve(broadcast: Broadcast, event: events.BroadcastEvent) -> Broadcast:
    match event:
        case events.BroadcastDrafted(texts, segment):
            return Broadcast("draft", texts, segment)
        case events.BroadcastRevised(texts, segment):
            return replace(broadcast, texts=texts, segment=segment)
        case events.BroadcastScheduled(due):
            return replace(broadcast, standing="scheduled", due=due)
        case events.BroadcastStarted():
            return replace(broadcast, standing="sending")
        case events.AudienceTaken(_, people):
            return replace(broadcast, waiting=(*broadcast.waiting, people))
        case events.AudienceFixed():
            return replace(broadcast, is_fixed=True)
        case events.CopiesReleased(number):
            return replace(broadcast, released=number, waiting=broadcast.waiting[1:])
        case events.BroadcastCompleted():
            return replace(broadcast, standing="sent")
        case events.BroadcastCancelled():
            return replace(broadcast, standing="cancelled", waiting=())
        case events.TextForgotten():
            return replace(broadcast, texts=())
        case _:
            assert_never(event)


BROADCAST: Decider[commands.BroadcastCommand, Broadcast, events.BroadcastEvent] = Decider(
    "broadcast",
    initial=Broadcast(),
    decide=decide,
    evolve=evolve,
    commands=commands.BroadcastCommand,
    events=events.BroadcastEvent,
)
