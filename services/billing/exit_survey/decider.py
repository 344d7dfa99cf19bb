"""Only who leaves is asked why, only they answer, the last answer counts, and none does of who stays."""

from dataclasses import dataclass, replace
from typing import assert_never
from uuid import UUID

from services.billing.exit_survey import commands, events
from services.billing.subscription.events import EndReason
from shared.decider import Decider, NotFound, Rejected
from shared.ids import derive

NEVER_ASKED: frozenset[EndReason] = frozenset({"payment_failed", "banned", "erased", "migrated"})
"""Whose card failed, which nobody has to ask, who was sent away, wants to be forgotten, or did not leave at all."""


@dataclass(frozen=True, slots=True)
class Survey:
    """`asked`: they have had the letter, of which there is one."""

    answer: events.ExitAnswered | None = None
    asked: bool = False


def exit_survey_stream(subscription_id: UUID) -> UUID:
    return derive(subscription_id, "exit survey")


def decide(command: commands.ExitSurveyCommand, survey: Survey) -> list[events.ExitSurveyEvent]:
    is_over = survey.asked or survey.answer is not None
    match command:
        case commands.AnswerExit(by=by, payer=payer) if by != payer:
            raise NotFound("subscription_not_found", "There is no such subscription.")
        case commands.AnswerExit(is_leaving=False):
            raise Rejected("not_leaving", "Only who has cancelled is asked why.")
        case commands.AnswerExit(subscription_id, by, reason=reason, comment=comment) as given:
            answered = events.ExitAnswered(subscription_id, by, reason, comment, given.tell_me)
            return [] if answered == survey.answer else [answered]
        case commands.DropExitAnswer():
            if survey.answer is None:
                return []
            answer = survey.answer
            return [events.ExitAnswerDropped(answer.subscription_id, answer.person_id)]
        case commands.ThinkOfAsking(subscription_id, person_id):
            return [] if is_over else [events.ExitQuestionDue(subscription_id, person_id)]
        case commands.AskWhy():
            return [] if is_over else _ask(command)
        case _:
            assert_never(command)


def _ask(asked: commands.AskWhy) -> list[events.ExitSurveyEvent]:
    """Who gave money for nothing in return owes no reason for giving no more; an organisation is nobody to ask."""
    if asked.payer is None or asked.offer is None:
        return []
    is_gone = asked.standing != "known" or asked.ended_for in NEVER_ASKED
    if is_gone or asked.source == "donation" or asked.is_organisation:
        return []
    return [events.ExitQuestionAsked(asked.subscription_id, asked.payer, asked.offer, asked.link)]


def evolve(survey: Survey, event: events.ExitSurveyEvent) -> Survey:
    match event:
        case events.ExitAnswered():
            return replace(survey, answer=event)
        case events.ExitAnswerDropped():
            return replace(survey, answer=None)
        case events.ExitQuestionDue():
            return survey
        case events.ExitQuestionAsked():
            return replace(survey, asked=True)
        case _:
            assert_never(event)


EXIT_SURVEY: Decider[commands.ExitSurveyCommand, Survey, events.ExitSurveyEvent] = Decider(
    "exit_survey",
    initial=Survey(),
    decide=decide,
    evolve=evolve,
    commands=commands.ExitSurveyCommand,
    events=events.ExitSurveyEvent,
)
