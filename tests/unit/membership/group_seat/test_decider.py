from typing import get_args
from uuid import UUID

from services.membership.access.events import Barred
from services.membership.gateways.gateway import MessengerProblem
from services.membership.group.events import GroupId
from services.membership.group_seat.commands import (
    FollowGroups,
    ForgetNumber,
    GiveNumber,
    RecordInvite,
    RecordRemoval,
    RecordReport,
    ReleaseNumber,
    RemindOfRemoval,
    RetryInvites,
    ShowDoor,
    StopWaiting,
    WithdrawNumber,
)
from services.membership.group_seat.decider import GROUP_SEAT
from services.membership.group_seat.events import (
    GroupDoorShown,
    GroupInviteAsked,
    GroupInviteDelivered,
    GroupInviteSent,
    GroupInvitesRetried,
    GroupInviteStuck,
    GroupRemovalCalledOff,
    GroupRemovalDue,
    GroupRemovalReminded,
    GroupSeatEvent,
    GroupSeatWanted,
    NumberForgotten,
    NumberGiven,
    NumberReleased,
    NumberWithdrawn,
    Problem,
    RemovedFromGroup,
)
from services.membership.group_seat.projections import SENTENCES
from shared.contracts.membership_group import GroupInviteStuck as StuckContract
from shared.ids import Code, PersonId
from shared.personal_value import Sealed
from shared.testing import given

ada = PersonId(UUID(int=1))
link_id, another = UUID(int=2), UUID(int=3)
phone, second_phone = (
    Sealed(PersonId(link_id), "profile", Code(f"sealed {number}")) for number in (1, 2)
)
chess, books = GroupId(UUID(int=4)), GroupId(UUID(int=5))


def wanted(
    *groups: GroupId,
    access: int = 1,
    version: int = 1,
    barred: Barred | None = None,
    known: tuple[GroupId, ...] = (chess, books),
) -> GroupSeatWanted:
    return GroupSeatWanted(ada, groups, known, barred, access, version)


def follow(seen: GroupSeatWanted) -> FollowGroups:
    return FollowGroups(
        ada, seen.groups, seen.open, seen.barred, seen.access_version, seen.groups_version
    )


number_given = NumberGiven(ada, link_id, phone)
asked = GroupInviteAsked(ada, 1, chess)
sent = GroupInviteSent(ada, 1, chess, sure=True)
delivered = GroupInviteDelivered(ada, 1, chess)
in_chess: tuple[GroupSeatEvent, ...] = (wanted(chess), number_given, asked, sent, delivered)
lost = wanted(access=2)
due = GroupRemovalDue(ada, 2, chess)


def test_who_may_enter_is_sent_a_door_as_soon_as_they_have_given_a_number() -> None:
    given(GROUP_SEAT).when(follow(wanted(chess))).then(wanted(chess))
    given(GROUP_SEAT, wanted(chess)).when(GiveNumber(ada, link_id, phone)).then(number_given, asked)
    given(GROUP_SEAT, number_given).when(follow(wanted(chess))).then(wanted(chess), asked)


def test_each_group_has_its_own_door_and_a_second_look_sends_none() -> None:
    both = wanted(chess, books, access=2)
    given(GROUP_SEAT, *in_chess).when(follow(both)).then(both, GroupInviteAsked(ada, 2, books))
    given(GROUP_SEAT, *in_chess).when(follow(wanted(chess))).then_nothing()
    given(GROUP_SEAT, *in_chess, lost, due).when(follow(wanted(chess))).then_nothing()


def test_reports_come_late_twice_and_in_any_order() -> None:
    arrived = RecordReport(ada, 1, arrived=True, problem=None)
    failed = RecordReport(ada, 1, arrived=False, problem="number_unreachable")
    stuck = GroupInviteStuck(ada, 1, chess, "number_unreachable")
    begun = (wanted(chess), number_given, asked)
    given(GROUP_SEAT, *begun).when(RecordInvite(ada, 1)).then(sent)
    given(GROUP_SEAT, *begun).when(arrived).then(delivered)
    given(GROUP_SEAT, *begun, delivered).when(RecordInvite(ada, 1)).then_nothing()
    given(GROUP_SEAT, *begun, sent, delivered).when(arrived).then_nothing()
    given(GROUP_SEAT, *begun, sent).when(failed).then(stuck)
    given(GROUP_SEAT, *begun, sent, stuck).when(failed).then_nothing()
    given(GROUP_SEAT, *begun, sent, delivered).when(failed).then_nothing()
    given(GROUP_SEAT, *begun, sent, stuck).when(arrived).then(delivered)
    of_another = RecordReport(ada, 9, arrived=True, problem=None)
    given(GROUP_SEAT, *begun, sent).when(of_another).then_nothing()


