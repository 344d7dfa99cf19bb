"""Whoever wants nothing recorded of what they do is left alone until they themselves say otherwise.

One stream holds the choices of a whole community: whoever is about to record much reads one.
"""

from dataclasses import dataclass
from typing import assert_never
from uuid import UUID

from services.membership.activity_choice import commands, events
from shared.decider import Decider
from shared.ids import PersonId, derive


@dataclass(frozen=True, slots=True)
class Choices:
    declined: frozenset[PersonId] = frozenset()


def choices_of(community_id: UUID) -> UUID:
    return derive(community_id, "activity_choices")


def decide(command: commands.ChooseActivity, choices: Choices) -> list[events.ActivityChoiceEvent]:
    person_id, is_recorded = command.person_id, command.person_id not in choices.declined
    if command.recorded == is_recorded:
        return []
    if command.recorded:
        return [events.ActivityWelcomed(person_id)]
    return [events.ActivityDeclined(person_id)]


def evolve(choices: Choices, event: events.ActivityChoiceEvent) -> Choices:
    match event:
        case events.ActivityDeclined(person_id):
            return Choices(choices.declined | {person_id})
        case events.ActivityWelcomed(person_id):
            return Choices(choices.declined - {person_id})
        case _:
            assert_never(event)


ACTIVITY_CHOICE: Decider[commands.ChooseActivity, Choices, events.ActivityChoiceEvent] = Decider(
    "activity_choice",
    initial=Choices(),
    decide=decide,
    evolve=evolve,
    commands=commands.ChooseActivity,
    events=events.ActivityChoiceEvent,
)
