from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from services.membership.announcement import reactions as sender
from services.membership.announcement.commands import SendMail
from services.membership.feedback.events import Delivered
from services.membership.improvement import reactions
from services.membership.improvement.commands import (
    Asker,
    FindAskers,
    RecordImprovement,
    TellAskers,
    WithdrawImprovement,
)
from services.membership.improvement.decider import IMPROVEMENT, TOLD_AT_ONCE, insist_on_reader
from services.membership.improvement.events import (
    AskersTold,
    ImprovementRecorded,
    ImprovementWithdrawn,
    Leaving,
    Made,
    Polled,
    Spoken,
)
from services.membership.writing import kind_of
from shared.decider import Rejected
from shared.ids import AccountId, Label, PersonId
from shared.reaction import Call
from shared.testing import given
from tests.unit.membership.circulars import mails_of
from tests.unit.membership.facts import fact, noon, some_stream

ada, bob, cleo, dan = (PersonId(UUID(int=n)) for n in (1, 2, 3, 4))
olga = AccountId(UUID(int=5))
voted = Made(Label("The hall is ours."), polled=Polled(UUID(int=6), Label("The hall")))
month = Leaving("too_much_noise", noon - timedelta(days=30), noon)
spoken = Made(
    Label("Softer chairs."), spoken=Spoken(Delivered("gathering", UUID(int=7)), Label("Dinner"))
)
left = Made(Label("One mail a week."), leaving=month)
everybody = TellAskers(
    (Asker(ada, "joined"), Asker(bob, "left"), Asker(cleo, "banned"), Asker(dan, "erased"))
)


def recording(made: Made, *, is_counted: bool = True, is_heard: bool = True) -> RecordImprovement:
    return RecordImprovement(made, is_counted, olga, noon, is_heard)


def recorded(made: Made) -> ImprovementRecorded:
    return ImprovementRecorded(made, olga)


@pytest.mark.parametrize("made", [voted, left, spoken])
def test_what_was_done_is_recorded_once(made: Made) -> None:
    given(IMPROVEMENT).when(recording(made)).then(recorded(made))
    given(IMPROVEMENT, recorded(made)).when(recording(made)).then_nothing()


def test_it_follows_from_one_thing_that_was_said() -> None:
    both, neither = replace(voted, leaving=month), replace(voted, polled=None)
    two = replace(spoken, polled=voted.polled)
    for made in (both, neither, two):
        given(IMPROVEMENT).when(recording(made)).then_rejected("one_thing_said")


def test_a_poll_that_is_not_counted_says_nothing_yet() -> None:
    early = recording(voted, is_counted=False)
    given(IMPROVEMENT).when(early).then_rejected("poll_not_counted")


def test_of_a_delivery_nothing_is_said_that_staff_have_not_heard() -> None:
    unheard = recording(spoken, is_heard=False)
    given(IMPROVEMENT).when(unheard).then_rejected("nothing_heard")


def test_what_was_said_lies_behind() -> None:
    backwards = replace(month, since=noon)
    ahead = replace(month, until=noon + timedelta(seconds=1))
    for wrong in (backwards, ahead):
        made = replace(left, leaving=wrong)
        given(IMPROVEMENT).when(recording(made)).then_rejected("not_yet_said")


def test_after_a_poll_members_are_told() -> None:
    given(IMPROVEMENT, recorded(voted)).when(everybody).then(AskersTold(voted, (ada,)))


def test_after_feedback_members_are_told() -> None:
    given(IMPROVEMENT, recorded(spoken)).when(everybody).then(AskersTold(spoken, (ada,)))


def test_who_left_is_told_what_they_wished_to_hear_and_nobody_who_was_shut_out() -> None:
    given(IMPROVEMENT, recorded(left)).when(everybody).then(AskersTold(left, (ada, bob)))


def test_each_is_told_once() -> None:
    told = AskersTold(voted, (ada,))
    given(IMPROVEMENT, recorded(voted), told).when(everybody).then_nothing()
    twice = TellAskers((Asker(ada, "joined"), Asker(ada, "joined")))
    given(IMPROVEMENT, recorded(voted)).when(twice).then(told)


def test_many_are_told_some_at_a_time() -> None:
    many = (PersonId(UUID(int=n)) for n in range(100, 101 + TOLD_AT_ONCE))
    tell = TellAskers(tuple(Asker(person, "joined") for person in many))
    outcome = given(IMPROVEMENT, recorded(voted)).when(tell)
    told = [len(event.people) for event in outcome.events if isinstance(event, AskersTold)]
    assert told == [TOLD_AT_ONCE, 1]


def test_what_was_withdrawn_is_told_nobody() -> None:
    withdrawn = ImprovementWithdrawn()
    given(IMPROVEMENT, recorded(voted)).when(WithdrawImprovement()).then(withdrawn)
    given(IMPROVEMENT, recorded(voted), withdrawn).when(WithdrawImprovement()).then_nothing()
    given(IMPROVEMENT, recorded(voted), withdrawn).when(everybody).then_nothing()
    given(IMPROVEMENT).when(WithdrawImprovement()).then_rejected("improvement_not_found")


def test_it_is_read_by_members_and_staff() -> None:
    insist_on_reader("joined", is_staff=False)
    insist_on_reader(None, is_staff=True)
    with pytest.raises(Rejected) as refused:
        insist_on_reader("left", is_staff=False)
    assert refused.value.code == "not_a_member"


def test_who_asked_is_looked_for_once_it_is_recorded() -> None:
    found = reactions.when_improvement_recorded_find_askers(fact(recorded(voted)))
    assert found == [Call(FindAskers(some_stream))]


def mails_to(told: AskersTold) -> list[SendMail]:
    return mails_of(sender.when_askers_told_send_mail(fact(told)))


@pytest.mark.parametrize(
    ("made", "template", "names"),
    [
        (voted, "improvement_polled", ["words", "poll"]),
        (left, "improvement_leaving", ["words"]),
        (spoken, "improvement_spoken", ["words", "delivery"]),
    ],
)
def test_each_gets_a_letter_that_may_be_turned_off(
    made: Made, template: str, names: list[str]
) -> None:
    mails = mails_to(AskersTold(made, (ada, bob)))
    assert [mail.person_id for mail in mails] == [ada, bob]
    assert [name for name, _ in mails[0].values] == names
    assert (mails[0].template, kind_of(template)) == (template, "announcement")


def test_a_letter_leads_to_where_it_can_be_seen() -> None:
    shown = replace(voted, link=Label("https://chess.example/hall"))
    (mail,) = mails_to(AskersTold(shown, (ada,)))
    assert mail.link == "https://chess.example/hall"
