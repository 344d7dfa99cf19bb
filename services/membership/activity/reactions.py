"""Who is named as having been at an occurrence of a ritual has taken part."""

from services.membership.activity import commands
from services.membership.activity.decider import ACTIVITY, page_of
from services.membership.activity.events import Signal
from services.membership.ritual.events import OccurrenceHeld
from shared.event_store import Fact
from shared.ids import Code, derive
from shared.reaction import Ask, Reaction

SOURCE = Code("ritual")


def when_occurrence_held_record_attendance(fact: Fact) -> list[Ask]:
    held: OccurrenceHeld = fact.body
    if not held.people:
        return []
    signals = tuple(
        Signal(
            derive(fact.stream_id, "attendance", held.on.isoformat(), str(person_id)),
            person_id,
            "attendance",
            SOURCE,
            held.planned_at,
        )
        for person_id in held.people
    )
    page = page_of(fact.community_id, held.planned_at)
    return [Ask(ACTIVITY, page, commands.RecordSignals(signals))]


REACTIONS = (
    Reaction(
        name="membership.activity.when_occurrence_held_record_attendance",
        to=OccurrenceHeld,
        react=when_occurrence_held_record_attendance,
    ),
)
