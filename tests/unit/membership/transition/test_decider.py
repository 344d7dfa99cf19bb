from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from services.membership.announcement.commands import SendMail
from services.membership.announcement.reactions import when_founders_named_send_mail
from services.membership.tier.commands import RetireTier
from services.membership.tier.decider import TIER
from services.membership.tier.events import TierId
from services.membership.tier.reactions import when_transition_carried_out_retire
from services.membership.transition.commands import (
    AnnounceTransition,
    CallOffTransition,
    CarryOutTransition,
    PostponeTransition,
    RecallTransition,
)
from services.membership.transition.decider import (
    AT_ONCE,
    LONGEST_AHEAD,
    MOST_FOUNDERS,
    SHORTEST_NOTICE,
    TRANSITION,
)
from services.membership.transition.events import (
    FoundersNamed,
    Plan,
    TransitionAnnounced,
    TransitionCalledOff,
    TransitionCarriedOut,
    TransitionPostponed,
    TransitionRecalled,
)
from services.membership.transition.reactions import RECALLED_BEFORE, when_day_known_wait_for_it
from shared.ids import Label, PersonId
from shared.reaction import Ask, At
from shared.testing import given
from tests.unit.membership.facts import fact, noon, some_stream

DAY = timedelta(days=1)
first, second, printed = UUID(int=1), UUID(int=2), UUID(int=3)
club, gold = TierId(UUID(int=11)), TierId(UUID(int=12))
day = noon + 40 * DAY
plan = Plan(
    (club,), Label("Club"), UUID(int=21), Label("Gold, monthly"), gold, day, Label("We grow.")
)
people = tuple(PersonId(UUID(int=1_000 + number)) for number in range(AT_ONCE + 1))
announce = AnnounceTransition(first, plan, people[:2], printed, printed, noon)
announced = TransitionAnnounced(first, plan, 2)
named = FoundersNamed(first, 1, plan, people[:2])
later = replace(plan, effective_from=day + 10 * DAY)
postponed = TransitionPostponed(first, later)
called_off = TransitionCalledOff(first, plan)
carried_out = TransitionCarriedOut(first, plan)


def test_what_was_seen_is_announced_with_its_founders() -> None:
    given(TRANSITION).when(announce).then(announced, named)
    many = replace(announce, founders=people)
    given(TRANSITION).when(many).then(
        TransitionAnnounced(first, plan, AT_ONCE + 1),
        FoundersNamed(first, 1, plan, people[:AT_ONCE]),
        FoundersNamed(first, 2, plan, people[AT_ONCE:]),
    )
    given(TRANSITION).when(replace(announce, founders=())).then(TransitionAnnounced(first, plan, 0))


def test_a_founder_has_a_letter_of_their_own() -> None:
    calls = when_founders_named_send_mail(fact(named))
    mails = [call.action for call in calls if isinstance(call.action, SendMail)]
    assert [(mail.person_id, mail.template) for mail in mails] == [
        (people[0], "founder_named"),
        (people[1], "founder_named"),
    ]
    assert len({mail.message_id for mail in mails}) == 2


def test_nothing_is_announced_that_was_not_seen_or_too_late_or_twice() -> None:
    given(TRANSITION).when(replace(announce, seen=second)).then_rejected("preview_stale")
    for wrong in (SHORTEST_NOTICE - timedelta(seconds=1), LONGEST_AHEAD + timedelta(seconds=1)):
        asked = replace(announce, plan=replace(plan, effective_from=noon + wrong))
        given(TRANSITION).when(asked).then_rejected("notice_out_of_range")
    for right in (SHORTEST_NOTICE, LONGEST_AHEAD):
        near = replace(plan, effective_from=noon + right)
        asked = replace(announce, plan=near, founders=())
        given(TRANSITION).when(asked).then(TransitionAnnounced(first, near, 0))
    too_many = replace(announce, founders=people[:1] * (MOST_FOUNDERS + 1))
    given(TRANSITION).when(too_many).then_rejected("too_many")
    given(TRANSITION, announced).when(replace(announce, transition_id=second)).then_rejected(
        "transition_underway"
    )


