from dataclasses import replace
from uuid import UUID

from services.billing.exit_survey.commands import AnswerExit, DropExitAnswer
from services.billing.exit_survey.decider import EXIT_SURVEY, exit_survey_stream
from services.billing.exit_survey.events import ExitAnswerDropped, ExitAnswered
from shared.ids import Code, PersonId
from shared.personal_value import Sealed
from shared.testing import given

ada, eve = PersonId(UUID(int=1)), PersonId(UUID(int=2))
subscription = UUID(int=3)
words = Sealed(ada, "profile", Code("sealed-words"))
answer = AnswerExit(
    subscription, ada, payer=ada, is_leaving=True, reason="too_expensive", comment=None
)
answered = ExitAnswered(subscription, ada, "too_expensive")
dropped = ExitAnswerDropped(subscription, ada)


def test_who_leaves_says_why_once() -> None:
    given(EXIT_SURVEY).when(answer).then(answered)
    given(EXIT_SURVEY, answered).when(answer).then_nothing()


def test_the_last_answer_counts() -> None:
    more = replace(answer, reason="other", comment=words)
    said = replace(answered, reason="other", comment=words)
    given(EXIT_SURVEY, answered).when(more).then(said)


def test_who_wishes_to_hear_if_it_changes_says_so_with_it() -> None:
    wishing, wished = replace(answer, tell_me=True), replace(answered, tell_me=True)
    given(EXIT_SURVEY, answered).when(wishing).then(wished)
    given(EXIT_SURVEY, wished).when(answer).then(answered)


def test_nobody_answers_for_another() -> None:
    for payer in (eve, None):
        other = replace(answer, payer=payer)
        given(EXIT_SURVEY).when(other).then_rejected("subscription_not_found")


def test_who_stays_is_not_asked() -> None:
    staying = replace(answer, is_leaving=False)
    given(EXIT_SURVEY).when(staying).then_rejected("not_leaving")


def test_who_thinks_better_of_it_has_no_reason() -> None:
    given(EXIT_SURVEY, answered).when(DropExitAnswer()).then(dropped)
    given(EXIT_SURVEY, answered, dropped).when(DropExitAnswer()).then_nothing()
    given(EXIT_SURVEY).when(DropExitAnswer()).then_nothing()
    given(EXIT_SURVEY, answered, dropped).when(answer).then(answered)


def test_a_subscription_has_one_answer() -> None:
    assert exit_survey_stream(subscription) == exit_survey_stream(subscription) != subscription
