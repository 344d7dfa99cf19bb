"""Who told a goal is asked after ninety days how it went; who is no member any more is asked nothing."""

from datetime import timedelta

from services.membership.goal import commands, events
from services.membership.goal.decider import GOAL, goal_stream
from services.membership.member.events import MemberBanned, MemberLeft, MemberTakenIn, PersonErased
from shared.event_store import Fact
from shared.reaction import Ask, At, Reaction

REVIEWED_AFTER = timedelta(days=90)


def when_goal_set_ask_for_review(fact: Fact) -> list[At]:
    told: events.GoalSet = fact.body
    ask = commands.AskForReview(told.number)
    return [At(fact.at + REVIEWED_AFTER, Ask(GOAL, fact.stream_id, ask))]


def when_member_gone_drop(fact: Fact) -> list[Ask]:
    return [Ask(GOAL, goal_stream(fact.stream_id), commands.DropGoal())]


REACTIONS = (
    Reaction(
        "membership.goal.when_goal_set_ask_for_review",
        events.GoalSet,
        when_goal_set_ask_for_review,
    ),
    Reaction("membership.goal.when_member_left_drop", MemberLeft, when_member_gone_drop),
    Reaction("membership.goal.when_member_taken_in_drop", MemberTakenIn, when_member_gone_drop),
    Reaction("membership.goal.when_member_banned_drop", MemberBanned, when_member_gone_drop),
    Reaction("membership.goal.when_person_erased_drop", PersonErased, when_member_gone_drop),
)
