"""An endpoint hears everything in order: what it does not take is tried for three days, and nothing overtakes it."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal, assert_never
from uuid import UUID

from services.membership.delivery import commands, events
from services.membership.endpoint.events import EndpointId
from shared.decider import Decider, Rejected
from shared.ids import derive

QueueKind = Literal["live", "replay", "ping"]

# The waits that Standard Webhooks proposes: three days and three and a half hours, all together.
BACK_OFF = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
LONGEST_WAIT = timedelta(days=1)
MOST_REPLAYED = 10_000


@dataclass(frozen=True, slots=True)
class Queue:
    """A cursor: `attempts` were made in vain for the event that is next."""

    kind: QueueKind = "live"
    attempts: int = 0


def decide_attempt(command: commands.RecordAttempt, queue: Queue) -> list[events.AttemptEvent]:
    match command.outcome:
        case "taken":
            return [events.Delivered()]
        case "gone":
            return [events.GivenUp("gone")]
        case "refused" if queue.kind == "ping":
            return [events.Dropped()]
        case "refused" if queue.attempts < len(BACK_OFF):
            wait = BACK_OFF[queue.attempts]
            wait += wait * command.jitter // 10_000
            return [events.PutOff(max(wait, min(command.later or wait, LONGEST_WAIT)))]
        case "refused":
            return [events.GivenUp("failing") if queue.kind == "live" else events.Dropped()]
        case _:
            assert_never(command.outcome)


def evolve_attempt(queue: Queue, event: events.AttemptEvent) -> Queue:
    match event:
        case events.Delivered():
            return replace(queue, attempts=0)
        case events.PutOff() | events.GivenUp() | events.Dropped():
            return replace(queue, attempts=queue.attempts + 1)
        case _:
            assert_never(event)


PATIENCE: Decider[commands.RecordAttempt, Queue, events.AttemptEvent] = Decider(
    "patience",
    initial=Queue(),
    decide=decide_attempt,
    evolve=evolve_attempt,
    commands=commands.RecordAttempt,
    events=events.AttemptEvent,
)
"""Mounted nowhere: its state is a row, not a stream."""


def verdict_of(endpoint_id: EndpointId, run: int) -> UUID:
    """The stream on which a run is given up; an errand's stream is its own id."""
    return derive(endpoint_id, "given_up", str(run))


def decide(command: commands.DeliveryCommand, decided: bool) -> list[events.DeliveryEvent]:  # noqa: FBT001  It is the whole state.
    if decided:
        return []
    match command:
        case commands.AskPing(endpoint_id):
            return [events.PingAsked(endpoint_id)]
        case commands.AskReplay(endpoint_id, first, last, count):
            if first is None or last is None or count == 0:
                detail = "Nothing that can be sent again was heard then."
                raise Rejected("nothing_to_replay", detail)
            if count > MOST_REPLAYED:
                detail = f"At most {MOST_REPLAYED} events are sent again at once."
                raise Rejected("too_much_to_replay", detail, most=MOST_REPLAYED)
            return [events.ReplayAsked(endpoint_id, first, last)]
        case commands.GiveUp(endpoint_id, run, cause, tell):
            return [events.DeliveryGivenUp(endpoint_id, run, cause, tell)]
        case _:
            assert_never(command)


def evolve(_: bool, event: events.DeliveryEvent) -> bool:  # noqa: FBT001
    del event
    return True


DELIVERY: Decider[commands.DeliveryCommand, bool, events.DeliveryEvent] = Decider(
    "delivery",
    initial=False,
    decide=decide,
    evolve=evolve,
    commands=commands.DeliveryCommand,
    events=events.DeliveryEvent,
)
