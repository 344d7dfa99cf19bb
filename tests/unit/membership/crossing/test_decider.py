from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from services.membership.access.commands import MoveReason
from services.membership.access.decider import ACCESS
from services.membership.access.decider import stream_of as access_of
from services.membership.access.reactions import when_free_access_ended_move_reason
from services.membership.announcement import reactions as sender
from services.membership.announcement.commands import SendMail
from services.membership.crossing.commands import (
    CrossingCommand,
    DropChange,
    EndFreeAccess,
    RecallChange,
    TellOfChange,
)
from services.membership.crossing.decider import CROSSING
from services.membership.crossing.events import (
    Change,
    ChangeDropped,
    ChangeRecalled,
    ChangeTold,
    CrossingEvent,
    FreeAccessEnded,
)
from services.membership.member.events import StandingNow
from services.membership.tier.events import TierId
from shared.ids import Label, PersonId
from shared.reaction import Ask, Call
from shared.testing import given
from tests.unit.membership.facts import fact, noon

ada, reason, lobby = PersonId(UUID(int=1)), UUID(int=2), TierId(UUID(int=3))
day = noon + timedelta(days=40)
change = Change(UUID(int=9), Label("Club"), Label("Gold"), None, day, Label("We grow."))
later = replace(change, effective_from=day + timedelta(days=10))
other = replace(change, transition_id=UUID(int=10))
tell = TellOfChange(ada, "joined", change)
recall = RecallChange(ada, "joined", change)
drop = DropChange(ada, "joined", change)
end = EndFreeAccess(ada, "joined", change, reason, (lobby,), subscribed=False)
told, told_again = ChangeTold(ada, change, again=False), ChangeTold(ada, later, again=True)
recalled = ChangeRecalled(ada, change)
dropped = ChangeDropped(ada, change, told=True)
ended = FreeAccessEnded(ada, change, reason, (lobby,), subscribed=False)


def test_a_member_is_told_of_a_day_once() -> None:
    given(CROSSING).when(tell).then(told)
    given(CROSSING, told).when(tell).then_nothing()
    given(CROSSING, told).when(replace(tell, change=later)).then(told_again)
    given(CROSSING, told, told_again).when(replace(tell, change=later)).then_nothing()


def test_who_has_the_offer_hears_of_it_only_if_the_day_they_know_is_another() -> None:
    given(CROSSING).when(replace(tell, subscribed=True)).then_nothing()
    given(CROSSING, told).when(replace(tell, change=later, subscribed=True)).then(told_again)


def test_who_has_not_subscribed_is_reminded_once_for_each_day() -> None:
    given(CROSSING, told).when(recall).then(recalled)
    given(CROSSING, told, recalled).when(recall).then_nothing()
    given(CROSSING, told).when(replace(recall, subscribed=True)).then_nothing()
    again = replace(recall, change=later)
    given(CROSSING, told, recalled, told_again).when(again).then(ChangeRecalled(ada, later))


def test_who_was_never_told_of_the_day_is_told_when_others_are_reminded() -> None:
    given(CROSSING).when(recall).then(told)
    given(CROSSING, told).when(replace(recall, change=later)).then(told_again)


def test_what_is_called_off_is_said_once_and_nothing_after_it() -> None:
    given(CROSSING, told).when(drop).then(dropped)
    given(CROSSING).when(drop).then(ChangeDropped(ada, change, told=False))
    for late in (tell, recall, drop, replace(tell, change=later)):
        given(CROSSING, told, dropped).when(late).then_nothing()
        given(CROSSING, ChangeDropped(ada, change, told=False)).when(late).then_nothing()


def test_what_was_free_ends_once_whether_they_were_told_or_not() -> None:
    for history in ((told,), (), (told, recalled)):
        given(CROSSING, *history).when(end).then(ended)
        given(CROSSING, *history, ended).when(end).then_nothing()
    for late in (tell, recall, drop):
        given(CROSSING, told, ended).when(late).then_nothing()
    again = replace(end, reason_id=UUID(int=5))
    given(CROSSING, ended).when(again).then(replace(ended, reason_id=UUID(int=5)))


def test_another_change_begins_anew() -> None:
    for history in ((told, dropped), (told, ended), (told, recalled)):
        given(CROSSING, *history).when(replace(tell, change=other)).then(
            ChangeTold(ada, other, again=False)
        )
    given(CROSSING, ended, ChangeTold(ada, other, again=False)).when(
        replace(end, change=other)
    ).then_nothing()


@pytest.mark.parametrize("member", ["left", "banned", "erased", "unknown"])
@pytest.mark.parametrize("command", [tell, recall, drop, end])
def test_who_is_no_member_falls_out(command: CrossingCommand, member: StandingNow) -> None:
    given(CROSSING, told).when(replace(command, member=member)).then_nothing()


def test_what_ended_moves_what_they_have_for_having_joined() -> None:
    move = MoveReason(ada, (lobby,), "joined", reason, "changed")
    assert when_free_access_ended_move_reason(fact(ended)) == [Ask(ACCESS, access_of(ada), move)]


def templates(event: CrossingEvent) -> list[str]:
    reactions = [each for each in sender.REACTIONS if each.to is type(event)]
    calls = [call for each in reactions for call in each.react(fact(event))]
    mails = [call.action for call in calls if isinstance(call, Call)]
    return [mail.template for mail in mails if isinstance(mail, SendMail)]


def test_each_has_its_letter() -> None:
    light = replace(change, light=Label("Lobby"))
    for event, wanted in (
        (told, ["free_ends"]),
        (replace(told, change=light), ["free_ends_to_light"]),
        (told_again, ["free_ends_later"]),
        (recalled, ["free_ends_reminder"]),
        (dropped, ["free_stays"]),
        (replace(dropped, told=False), []),
        (ended, ["free_ended"]),
        (replace(ended, change=light), ["free_ended_to_light"]),
        (replace(ended, subscribed=True), []),
    ):
        assert templates(event) == wanted
