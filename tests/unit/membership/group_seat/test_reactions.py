from typing import Any
from uuid import UUID

import pytest

from services.membership.access.events import AccessBarred, AccessGranted, AccessRevoked
from services.membership.gateways.whatsapp_reports import Mark
from services.membership.group.events import Door, GroupChanged, GroupClosed, GroupId, GroupOpened
from services.membership.group_seat import commands, events
from services.membership.group_seat.decider import GROUP_SEAT, stream_of
from services.membership.group_seat.reactions import NO_WORD, PATIENCE, REACTIONS, REMINDER
from services.membership.notice import reactions as notices
from services.membership.notice.commands import FindStaff
from services.membership.tier.events import TierId
from shared.consumer import Webhook
from shared.event_store import Forget, Keep
from shared.ids import Label, PersonId
from shared.reaction import Ask, At, Call, Intent, Reaction, intents_of
from tests.unit.membership.facts import fact, noon

ada = PersonId(UUID(int=1))
gold, order, link_id = TierId(UUID(int=2)), UUID(int=3), UUID(int=4)
chess, community = GroupId(UUID(int=5)), UUID(int=6)
look = Call(commands.LookAtGroups(ada))


def reacts_to(body: object, reactions: Any = REACTIONS) -> list[Intent]:
    by_type: dict[type, list[Reaction]] = {}
    for reaction in reactions:
        by_type.setdefault(reaction.to, []).append(reaction)
    return [intent for _, _, intent in intents_of(by_type, fact(body))]


def asks(command: commands.GroupSeatCommand, keep: Keep | None = None) -> Ask:
    return Ask(GROUP_SEAT, stream_of(ada), command, keep or Keep())


def test_access_that_begins_or_ends_is_looked_at() -> None:
    assert reacts_to(AccessGranted(ada, gold, "purchase", order, first=True)) == [look]
    assert reacts_to(AccessGranted(ada, gold, "purchase", order, first=False)) == []
    assert reacts_to(AccessRevoked(ada, gold, "purchase", order, "refunded", last=True)) == [look]
    assert reacts_to(AccessRevoked(ada, gold, "purchase", order, "refunded", last=False)) == []
    assert reacts_to(AccessBarred(ada, "banned")) == [look]


def test_changed_groups_are_everybodys() -> None:
    door = Door(Label("Chess"), Label("https://chat.whatsapp.com/one"), (gold,))
    for changed in (GroupOpened(chess, door), GroupChanged(chess, door), GroupClosed(chess)):
        assert reacts_to(changed) == [Call(commands.LookAtAllGroups())]


def test_a_message_that_may_not_have_gone_is_given_up_after_a_day() -> None:
    assert reacts_to(events.GroupInviteAsked(ada, 1, chess)) == [
        Call(commands.SendInvite(ada, 1, chess))
    ]
    assert reacts_to(events.GroupInviteSent(ada, 1, chess, sure=True)) == []
    assert reacts_to(events.GroupInviteSent(ada, 1, chess, sure=False)) == [
        At(noon + NO_WORD, asks(commands.StopWaiting(ada, 1)))
    ]


def reported(mark: str, *, arrived: bool = True, problem: str | None = None) -> Webhook:
    payload = {"mark": mark, "arrived": arrived, "problem": problem}
    return Webhook("whatsapp", "arrived", payload)


def test_a_report_is_recorded_for_whom_the_message_was() -> None:
    mark = Mark(community, ada, 7).written()
    assert reacts_to(reported(mark)) == [
        asks(commands.RecordReport(ada, 7, arrived=True, problem=None))
    ]
    failed = reported(mark, arrived=False, problem="held_back")
    record = commands.RecordReport(ada, 7, arrived=False, problem="held_back")
    assert reacts_to(failed) == [asks(record)]


@pytest.mark.parametrize("mark", ["", "a mark of others", "1.2.3", f"{ada.hex}.{ada.hex}.seven"])
def test_a_mark_that_is_not_ours_is_nobodys(mark: str) -> None:
    assert reacts_to(reported(mark)) == []


def test_what_other_vendors_report_is_not_ours() -> None:
    assert reacts_to(Webhook("stripe", "charge.succeeded", {})) == []
    odd = reported(Mark(community, ada, 7).written(), problem="unheard_of")
    assert reacts_to(odd) == []


def test_somebody_is_reminded_until_it_is_done_and_hears_of_it_once_a_day() -> None:
    for due in (
        events.GroupRemovalDue(ada, 2, chess),
        events.GroupRemovalReminded(ada, 2, chess),
    ):
        remind = asks(commands.RemindOfRemoval(ada, 2, chess))
        assert reacts_to(due) == [At(noon + REMINDER, remind)]
        (told,) = reacts_to(due, notices.REACTIONS)
        assert isinstance(told, Call)
        assert isinstance(told.action, FindStaff)
        assert (told.action.template, told.action.permission) == ("group_removals", "members.write")
    first, second = (
        reacts_to(events.GroupRemovalDue(person, 2, chess), notices.REACTIONS)
        for person in (ada, PersonId(UUID(int=9)))
    )
    assert first == second, "one letter a day"


def test_a_number_is_let_go_in_time_and_forgotten() -> None:
    release = At(noon + PATIENCE, asks(commands.ReleaseNumber(ada)))
    assert reacts_to(events.NumberWithdrawn(ada)) == [release]
    assert reacts_to(events.GroupSeatWanted(ada, (), (), "erased", 1, 1)) == [release]
    assert reacts_to(events.GroupSeatWanted(ada, (), (), "banned", 1, 1)) == []
    forget = Keep(forget=(Forget(link_id),))
    assert reacts_to(events.NumberReleased(ada, link_id)) == [
        asks(commands.ForgetNumber(ada, link_id), forget)
    ]
