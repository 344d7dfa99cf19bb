"""Who is named as having been at an occurrence of a ritual has taken part, unless they want none of it recorded."""

from services.membership.activity import commands
from services.membership.activity.decider import ACTIVITY, page_of
from services.membership.activity.events import Signal
from services.membership.activity_choice.projections import declined_now
from services.membership.ritual.events import OccurrenceHeld
from shared.event_store import Fact
from shared.ids import Code, derive
from shared.reaction import Action, ActionContext, Ask, Call, Reaction

SOURCE = Code("ritual")


def when_occurrence_held_record_attendance(fact: Fact) -> list[Call]:
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
    return [Call(commands.RecordAttendance(signals))]


async def record_attendance(action: commands.RecordAttendance, context: ActionContext) -> Ask:
    declined = await declined_now(context.service, context.community_id)
    page = page_of(context.community_id, action.signals[0].seen_at)
    return Ask(ACTIVITY, page, commands.RecordSignals(action.signals, declined))


REACTIONS = (
    Reaction(
        name="membership.activity.when_occurrence_held_record_attendance",
        to=OccurrenceHeld,
        react=when_occurrence_held_record_attendance,
    ),
)

ACTIONS = (Action(of=commands.RecordAttendance, perform=record_attendance),)
