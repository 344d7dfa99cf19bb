from uuid import UUID

import pytest

from services.membership.announcement import reactions as sender
from services.membership.idea.commands import (
    AnswerIdea,
    BackIdea,
    HideIdea,
    PostIdea,
    WithdrawBacking,
    WithdrawIdea,
)
from services.membership.idea.decider import IDEA, TOLD_AT_ONCE
from services.membership.idea.events import (
    BackersTold,
    BackingWithdrawn,
    IdeaAnswered,
    IdeaBacked,
    IdeaClosed,
    IdeaEvent,
    IdeaPosted,
)
from shared.ids import AccountId, Code, Label, PersonId
from shared.personal_value import Sealed
from shared.testing import given
from tests.unit.membership.circulars import mails_of
from tests.unit.membership.facts import fact

ada, bob, cleo = (PersonId(UUID(int=n)) for n in (1, 2, 3))
olga = AccountId(UUID(int=4))
title = Sealed(ada, "profile", Code("sealed title"))
posted = IdeaPosted(ada, title, None)
back = BackIdea(bob, "joined")
done = AnswerIdea("done", Label("From May on."), olga)
answered = IdeaAnswered(1, "done", Label("From May on."), olga)


def told(*people: PersonId) -> BackersTold:
    return BackersTold("done", Label("From May on."), people)


def test_an_idea_is_backed_by_each_member_once() -> None:
    given(IDEA).when(PostIdea(ada, title, None, "joined")).then(posted)
    given(IDEA, posted).when(back).then(IdeaBacked(bob))
    given(IDEA, posted, IdeaBacked(bob)).when(back).then_nothing()
    given(IDEA, posted).when(BackIdea(ada, "joined")).then_nothing()
    given(IDEA, posted, IdeaBacked(bob)).when(WithdrawBacking(bob)).then(BackingWithdrawn(bob))
    given(IDEA, posted).when(WithdrawBacking(bob)).then_nothing()


def test_ideas_are_the_members_own() -> None:
    given(IDEA).when(PostIdea(ada, title, None, "left")).then_rejected("not_a_member")
    given(IDEA, posted).when(BackIdea(bob, "banned")).then_rejected("not_a_member")
    given(IDEA).when(back).then_rejected("idea_not_found")


def test_whoever_asked_for_it_hears_what_was_made_of_it() -> None:
    history = (posted, IdeaBacked(bob), IdeaBacked(cleo), BackingWithdrawn(cleo))
    given(IDEA, *history).when(done).then(answered, told(ada, bob))
    given(IDEA, *history, answered).when(done).then_nothing()
    later = AnswerIdea("declined", Label("It rained."), olga)
    again = IdeaAnswered(2, "declined", Label("It rained."), olga)
    given(IDEA, *history, answered).when(later).then(
        again, BackersTold("declined", Label("It rained."), (ada, bob))
    )


def test_many_are_told_some_at_a_time() -> None:
    many = [IdeaBacked(PersonId(UUID(int=n))) for n in range(100, 100 + TOLD_AT_ONCE)]
    outcome = given(IDEA, posted, *many).when(done)
    first, second = (e for e in outcome.events if isinstance(e, BackersTold))
    assert (len(first.people), len(second.people)) == (TOLD_AT_ONCE, 1)


def test_what_is_settled_is_backed_no_more_and_what_is_planned_is() -> None:
    given(IDEA, posted, answered).when(back).then_rejected("idea_settled")
    planned = IdeaAnswered(1, "planned", Label("In May."), olga)
    given(IDEA, posted, planned).when(back).then(IdeaBacked(bob))


def test_its_author_takes_it_back_and_staff_take_it_down() -> None:
    withdrawn, hidden = IdeaClosed("withdrawn"), IdeaClosed("hidden")
    given(IDEA, posted).when(WithdrawIdea(ada)).then(withdrawn)
    given(IDEA, posted, withdrawn).when(WithdrawIdea(ada)).then_nothing()
    given(IDEA, posted).when(WithdrawIdea(bob)).then_rejected("idea_not_found")
    given(IDEA, posted).when(HideIdea()).then(hidden)
    given(IDEA, posted, hidden).when(HideIdea()).then_nothing()


@pytest.mark.parametrize("closed", [IdeaClosed("withdrawn"), IdeaClosed("hidden")])
def test_what_is_gone_is_neither_backed_nor_answered(closed: IdeaEvent) -> None:
    given(IDEA, posted, closed).when(back).then_rejected("idea_settled")
    given(IDEA, posted, closed).when(done).then_rejected("idea_not_found")


def test_each_of_them_is_written_to_once() -> None:
    mails = mails_of(sender.when_backers_told_send_mail(fact(told(ada, bob))))
    assert [mail.person_id for mail in mails] == [ada, bob]
    assert len({mail.message_id for mail in mails}) == 2