@pytest.mark.parametrize("over", [called_off, carried_out])
def test_another_may_follow_once_it_is_over(over: TransitionCalledOff) -> None:
    again = replace(announce, transition_id=second, founders=())
    given(TRANSITION, announced, named, over).when(again).then(TransitionAnnounced(second, plan, 0))


def test_it_is_put_off_and_never_brought_forward() -> None:
    put_off = PostponeTransition(later.effective_from, noon)
    given(TRANSITION, announced, named).when(put_off).then(postponed)
    given(TRANSITION, announced, postponed).when(put_off).then_nothing()
    sooner = PostponeTransition(day - DAY, noon)
    given(TRANSITION, announced).when(sooner).then_rejected("notice_out_of_range")
    far = PostponeTransition(noon + LONGEST_AHEAD + DAY, noon)
    given(TRANSITION, announced).when(far).then_rejected("notice_out_of_range")
    given(TRANSITION).when(put_off).then_rejected("transition_not_found")


def test_it_is_called_off_once() -> None:
    given(TRANSITION, announced).when(CallOffTransition(noon)).then(called_off)
    given(TRANSITION, announced, called_off).when(CallOffTransition(day)).then_nothing()
    given(TRANSITION).when(CallOffTransition(noon)).then_rejected("transition_not_found")


def test_once_its_day_has_come_nothing_is_changed() -> None:
    for command in (CallOffTransition(day), PostponeTransition(later.effective_from, day)):
        given(TRANSITION, announced).when(command).then_rejected("transition_in_force")
        given(TRANSITION, announced, carried_out).when(command).then_rejected("transition_in_force")
    put_off = PostponeTransition(later.effective_from, noon)
    given(TRANSITION, announced, called_off).when(put_off).then_rejected("transition_called_off")


def test_it_is_recalled_once_for_each_day() -> None:
    recall, recalled = RecallTransition(first, day), TransitionRecalled(first, plan)
    given(TRANSITION, announced).when(recall).then(recalled)
    given(TRANSITION, announced, recalled).when(recall).then_nothing()
    given(TRANSITION, announced, postponed).when(recall).then_nothing()
    again = RecallTransition(first, later.effective_from)
    given(TRANSITION, announced, recalled, postponed).when(again).then(
        TransitionRecalled(first, later)
    )
    given(TRANSITION, announced, called_off).when(recall).then_nothing()
    given(TRANSITION).when(recall).then_nothing()


def test_it_is_carried_out_once_on_the_day_that_holds() -> None:
    on_the_day = CarryOutTransition(first, day)
    given(TRANSITION, announced).when(on_the_day).then(carried_out)
    given(TRANSITION, announced, carried_out).when(on_the_day).then_nothing()
    given(TRANSITION, announced, postponed).when(on_the_day).then_nothing()
    given(TRANSITION, announced, called_off).when(on_the_day).then_nothing()
    given(TRANSITION).when(on_the_day).then_nothing()
    put_off = CarryOutTransition(first, later.effective_from)
    given(TRANSITION, announced, postponed).when(put_off).then(TransitionCarriedOut(first, later))
    another = TransitionAnnounced(second, plan, 0)
    given(TRANSITION, announced, called_off, another).when(on_the_day).then_nothing()


def test_the_agenda_waits_for_the_day_that_is_known() -> None:
    for told, on in ((announced, day), (postponed, later.effective_from)):
        recall, carry_out = RecallTransition(first, on), CarryOutTransition(first, on)
        assert when_day_known_wait_for_it(fact(told)) == [
            At(on - RECALLED_BEFORE, Ask(TRANSITION, some_stream, recall)),
            At(on, Ask(TRANSITION, some_stream, carry_out)),
        ]


def test_what_ended_is_given_to_nobody_any_more() -> None:
    assert when_transition_carried_out_retire(fact(carried_out)) == [Ask(TIER, club, RetireTier())]
