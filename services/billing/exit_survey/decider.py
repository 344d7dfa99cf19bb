"""Only who leaves is asked why, only they answer, the last answer counts, and none does of who stays."""

from typing import assert_never
from uuid import UUID

from services.billing.exit_survey import commands, events
from shared.decider import Decider, NotFound, Rejected
from shared.ids import derive

Answer = events.ExitAnswered | None


def exit_survey_stream(subscription_id: UUID) -> UUID:
    return derive(subscription_id, "exit survey")


def decide(command: commands.ExitSurveyCommand, answer: Answer) -> list[events.ExitSurveyEvent]:
    match command:
        case commands.AnswerExit(by=by, payer=payer) if by != payer:
            raise NotFound("subscription_not_found", "There is no such subscription.")
        case commands.AnswerExit(is_leaving=False):
            raise Rejected("not_leaving", "Only who has cancelled is asked why.")
        case commands.AnswerExit(subscription_id, by, reason=reason, comment=comment) as given:
            answered = events.ExitAnswered(subscription_id, by, reason, comment, given.tell_me)
            return [] if answered == answer else [answered]
        case commands.DropExitAnswer():
            if answer is None:
                return []
            return [events.ExitAnswerDropped(answer.subscription_id, answer.person_id)]
        case _:
            assert_never(command)


def evolve(answer: Answer, event: events.ExitSurveyEvent) -> Answer:
    del answer
    match event:
        case events.ExitAnswered():
            return event
        case events.ExitAnswerDropped():
            return None
        case _:
            assert_never(event)


EXIT_SURVEY: Decider[commands.ExitSurveyCommand, Answer, events.ExitSurveyEvent] = Decider(
    "exit_survey",
    initial=None,
    decide=decide,
    evolve=evolve,
    commands=commands.ExitSurveyCommand,
    events=events.ExitSurveyEvent,
)
