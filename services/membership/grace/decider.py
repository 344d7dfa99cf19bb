"""Nobody's access outlasts what it was for by more than ninety days, nor by any where the community sets none."""

from dataclasses import asdict
from uuid import UUID

from services.membership.grace import commands, events
from services.membership.grace.events import Grace
from shared.decider import Decider, Rejected
from shared.ids import derive

MOST_DAYS = 90


def grace_stream(community_id: UUID) -> UUID:
    return derive(community_id, "grace")


def decide(command: commands.GraceCommand, grace: Grace) -> list[events.GraceEvent]:
    for name, days in asdict(command.grace).items():
        if not 0 <= days <= MOST_DAYS:
            detail = f"Access lasts from 0 to {MOST_DAYS} days longer."
            raise Rejected("grace_out_of_range", detail, pointer=f"/{name}", most=MOST_DAYS)
    return [] if command.grace == grace else [events.GraceSet(command.grace)]


def evolve(_grace: Grace, event: events.GraceEvent) -> Grace:
    return event.grace


GRACE: Decider[commands.GraceCommand, Grace, events.GraceEvent] = Decider(
    "grace",
    initial=Grace(),
    decide=decide,
    evolve=evolve,
    commands=commands.GraceCommand,
    events=events.GraceEvent,
)
