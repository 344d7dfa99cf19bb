"""Everybody may join until the community says otherwise, and questions are asked of those who apply."""

from dataclasses import dataclass
from typing import assert_never
from uuid import UUID

from services.membership.admission import commands, events
from shared.decider import Decider, Rejected
from shared.ids import derive


@dataclass(frozen=True, slots=True)
class Admission:
    version: int = 0
    way: events.Way = "open"
    questions: tuple[events.Question, ...] = ()


def admission_stream(community_id: UUID) -> UUID:
    return derive(community_id, "admission")


def decide(command: commands.AdmissionCommand, admission: Admission) -> list[events.AdmissionEvent]:
    way, questions = command.way, command.questions
    if questions and way != "application":
        detail = "Questions are asked of those who apply: choose application."
        raise Rejected("nobody_to_ask", detail, pointer="/questions")
    for number, question in enumerate(questions):
        if len(question.options) == 1 or len(set(question.options)) < len(question.options):
            detail = "A choice is between two different options or more."
            raise Rejected("no_choice", detail, pointer=f"/questions/{number}/options")
    if (way, questions) == (admission.way, admission.questions):
        return []
    return [events.AdmissionChosen(admission.version + 1, way, questions)]


def evolve(admission: Admission, event: events.AdmissionEvent) -> Admission:
    del admission
    match event:
        case events.AdmissionChosen(version, way, questions):
            return Admission(version, way, questions)
        case _:
            assert_never(event)


ADMISSION: Decider[commands.AdmissionCommand, Admission, events.AdmissionEvent] = Decider(
    "admission",
    initial=Admission(),
    decide=decide,
    evolve=evolve,
    commands=commands.AdmissionCommand,
    events=events.AdmissionEvent,
)
