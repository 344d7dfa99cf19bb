from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from services.membership.introduction.commands import (
    AnswerIntroduction,
    AskIntroduction,
    EndIntroduction,
    LapseIntroduction,
    WithdrawIntroduction,
)
from services.membership.introduction.decider import (
    ANSWERED_WITHIN,
    ASKED_AGAIN_AFTER,
    INTRODUCTION,
)
from services.membership.introduction.events import (
    IntroductionAgreed,
    IntroductionAsked,
    IntroductionDeclined,
    IntroductionEnded,
    IntroductionEvent,
    IntroductionLapsed,
    IntroductionWithdrawn,
    introduction_of,
)
from shared.ids import PersonId
from shared.testing import given
from tests.unit.membership.facts import noon

ada, bob = PersonId(UUID(int=1)), PersonId(UUID(int=2))
wish = AskIntroduction(ada, bob, None, noon, "joined", is_shown=True)
bobs = AskIntroduction(bob, ada, None, noon, "joined", is_shown=True)
later = replace(wish, at=noon + ASKED_AGAIN_AFTER)


def asked(number: int = 1, by: AskIntroduction = wish) -> IntroductionAsked:
    return IntroductionAsked(
        number, by.asker, by.asked, None, by.at + ANSWERED_WITHIN, by.at + ASKED_AGAIN_AFTER
    )


yes, no = AnswerIntroduction(bob, agreed=True), AnswerIntroduction(bob, agreed=False)
agreed, declined = IntroductionAgreed(ada, bob), IntroductionDeclined(ada, bob)
withdrawn, lapsed = IntroductionWithdrawn(ada), IntroductionLapsed(ada)
left = IntroductionEnded("left")


def test_there_is_one_between_two_whoever_asks() -> None:
    assert introduction_of(ada, bob) == introduction_of(bob, ada)
    given(INTRODUCTION).when(wish).then(asked())
    given(INTRODUCTION, asked()).when(wish).then_nothing()
    given(INTRODUCTION, asked()).when(bobs).then(agreed)


def test_both_have_to_want_it() -> None:
    given(INTRODUCTION, asked()).when(yes).then(agreed)
    given(INTRODUCTION, asked()).when(no).then(declined)
    given(INTRODUCTION, asked(), agreed).when(yes).then_nothing()
    given(INTRODUCTION, asked(), agreed).when(no).then_nothing()
    given(INTRODUCTION, asked(), agreed).when(wish).then_rejected("know_each_other")
    for stranger in (AnswerIntroduction(ada, agreed=True), WithdrawIntroduction(bob)):
        given(INTRODUCTION, asked()).when(stranger).then_rejected("introduction_not_found")
        given(INTRODUCTION).when(stranger).then_rejected("introduction_not_found")


def test_a_no_looks_like_no_answer_and_may_become_a_yes() -> None:
    given(INTRODUCTION, asked(), declined).when(wish).then_nothing()
    given(INTRODUCTION, asked(), declined).when(WithdrawIntroduction(ada)).then(withdrawn)
    given(INTRODUCTION, asked(), declined).when(LapseIntroduction(1)).then(lapsed)
    given(INTRODUCTION, asked(), declined).when(yes).then(agreed)
    given(INTRODUCTION, asked(), declined).when(no).then_nothing()
    given(INTRODUCTION, asked(), declined).when(bobs).then(agreed)


@pytest.mark.parametrize("over", [withdrawn, lapsed])
def test_nobody_is_asked_again_soon(over: IntroductionEvent) -> None:
    given(INTRODUCTION, asked(), over).when(wish).then_rejected("asked_lately")
    soon = replace(wish, at=noon + ASKED_AGAIN_AFTER - timedelta(seconds=1))
    given(INTRODUCTION, asked(), over).when(soon).then_rejected("asked_lately")
    given(INTRODUCTION, asked(), over).when(later).then(asked(2, later))
    given(INTRODUCTION, asked(), over).when(bobs).then(asked(2, bobs))
    given(INTRODUCTION, asked(), over).when(yes).then_nothing()
    given(INTRODUCTION, asked(), over).when(LapseIntroduction(1)).then_nothing()
    given(INTRODUCTION, asked(), over).when(WithdrawIntroduction(ada)).then_nothing()


def test_an_older_deadline_does_not_touch_the_present_wish() -> None:
    again = (asked(), lapsed, asked(2, later))
    given(INTRODUCTION, *again).when(LapseIntroduction(1)).then_nothing()
    given(INTRODUCTION, *again).when(LapseIntroduction(2)).then(lapsed)
    given(INTRODUCTION).when(LapseIntroduction(1)).then_nothing()


def test_it_is_between_members_who_let_themselves_be_found() -> None:
    given(INTRODUCTION).when(replace(wish, asked=ada)).then_rejected("yourself")
    given(INTRODUCTION).when(replace(wish, member="left")).then_rejected("not_a_member")
    given(INTRODUCTION).when(replace(wish, is_shown=False)).then_rejected("entry_not_found")


def test_who_is_no_member_any_more_knows_nobody_here() -> None:
    end = EndIntroduction("left")
    given(INTRODUCTION, asked(), agreed).when(end).then(left)
    given(INTRODUCTION, asked(), declined).when(end).then(left)
    given(INTRODUCTION, asked(), lapsed).when(end).then_nothing()
    given(INTRODUCTION, asked(), agreed, left).when(end).then_nothing()
    given(INTRODUCTION).when(end).then_nothing()
    given(INTRODUCTION, asked(), agreed, left).when(wish).then(asked(2))