def test_of_a_message_that_may_never_have_gone_nobody_waits_for_ever() -> None:
    unsure = GroupInviteSent(ada, 1, chess, sure=False)
    begun = (wanted(chess), number_given, asked)
    given(GROUP_SEAT, *begun).when(RecordInvite(ada, 1, sure=False)).then(unsure)
    given(GROUP_SEAT, *begun, unsure).when(StopWaiting(ada, 1)).then(
        GroupInviteStuck(ada, 1, chess, "no_word")
    )
    given(GROUP_SEAT, *begun, unsure, delivered).when(StopWaiting(ada, 1)).then_nothing()
    given(GROUP_SEAT, *begun, sent).when(StopWaiting(ada, 1)).then_nothing()


def test_what_got_stuck_is_sent_again_when_somebody_asks_or_gives_another_number() -> None:
    stuck = GroupInviteStuck(ada, 1, chess, "number_refused")
    begun = (wanted(chess), number_given, asked)
    given(GROUP_SEAT, *begun).when(RecordInvite(ada, 1, problem="number_refused")).then(stuck)
    again = GroupInviteAsked(ada, 2, chess)
    given(GROUP_SEAT, *begun, stuck).when(RetryInvites(ada)).then(GroupInvitesRetried(ada), again)
    given(GROUP_SEAT, *begun, sent).when(RetryInvites(ada)).then_nothing()
    second = NumberGiven(ada, link_id, second_phone)
    given(GROUP_SEAT, *begun, stuck).when(GiveNumber(ada, link_id, second_phone)).then(
        second, again
    )


def test_who_may_enter_no_more_is_to_be_taken_out_and_somebody_is_reminded() -> None:
    given(GROUP_SEAT, *in_chess).when(follow(lost)).then(lost, due)
    remind = RemindOfRemoval(ada, 2, chess)
    given(GROUP_SEAT, *in_chess, lost, due).when(remind).then(GroupRemovalReminded(ada, 2, chess))
    removed = RemovedFromGroup(ada, chess)
    given(GROUP_SEAT, *in_chess, lost, due).when(RecordRemoval(ada, chess)).then(removed)
    given(GROUP_SEAT, *in_chess, lost, due, removed).when(remind).then_nothing()
    given(GROUP_SEAT, *in_chess, lost, due, removed).when(RecordRemoval(ada, chess)).then_nothing()


def test_nobody_is_looked_for_where_no_door_ever_led() -> None:
    begun = (wanted(chess), number_given, asked)
    given(GROUP_SEAT, *begun).when(follow(lost)).then(lost)
    stuck = GroupInviteStuck(ada, 1, chess, "number_unreachable")
    given(GROUP_SEAT, *begun, sent, stuck).when(follow(lost)).then(lost)
    given(GROUP_SEAT, wanted(chess)).when(follow(lost)).then(lost)


def test_who_went_in_from_the_app_is_looked_for_all_the_same() -> None:
    begun = (wanted(chess), number_given, asked)
    shown = GroupDoorShown(ada, chess)
    given(GROUP_SEAT, *begun).when(ShowDoor(ada, chess)).then(shown)
    given(GROUP_SEAT, *begun, shown).when(ShowDoor(ada, chess)).then_nothing()
    given(GROUP_SEAT, *begun, shown).when(follow(lost)).then(lost, due)


def test_who_changed_their_number_is_still_looked_for() -> None:
    second = NumberGiven(ada, link_id, second_phone)
    again = GroupInviteAsked(ada, 2, chess)
    given(GROUP_SEAT, *in_chess).when(GiveNumber(ada, link_id, second_phone)).then(second, again)
    given(GROUP_SEAT, *in_chess, second, again).when(follow(lost)).then(
        lost, GroupRemovalDue(ada, 3, chess)
    )


def test_who_is_back_before_anybody_acted_may_stay_and_who_was_taken_out_is_sent_a_door() -> None:
    back = wanted(chess, access=3)
    called_off = GroupRemovalCalledOff(ada, chess)
    given(GROUP_SEAT, *in_chess, lost, due).when(follow(back)).then(back, called_off)
    given(GROUP_SEAT, *in_chess, lost, due, back, called_off).when(
        RecordRemoval(ada, chess)
    ).then_rejected("may_stay")
    removed = RemovedFromGroup(ada, chess)
    given(GROUP_SEAT, *in_chess, lost, due, removed).when(follow(back)).then(
        back, GroupInviteAsked(ada, 3, chess)
    )


