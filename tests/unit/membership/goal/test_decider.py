from uuid import UUID

from services.membership.announcement import reactions as sender
from services.membership.announcement.commands import SendMail
from services.membership.goal.commands import AskForReview, DropGoal, ReviewGoal, SetGoal
from services.membership.goal.decider import GOAL, goal_stream
from services.membership.goal.events import GoalDropped, GoalReviewAsked, GoalReviewed, GoalSet
from services.membership.goal.reactions import (
    REVIEWED_AFTER,
    when_goal_set_ask_for_review,
    when_member_gone_drop,
)
from services.membership.member.events import MemberBanned
from shared.ids import Code, PersonId
from shared.personal_value import Sealed
from shared.reaction import Ask
from shared.testing import given
from tests.unit.membership.facts import fact, noon

ada = PersonId(UUID(int=1))
words = Sealed(ada, "profile", Code("sealed words"))
told, told_again = GoalSet(ada, 1, words), GoalSet(ada, 2, words)
asked = GoalReviewAsked(ada, 1)
reached = GoalReviewed(ada, 1, "reached", words)


def test_a_member_says_what_they_came_for_and_may_think_better_of_it() -> None:
    given(GOAL).when(SetGoal(ada, words, "joined")).then(told)
    given(GOAL, told).when(SetGoal(ada, words, "joined")).then(told_again)
    given(GOAL).when(SetGoal(ada, words, "left")).then_rejected("not_a_member")
    given(GOAL, told).when(DropGoal()).then(GoalDropped(ada))
    given(GOAL, told, GoalDropped(ada)).when(DropGoal()).then_nothing()
    given(GOAL, told, GoalDropped(ada)).when(SetGoal(ada, words, "joined")).then(told_again)


def test_whoever_has_told_none_is_asked_for_one_and_then_how_it_went() -> None:
    assert GOAL.fold([], GOAL.initial).asks == "goal"
    assert GOAL.fold([told], GOAL.initial).asks is None
    assert GOAL.fold([told, GoalDropped(ada)], GOAL.initial).asks is None, "not again"
    assert GOAL.fold([told, asked], GOAL.initial).asks == "review"
    assert GOAL.fold([told, asked, reached], GOAL.initial).asks is None


def test_they_are_asked_once_how_it_went() -> None:
    given(GOAL, told).when(AskForReview(1)).then(asked)
    given(GOAL, told, asked).when(AskForReview(1)).then_nothing()
    given(GOAL, told, told_again).when(AskForReview(1)).then_nothing()
    given(GOAL, told, reached).when(AskForReview(1)).then_nothing()
    given(GOAL).when(AskForReview(1)).then_nothing()


def test_only_who_told_a_goal_says_how_it_went_and_the_last_word_counts() -> None:
    given(GOAL).when(ReviewGoal("reached", None)).then_rejected("goal_not_found")
    given(GOAL, told).when(ReviewGoal("reached", words)).then(reached)
    partly = GoalReviewed(ada, 1, "partly", None)
    given(GOAL, told, reached).when(ReviewGoal("partly", None)).then(partly)


def test_ninety_days_later_and_not_of_who_is_gone() -> None:
    (at,) = when_goal_set_ask_for_review(fact(told))
    assert at.due == noon + REVIEWED_AFTER
    gone = fact(MemberBanned())
    drop = Ask(GOAL, goal_stream(gone.stream_id), DropGoal())
    assert when_member_gone_drop(gone) == [drop]
    (call,) = sender.when_goal_review_asked_send_mail(fact(asked))
    assert isinstance(call.action, SendMail)
    assert call.action.template == "goal_reminder"
