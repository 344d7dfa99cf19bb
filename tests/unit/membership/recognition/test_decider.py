from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.membership.announcement import reactions as sender
from services.membership.announcement.commands import SendMail
from services.membership.member.events import MemberLeft, StandingNow
from services.membership.recognition.commands import (
    ChooseRecognition,
    EndRecognition,
    LookAtMembers,
    LookAtScore,
)
from services.membership.recognition.decider import (
    RECOGNITION,
    Recognition,
    badge_at,
    foretell,
    is_overtaken,
    stream_of,
)
from services.membership.recognition.events import (
    Badge,
    LevelEndangered,
    LevelKept,
    LevelLost,
    LevelReached,
    LevelRevised,
    RecognitionDeclined,
    RecognitionWelcomed,
)
from services.membership.recognition.reactions import REACTIONS, when_round_begun_look_at_members
from services.membership.recognition_rules.events import RecognitionRoundBegun, Rules
from services.membership.writing import kind_of
from shared.ids import Label, PersonId
from shared.reaction import Ask, Call
from shared.testing import given
from tests.unit.membership.facts import fact, noon
from tests.unit.membership.test_ladder import gold, helper, pillar, regular, rules, silver

ada = PersonId(UUID(int=1))
DAY = timedelta(days=1)


def badge(rank: int, ruled: Rules = rules) -> Badge:
    found = badge_at(ruled, rank)
    assert found is not None
    return found


def look(
    score: int,
    *,
    at: datetime = noon,
    ruled: Rules = rules,
    version: int = 1,
    by_rules: bool = False,
    member: StandingNow = "joined",
) -> LookAtScore:
    return LookAtScore(ada, member, score, ruled, version, by_rules, at)


def reached(rank: int, score: int, **more: Any) -> LevelReached:
    return replace(LevelReached(ada, 1, badge(rank), 0, score, 1, earned=True), **more)


def lost(rank: int, left: int = 0, **more: Any) -> LevelLost:
    instead = badge(left) if left else None
    return replace(LevelLost(ada, 1, badge(rank), instead, "score", 0, 1), **more)


second = reached(2, 60)
endangered = LevelEndangered(ada, regular.label, noon + 14 * DAY, 40, 1)


def test_a_level_is_reached_at_the_look_and_by_one_step_whatever_lies_between() -> None:
    given(RECOGNITION).when(look(9)).then_nothing()
    given(RECOGNITION).when(look(10)).then(reached(1, 10))
    given(RECOGNITION).when(look(250)).then(reached(3, 250))
    given(RECOGNITION, reached(1, 10)).when(look(60)).then(reached(2, 60, before=1))
    given(RECOGNITION, second).when(look(55)).then_nothing()
    assert badge(3).tiers == (silver, gold)


def test_it_is_lost_only_after_the_protected_days() -> None:
    given(RECOGNITION, second).when(look(40)).then(endangered)
    waiting = given(RECOGNITION, second, endangered)
    waiting.when(look(0, at=noon + 13 * DAY)).then_nothing()
    waiting.when(look(40, at=noon + 14 * DAY)).then(lost(2, 1, score=40))
    waiting.when(look(0, at=noon + 14 * DAY)).then(lost(2, score=0))
    waiting.when(look(50, at=noon + 13 * DAY)).then(LevelKept(ada, 50, 1))
    waiting.when(look(200, at=noon + 13 * DAY)).then(reached(3, 200, before=2))
    saved = given(RECOGNITION, second, endangered, LevelKept(ada, 50, 1))
    anew = replace(endangered, ends_at=noon + 34 * DAY)
    saved.when(look(40, at=noon + 20 * DAY)).then(anew)


def test_without_protected_days_it_is_lost_at_the_look() -> None:
    hard = replace(rules, protected_days=0)
    given(RECOGNITION, second).when(look(40, ruled=hard)).then(lost(2, 1, score=40))


def test_who_fell_and_rises_again_has_not_earned_it_anew() -> None:
    fallen = given(RECOGNITION, second, lost(2))
    fallen.when(look(60)).then(reached(2, 60, spell=2, earned=False))
    fallen.when(look(250)).then(reached(3, 250, spell=2))
    from_high = given(RECOGNITION, reached(3, 250), lost(3, 1))
    from_high.when(look(60)).then(reached(2, 60, before=1, earned=False))


def test_rules_that_change_move_whom_they_move_and_write_to_nobody() -> None:
    generous = replace(rules, levels=(replace(helper, threshold=1), regular, pillar))
    given(RECOGNITION).when(look(1, ruled=generous, by_rules=True, version=2)).then(
        reached(1, 1, badge=badge(1, generous), rules=2, earned=False)
    )
    renamed = replace(regular, label=Label("Pair"), tier_id=gold)
    other = replace(rules, levels=(helper, renamed, pillar))
    revised = LevelRevised(ada, 1, badge(2, other), 2)
    given(RECOGNITION, second).when(look(60, ruled=other, version=2)).then(revised)
    given(RECOGNITION, second, revised).when(look(60, ruled=other, version=2)).then_nothing()
    still = LevelEndangered(ada, renamed.label, noon + 14 * DAY, 40, 2)
    given(RECOGNITION, second).when(look(40, ruled=other, version=2)).then(revised, still)