def test_nobody_is_shown_a_door_that_is_not_theirs() -> None:
    show = ShowDoor(ada, books)
    given(GROUP_SEAT, *in_chess).when(show).then_rejected("nothing_to_enter")
    given(GROUP_SEAT, *in_chess, lost, due).when(ShowDoor(ada, chess)).then_rejected(
        "nothing_to_enter"
    )
    given(GROUP_SEAT, wanted(chess)).when(ShowDoor(ada, chess)).then_rejected("number_needed")
    given(GROUP_SEAT, *in_chess).when(RecordRemoval(ada, GroupId(another))).then_rejected(
        "group_not_found"
    )


def test_a_closed_group_is_nobodys_task() -> None:
    closed = wanted(known=(books,), version=2)
    given(GROUP_SEAT, *in_chess).when(follow(closed)).then(closed)
    after = wanted(known=(books,), access=2, version=2)
    given(GROUP_SEAT, *in_chess, lost, due).when(follow(after)).then(after)
    given(GROUP_SEAT, *in_chess, lost, due, after).when(
        RemindOfRemoval(ada, 2, chess)
    ).then_nothing()


def test_a_number_is_let_go_once_its_person_is_out() -> None:
    withdrawn, released = NumberWithdrawn(ada), NumberReleased(ada, link_id)
    given(GROUP_SEAT, *in_chess).when(WithdrawNumber(ada)).then(withdrawn, due)
    removed = RemovedFromGroup(ada, chess)
    given(GROUP_SEAT, *in_chess, withdrawn, due).when(RecordRemoval(ada, chess)).then(
        removed, released
    )
    given(GROUP_SEAT, *in_chess, withdrawn, due).when(ReleaseNumber(ada)).then(released)
    given(GROUP_SEAT, *in_chess).when(ReleaseNumber(ada)).then_nothing()
    given(GROUP_SEAT, number_given).when(WithdrawNumber(ada)).then(withdrawn, released)
    given(GROUP_SEAT).when(WithdrawNumber(ada)).then_nothing()
    forgotten = NumberForgotten(ada, link_id)
    given(GROUP_SEAT, number_given, withdrawn, released).when(ForgetNumber(ada, link_id)).then(
        forgotten
    )
    gone = (*in_chess, withdrawn, due, released, forgotten)
    given(GROUP_SEAT, *gone).when(RecordRemoval(ada, chess)).then_nothing()
    given(GROUP_SEAT, *gone).when(GiveNumber(ada, another, second_phone)).then(
        NumberGiven(ada, another, second_phone), GroupInviteAsked(ada, 3, chess)
    )


def test_who_thinks_better_of_it_stays() -> None:
    back = NumberGiven(ada, link_id, second_phone)
    given(GROUP_SEAT, *in_chess, NumberWithdrawn(ada), due).when(
        GiveNumber(ada, link_id, second_phone)
    ).then(back, GroupRemovalCalledOff(ada, chess), GroupInviteAsked(ada, 3, chess))


def test_who_is_shut_out_or_erased_is_to_be_taken_out() -> None:
    banned, erased = wanted(access=2, barred="banned"), wanted(access=2, barred="erased")
    given(GROUP_SEAT, *in_chess).when(follow(banned)).then(banned, due)
    given(GROUP_SEAT, *in_chess).when(follow(erased)).then(erased, due)
    released = NumberReleased(ada, link_id)
    given(GROUP_SEAT, *in_chess, erased, due).when(ReleaseNumber(ada)).then(released)
    given(GROUP_SEAT, wanted(chess), number_given, asked).when(follow(erased)).then(
        erased, released
    )
    given(GROUP_SEAT, *in_chess, banned, due).when(ReleaseNumber(ada)).then_nothing()
    give = GiveNumber(ada, link_id, second_phone)
    given(GROUP_SEAT, *in_chess, banned, due).when(give).then_rejected("person_barred")


def test_of_two_numbers_given_at_once_one_is_taken() -> None:
    given(GROUP_SEAT, number_given).when(GiveNumber(ada, another, second_phone)).then_rejected(
        "number_given_meanwhile"
    )


def test_every_problem_has_a_sentence_and_is_published() -> None:
    problems = set(get_args(Problem))
    assert set(SENTENCES) == problems
    assert set(get_args(MessengerProblem)) < problems
    assert set(get_args(StuckContract.model_fields["problem"].annotation)) == problems
