"""A file is what was announced, same size, type and hash, or it is nothing."""

from dataclasses import dataclass, replace
from typing import assert_never

from services.membership.file import commands, events
from shared.decider import Decider, NotFound, Rejected

LARGEST = 5 * 1024**3  # What S3 takes in one PUT.


@dataclass(frozen=True, slots=True)
class State:
    announced: events.FileAnnounced
    completed: bool = False


def decide(command: commands.FileCommand, state: State | None) -> list[events.FileEvent]:
    match command:
        case commands.AnnounceFile() if state is not None:
            return []
        case commands.AnnounceFile(name, size, media_type, sha256):
            if not 1 <= size <= LARGEST:
                raise Rejected("size_out_of_range", "Not so large.", pointer="/size", most=LARGEST)
            return [events.FileAnnounced(name, size, media_type, sha256)]
        case _ if state is None:
            raise NotFound("file_not_found", "There is no such file.")
        case commands.CompleteFile() if state.completed:
            return []
        case commands.CompleteFile(is_held):
            if not is_held:
                raise Rejected("file_not_sent", "Its bytes have not arrived as announced.")
            return [events.FileCompleted()]
        case _:
            assert_never(command)


def evolve(state: State | None, event: events.FileEvent) -> State | None:
    match event:
        case events.FileAnnounced():
            return State(event)
        case events.FileCompleted():
            return state and replace(state, completed=True)
        case _:
            assert_never(event)


FILE: Decider[commands.FileCommand, State | None, events.FileEvent] = Decider(
    "file",
    initial=None,
    decide=decide,
    evolve=evolve,
    commands=commands.FileCommand,
    events=events.FileEvent,
)
