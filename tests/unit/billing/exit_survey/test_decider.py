from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from services.billing.exit_survey.commands import AnswerExit, AskWhy, DropExitAnswer, ThinkOfAsking
from services.billing.exit_survey.decider import EXIT_SURVEY, exit_survey_stream
from services.billing.exit_survey.events import (
    ExitAnswerDropped,
    ExitAnswered,
    ExitQuestionAsked,
    ExitQuestionDue,
)
from shared.ids import Code, Label, PersonId
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
think, due = ThinkOfAsking(subscription, ada), ExitQuestionDue(subscription, ada)
ask = AskWhy(
    subscription,
    ada,
    standing="known",
    ended_for="voluntary",
    source="subscription",
    is_organisation=False,
    offer=Label("Gold"),
    link=Code("link"),
)
asked = ExitQuestionAsked(subscription, ada, Label("Gold"), Code("link"))


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


@pytest.mark.parametrize("reason", [None, "voluntary", "refunded", "disputed"])
def test_who_leaves_and_says_nothing_is_asked_why_by_one_letter(reason: Any) -> None:
    """None: it is cancelled, and ends later."""
    given(EXIT_SURVEY).when(think).then(due)
    given(EXIT_SURVEY, due).when(replace(ask, ended_for=reason)).then(asked)
    given(EXIT_SURVEY, due, asked).when(think).then_nothing()
    given(EXIT_SURVEY, due, asked).when(ask).then_nothing()


def test_who_has_said_why_is_not_asked() -> None:
    given(EXIT_SURVEY, answered).when(think).then_nothing()
    given(EXIT_SURVEY, due, answered).when(ask).then_nothing()


def test_who_stayed_and_leaves_later_is_still_asked_only_once() -> None:
    given(EXIT_SURVEY, answered, dropped).when(think).then(due)
    given(EXIT_SURVEY, due, asked, answered, dropped).when(think).then_nothing()


@pytest.mark.parametrize(
    "not_one_to_ask",
    [
        {"payer": None},
        {"standing": "shut_out"},
        {"standing": "forgotten"},
        {"ended_for": "payment_failed"},
        {"ended_for": "banned"},
        {"ended_for": "erased"},
        {"ended_for": "migrated"},
        {"source": "donation"},
        {"is_organisation": True},
        {"offer": None},
    ],
)
def test_who_stays_and_who_did_not_leave_by_themselves_is_not_asked(not_one_to_ask: Any) -> None:
    given(EXIT_SURVEY, due).when(replace(ask, **not_one_to_ask)).then_nothing()


def test_who_was_asked_answers() -> None:
    given(EXIT_SURVEY, due, asked).when(answer).then(answered)
    given(EXIT_SURVEY, due, asked, answered).when(answer).then_nothing()