def test_a_level_that_the_rules_know_no_more_ends_at_once() -> None:
    without = replace(rules, levels=(helper, pillar))
    instead = badge(1, without)
    gone = replace(lost(2), cause="rules", left=instead, score=60, rules=2)
    given(RECOGNITION, second).when(look(60, ruled=without, version=2)).then(gone)
    nothing = replace(rules, levels=())
    given(RECOGNITION, second).when(look(60, ruled=nothing, version=2)).then(
        lost(2, cause="rules", score=60, rules=2)
    )


def test_older_rules_decide_nothing_any_more() -> None:
    given(RECOGNITION, replace(second, rules=2)).when(look(0, version=1)).then_nothing()


def test_who_wants_no_level_has_none_until_they_say_otherwise() -> None:
    declined, welcomed = RecognitionDeclined(ada), RecognitionWelcomed(ada)
    no, yes = ChooseRecognition(ada, wanted=False), ChooseRecognition(ada, wanted=True)
    own_wish = lost(2, cause="own_wish", score=None)
    given(RECOGNITION).when(no).then(declined)
    given(RECOGNITION, second).when(no).then(own_wish, declined)
    given(RECOGNITION, second, own_wish, declined).when(no).then_nothing()
    given(RECOGNITION, declined).when(look(250)).then_nothing()
    given(RECOGNITION, declined).when(yes).then(welcomed)
    given(RECOGNITION).when(yes).then_nothing()
    back = given(RECOGNITION, second, own_wish, declined, welcomed)
    back.when(look(60)).then(reached(2, 60, spell=2))


@pytest.mark.parametrize("cause", ["left", "banned", "erased"])
def test_who_is_no_member_has_no_level_and_begins_anew(cause: Any) -> None:
    over = lost(2, cause=cause, score=None)
    given(RECOGNITION, second).when(EndRecognition(ada, cause)).then(over)
    given(RECOGNITION).when(EndRecognition(ada, cause)).then_nothing()
    given(RECOGNITION, second, over).when(EndRecognition(ada, cause)).then_nothing()
    given(RECOGNITION, second).when(look(250, member=cause)).then(over)
    given(RECOGNITION).when(look(250, member=cause)).then_nothing()
    given(RECOGNITION, second, over).when(look(60)).then(reached(2, 60, spell=2))


def test_who_never_joined_is_not_looked_at() -> None:
    given(RECOGNITION).when(look(250, member="unknown")).then_nothing()


def test_what_rules_would_do_is_told_by_the_same_decision() -> None:
    nobody, holder = Recognition(), Recognition(badge(2), rules=1)
    looks = [
        (look(250), nobody),
        (look(5), nobody),
        (look(60), holder),
        (look(10), holder),
        (look(0), replace(holder, ends_at=noon)),
        (look(250), Recognition(declined=True)),
    ]
    seen = foretell(looks)
    assert (seen.members, seen.rises, seen.falls, seen.endangered) == (5, 1, 1, 1)
    assert dict(seen.at_rank) == {3: 1, 0: 2, 2: 2}


def test_a_round_looks_at_everybody_and_who_leaves_is_ended() -> None:
    begun = RecognitionRoundBegun(1, noon, by_rules=True, next_due=None)
    call = Call(LookAtMembers(noon, by_rules=True))
    assert when_round_begun_look_at_members(fact(begun)) == [call]
    (left,) = (reaction for reaction in REACTIONS if reaction.to is MemberLeft)
    end = Ask(RECOGNITION, stream_of(ada), EndRecognition(ada, "left"))
    assert left.react(fact(MemberLeft(), ada)) == [end]


def test_who_earned_a_level_is_written_to_and_who_may_lose_it_is_reminded() -> None:
    (call,) = sender.when_level_reached_send_mail(fact(second))
    assert isinstance(call.action, SendMail)
    assert call.action.template == "level_reached"
    assert kind_of("level_reached") == "announcement"
    assert sender.when_level_reached_send_mail(fact(replace(second, earned=False))) == []
    (call,) = sender.when_level_endangered_send_mail(fact(endangered))
    assert isinstance(call.action, SendMail)
    assert kind_of(call.action.template) == "reminder"


def test_of_looks_that_come_late_the_last_counts_alone() -> None:
    due = datetime(2026, 3, 1, 12, tzinfo=UTC)
    day = timedelta(days=1)
    assert not is_overtaken(due, due + timedelta(hours=23), by_rules=False)
    assert is_overtaken(due, due + day, by_rules=False)
    assert not is_overtaken(due, due + day, by_rules=True), "no other takes the place of new rules"
