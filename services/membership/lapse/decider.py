"""Who is gone for as long as the rules say is told ahead, and then forgotten, unless something keeps them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never
from uuid import UUID

from services.membership.keeping import days_of
from services.membership.lapse import commands, events
from shared.decider import Decider
from shared.ids import derive


@dataclass(frozen=True, slots=True)
class Lapse:
    """What they were told; and of which absence they were forgotten, which does not happen twice."""

    foretold: events.LapseForetold | None = None
    lapsed_since: datetime | None = None


def lapse_stream(person_id: UUID) -> UUID:
    return derive(person_id, "lapse")


def decide(command: commands.LapseCommand, lapse: Lapse) -> list[events.LapseEvent]:
    look, told, absence = command, lapse.foretold, command.absence
    if absence is None:
        return _call_off(look, told, "back")
    if look.held_by is not None:
        return _call_off(look, told, look.held_by)
    due = due_at(look, absence)
    if due is None or look.at < due - timedelta(days=look.rules.notice_days):
        return _call_off(look, told, "rules")
    if absence.since == lapse.lapsed_since:
        return []
    if told is None or (told.ground, told.since) != (absence.ground, absence.since):
        return [_foretell(look, absence, due)]
    if look.at < max(told.ends_at, due):
        return []
    lapsed = events.PersonLapsed(
        look.person_id, absence.ground, absence.since, look.version, told.mark
    )
    return [lapsed]


def due_at(look: commands.LookAtAbsence, absence: commands.Absence) -> datetime | None:
    """When their time is over by the rules; None: never."""
    days = days_of(look.rules, absence.ground)
    return None if days is None else absence.since + timedelta(days=days)


def _foretell(
    look: commands.LookAtAbsence, absence: commands.Absence, due: datetime
) -> events.LapseForetold:
    """Whose time was over before anybody told them has as long as the others."""
    ends_at = max(due, look.at + timedelta(days=look.rules.notice_days))
    return events.LapseForetold(
        look.person_id, absence.ground, absence.since, ends_at, look.version, look.way, look.mark
    )


def _call_off(
    look: commands.LookAtAbsence, told: events.LapseForetold | None, because: events.Because
) -> list[events.LapseEvent]:
    return [events.LapseCalledOff(look.person_id, because, look.version)] if told else []


def evolve(lapse: Lapse, event: events.LapseEvent) -> Lapse:
    match event:
        case events.LapseForetold():
            return Lapse(event, lapse.lapsed_since)
        case events.LapseCalledOff():
            return Lapse(None, lapse.lapsed_since)
        case events.PersonLapsed(since=since):
            return Lapse(None, since)
        case _:
            assert_never(event)


LAPSE: Decider[commands.LapseCommand, Lapse, events.LapseEvent] = Decider(
    "lapse",
    initial=Lapse(),
    decide=decide,
    evolve=evolve,
    commands=commands.LapseCommand,
    events=events.LapseEvent,
)
