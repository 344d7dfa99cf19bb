"""Only who lets themselves be found is put into the light, once a day; and suggested again after ninety days."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from services.membership.spotlight import commands, events
from shared.decider import Decider, Rejected
from shared.ids import Label, PersonId, derive

LATELY = timedelta(days=30)
REST = timedelta(days=90)
MOST = 20

Last = date | None


def spotlight_stream(person_id: UUID) -> UUID:
    return derive(person_id, "spotlight")


def decide(command: commands.SpotlightCommand, last: Last) -> list[events.SpotlightEvent]:
    if command.member != "joined":
        raise Rejected("not_a_member", "The spotlight is for members.")
    if not command.shown:
        raise Rejected("not_in_directory", "They do not let the other members find them.")
    return [] if last == command.on else [events.SpotlightGiven(command.person_id, command.on)]


def evolve(_last: Last, event: events.SpotlightEvent) -> Last:
    return event.on


SPOTLIGHT: Decider[commands.SpotlightCommand, Last, events.SpotlightEvent] = Decider(
    "spotlight",
    initial=None,
    decide=decide,
    evolve=evolve,
    commands=commands.SpotlightCommand,
    events=events.SpotlightEvent,
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """Who holds a level, and lets themselves be found; `risen` is how many levels they have earned lately."""

    person_id: PersonId
    label: Label
    rank: int
    risen: int
    since: datetime
    last: Last


def suggested(candidates: Iterable[Candidate], today: date) -> list[Candidate]:
    """Who rose most comes first, then who was never shown, then the highest, who has waited longest.

    Without whom were shown within the last ninety days, and of those who did not rise only who never were.
    """
    worthy = [
        one
        for one in candidates
        if (one.last is None or one.last + REST <= today) and (one.risen or one.last is None)
    ]
    worthy.sort(
        key=lambda one: (-one.risen, one.last is not None, -one.rank, one.since, one.person_id)
    )
    return worthy[:MOST]
