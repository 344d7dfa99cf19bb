"""Who is banned or erased leaves every seat they ever took, and keeps none that comes later."""

from dataclasses import dataclass, replace
from typing import assert_never
from uuid import UUID

from services.membership.access.events import Barred
from services.membership.sitter import commands, events
from shared.decider import Decider
from shared.ids import PersonId, derive


@dataclass(frozen=True, slots=True)
class Sitter:
    seats: tuple[events.Held, ...] = ()
    barred: Barred | None = None


def stream_of(person_id: PersonId) -> UUID:
    return derive(person_id, "seats")


def decide(command: commands.SitterCommand, sitter: Sitter) -> list[events.SitterEvent]:
    match command:
        case commands.TakeSeat(held) if held in sitter.seats:
            return []
        case commands.TakeSeat(held):
            left = [events.SeatsLeft(sitter.barred, (held,))] if sitter.barred else []
            return [events.SeatTaken(held), *left]
        case commands.LeaveSeats(cause):
            return [] if sitter.barred else [events.SeatsLeft(cause, sitter.seats)]
        case commands.AllowSitting():
            return [events.SittingAllowed()] if sitter.barred == "banned" else []
        case _:
            assert_never(command)


def evolve(sitter: Sitter, event: events.SitterEvent) -> Sitter:
    match event:
        case events.SeatTaken(held):
            return replace(sitter, seats=(*sitter.seats, held))
        case events.SeatsLeft(cause):
            return replace(sitter, barred=cause)
        case events.SittingAllowed():
            return Sitter()
        case _:
            assert_never(event)


SITTER: Decider[commands.SitterCommand, Sitter, events.SitterEvent] = Decider(
    "sitter",
    initial=Sitter(),
    decide=decide,
    evolve=evolve,
    commands=commands.SitterCommand,
    events=events.SitterEvent,
)
