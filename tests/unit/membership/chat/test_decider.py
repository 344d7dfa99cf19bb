from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import get_args
from uuid import UUID

import pytest

from services.membership.access.events import Barred
from services.membership.chat.commands import (
    AskInvite,
    FollowAccess,
    ForgetLink,
    GiveUpLink,
    LinkAccount,
    NoticeRoles,
    RecordDone,
    RecordRefused,
    RetrySeat,
    UnlinkAccount,
)
from services.membership.chat.decider import CHAT, WHO
from services.membership.chat.events import (
    ChatEvent,
    ChatInviteAsked,
    ChatInvited,
    ChatInviteEnded,
    ChatJoined,
    ChatKicked,
    ChatLinked,
    ChatLinkForgotten,
    ChatRoleGranted,
    ChatRoleRevoked,
    ChatSeatRetried,
    ChatSeatStuck,
    ChatSeatWanted,
    ChatStepAsked,
    ChatUnlinkAsked,
    ChatUnlinked,
    InviteWas,
    Place,
    Problem,
    Step,
    StepKind,
)
from services.membership.chat.projections import SENTENCES
from services.membership.gateways.gateway import ChatProblem
from shared.contracts import membership_chat
from shared.ids import Code, PersonId
from shared.personal_value import Sealed
from shared.testing import given

ada = PersonId(UUID(int=1))
link_id, another = UUID(int=2), UUID(int=3)
account = Sealed(PersonId(link_id), "profile", Code("sealed account"))
letter = Sealed(ada, "profile", Code("sealed invite"))
here, there = Code("10"), Code("11")
gold, silver = Code("20"), Code("21")
place = Place(here, "strip_roles", Code("30"))
today = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
tomorrow = today + timedelta(days=1)


def wanted(
    *roles: Code,
    at: Place | None = place,
    barred: Barred | None = None,
    access: int = 1,
    rules: int = 1,
) -> ChatSeatWanted:
    return ChatSeatWanted(ada, at, roles, barred, access, rules)


def follow(seen: ChatSeatWanted) -> FollowAccess:
    return FollowAccess(
        ada, seen.place, seen.roles, seen.barred, seen.access_version, seen.rules_version
    )


def step(
    number: int, kind: StepKind, role: Code | None = None, server: Code = here
) -> ChatStepAsked:
    return ChatStepAsked(ada, number, Step(kind, server, role))


def granted(role: Code, server: Code = here) -> ChatRoleGranted:
    return ChatRoleGranted(ada, server, role)


def revoked(role: Code, server: Code = here) -> ChatRoleRevoked:
    return ChatRoleRevoked(ada, server, role)


def stuck(problem: Problem, kind: StepKind = "add_role", role: Code | None = gold) -> ChatSeatStuck:
    return ChatSeatStuck(ada, Step(kind, here, role), WHO[problem], problem)


link = LinkAccount(ada, link_id, account)
linked = ChatLinked(ada, link_id, account)
joined = ChatJoined(ada, here)
kicking = replace(place, on_loss="kick")
ada_has_gold: tuple[ChatEvent, ...] = (
    linked,
    wanted(gold),
    step(1, "add_role", gold),
    granted(gold),
)
gone = wanted(access=2)
ask_invite = AskInvite(ada, today)
invited: tuple[ChatEvent, ...] = (
    wanted(gold),
    ChatInviteAsked(ada),
    step(1, "invite"),
    ChatInvited(ada, here, letter, tomorrow),
)


def test_what_access_wants_is_asked_of_the_vendor_once_the_person_is_linked() -> None:
    given(CHAT).when(follow(wanted(gold))).then(wanted(gold))
    given(CHAT, wanted(gold)).when(link).then(linked, step(1, "add_role", gold))
    given(CHAT, linked).when(follow(wanted(gold))).then(wanted(gold), step(1, "add_role", gold))


def test_the_vendor_is_asked_one_thing_at_a_time() -> None:
    asked = (linked, wanted(gold, silver), step(1, "add_role", gold))
    given(CHAT, *asked).when(follow(wanted(silver, access=2))).then(wanted(silver, access=2))
    given(CHAT, *asked).when(RecordDone(ada, 1)).then(granted(gold), step(2, "add_role", silver))


def test_a_wish_that_changed_meanwhile_is_put_right_afterwards() -> None:
    asked = (linked, wanted(gold), step(1, "add_role", gold), gone)
    given(CHAT, *asked).when(RecordDone(ada, 1)).then(granted(gold), step(2, "remove_role", gold))


def test_an_answer_to_another_step_says_nothing() -> None:
    given(CHAT, *ada_has_gold).when(RecordDone(ada, 1)).then_nothing()
    asked = (linked, wanted(gold), step(1, "add_role", gold))
    given(CHAT, *asked).when(RecordDone(ada, 2)).then_nothing()
    given(CHAT, *asked).when(RecordRefused(ada, 2, "refused")).then_nothing()
    given(CHAT, *ada_has_gold).when(RecordRefused(ada, 1, "refused")).then_nothing()


@pytest.mark.parametrize(("access", "rules"), [(2, 2), (1, 2), (2, 1), (1, 3), (3, 1)])
def test_an_older_look_changes_nothing(access: int, rules: int) -> None:
    known = wanted(gold, access=2, rules=2)
    older = follow(wanted(access=access, rules=rules))
    given(CHAT, known).when(older).then_nothing()


@pytest.mark.parametrize(("access", "rules"), [(3, 2), (2, 3), (3, 3)])
def test_a_newer_look_counts_even_if_it_sees_the_same(access: int, rules: int) -> None:
    known, newer = wanted(gold, access=2, rules=2), wanted(gold, access=access, rules=rules)
    given(CHAT, known).when(follow(newer)).then(newer)


def test_a_loss_takes_the_roles_and_leaves_the_person() -> None:
    given(CHAT, *ada_has_gold).when(follow(gone)).then(gone, step(2, "remove_role", gold))


def test_a_loss_takes_only_the_role_that_was_lost() -> None:
    both = (*ada_has_gold, wanted(gold, silver, access=2), granted(silver))
    left = wanted(silver, access=3)
    given(CHAT, *both).when(follow(left)).then(left, step(2, "remove_role", gold))


def test_whom_we_let_in_is_kicked_where_the_owner_wants_that() -> None:
    lost = wanted(at=kicking, access=2)
    given(CHAT, *ada_has_gold, joined).when(follow(lost)).then(lost, step(2, "kick"))
    given(CHAT, *ada_has_gold, joined, lost, step(2, "kick")).when(RecordDone(ada, 2)).then(
        revoked(gold), ChatKicked(ada, here)
    )


def test_whoever_was_there_before_us_is_never_kicked_for_a_loss() -> None:
    lost = wanted(at=kicking, access=2)
    given(CHAT, *ada_has_gold).when(follow(lost)).then(lost, step(2, "remove_role", gold))


def test_who_loses_one_of_two_tiers_is_not_kicked() -> None:
    less = wanted(silver, at=kicking, access=2)
    history = (*ada_has_gold, joined, wanted(gold, silver, at=kicking), granted(silver))
    given(CHAT, *history).when(follow(less)).then(less, step(2, "remove_role", gold))


def test_a_banned_person_is_kicked_even_if_they_were_there_before_us() -> None:
    banned = wanted(gold, barred="banned", access=2)
    given(CHAT, *ada_has_gold).when(follow(banned)).then(banned, step(2, "kick"))
    given(CHAT, linked).when(follow(banned)).then(banned, step(1, "kick"))
    out: tuple[ChatEvent, ...] = (linked, banned, step(1, "kick"), ChatKicked(ada, here))
    again = wanted(barred="banned", access=3)
    given(CHAT, *out).when(follow(again)).then(again)
    given(CHAT, *out).when(link).then_rejected("person_barred")


def test_an_erased_person_is_removed_if_we_let_them_in_and_unlinked() -> None:
    erased = wanted(barred="erased", access=2)
    given(CHAT, *ada_has_gold, joined).when(follow(erased)).then(erased, step(2, "kick"))
    given(CHAT, *ada_has_gold, joined, erased, step(2, "kick")).when(RecordDone(ada, 2)).then(
        revoked(gold), ChatKicked(ada, here), ChatUnlinked(ada, link_id)
    )
    given(CHAT, *ada_has_gold).when(follow(erased)).then(erased, step(2, "remove_role", gold))


def test_an_erasure_ends_the_link_even_if_somebody_would_have_to_act_first() -> None:
    erased = wanted(barred="erased", access=2)
    given(CHAT, *ada_has_gold, erased, step(2, "remove_role", gold)).when(
        RecordRefused(ada, 2, "bot_not_allowed")
    ).then(stuck("bot_not_allowed", "remove_role"), ChatUnlinked(ada, link_id))


def test_a_vendor_that_never_answers_does_not_keep_a_link_for_ever() -> None:
    leaving = (*ada_has_gold, ChatUnlinkAsked(ada), step(2, "remove_role", gold))
    given(CHAT, *leaving).when(GiveUpLink(ada)).then(ChatUnlinked(ada, link_id))
    given(CHAT, *ada_has_gold).when(GiveUpLink(ada)).then_nothing()
    given(CHAT, *leaving, ChatUnlinked(ada, link_id)).when(GiveUpLink(ada)).then_nothing()


def test_unlinking_takes_the_roles_before_the_link_goes() -> None:
    given(CHAT, *ada_has_gold).when(UnlinkAccount(ada)).then(
        ChatUnlinkAsked(ada), step(2, "remove_role", gold)
    )
    leaving = (*ada_has_gold, ChatUnlinkAsked(ada), step(2, "remove_role", gold))
    given(CHAT, *leaving).when(RecordDone(ada, 2)).then(revoked(gold), ChatUnlinked(ada, link_id))
    given(CHAT, *leaving).when(UnlinkAccount(ada)).then_nothing()
    given(CHAT, *leaving).when(link).then_rejected("still_unlinking")
    given(CHAT, linked).when(UnlinkAccount(ada)).then(
        ChatUnlinkAsked(ada), ChatUnlinked(ada, link_id)
    )
    given(CHAT).when(UnlinkAccount(ada)).then_nothing()


def test_after_unlinking_another_account_may_be_linked() -> None:
    other = replace(account, person_id=PersonId(another))
    unlinked = (*ada_has_gold, ChatUnlinkAsked(ada), revoked(gold), ChatUnlinked(ada, link_id))
    given(CHAT, *unlinked).when(LinkAccount(ada, another, other)).then(
        ChatLinked(ada, another, other), step(2, "add_role", gold)
    )


def test_a_link_is_forgotten_by_name() -> None:
    given(CHAT, linked, ChatUnlinked(ada, link_id)).when(ForgetLink(ada, link_id)).then(
        ChatLinkForgotten(ada, link_id)
    )


def test_whoever_is_let_in_while_linking_gets_the_roles_once_they_are_linked() -> None:
    given(CHAT, wanted(gold)).when(replace(link, joined=True)).then(
        linked, joined, step(1, "add_role", gold)
    )


def test_a_second_account_waits_until_the_first_is_unlinked() -> None:
    given(CHAT, linked).when(replace(link, link_id=another)).then_rejected("already_linked")


def test_linking_the_same_account_again_lets_back_in_who_had_left() -> None:
    left = (linked, wanted(gold), step(1, "add_role", gold), stuck("not_on_server"))
    given(CHAT, *left).when(replace(link, joined=True)).then(
        ChatSeatRetried(ada), joined, step(2, "add_role", gold)
    )
    given(CHAT, *ada_has_gold).when(link).then_nothing()


def test_a_server_that_would_not_have_them_says_why() -> None:
    refused = replace(link, problem="banned_on_server")
    given(CHAT, wanted(gold)).when(refused).then(linked, stuck("banned_on_server"))


def test_what_cannot_be_done_is_not_tried_again_by_itself_and_holds_up_nothing_else() -> None:
    asked = (linked, wanted(gold, silver), step(1, "add_role", gold))
    given(CHAT, *asked).when(RecordRefused(ada, 1, "role_unknown")).then(
        stuck("role_unknown"), step(2, "add_role", silver)
    )


def test_whoever_is_not_there_holds_nothing_and_is_asked_for_once() -> None:
    asked = (*ada_has_gold, wanted(gold, silver, access=2), step(2, "add_role", silver))
    given(CHAT, *asked).when(RecordRefused(ada, 2, "not_on_server")).then(
        revoked(gold), stuck("not_on_server", role=silver)
    )


def test_what_is_stuck_is_tried_again_when_somebody_acted() -> None:
    waiting = (linked, wanted(gold), step(1, "add_role", gold), stuck("bot_not_allowed"))
    given(CHAT, *waiting).when(RetrySeat(ada)).then(ChatSeatRetried(ada), step(2, "add_role", gold))
    given(CHAT, *ada_has_gold).when(RetrySeat(ada)).then_nothing()
    newer = wanted(gold, rules=2)
    given(CHAT, *waiting).when(follow(newer)).then(newer, step(2, "add_role", gold))


def test_a_kick_that_is_refused_takes_the_roles_instead() -> None:
    lost = wanted(at=kicking, access=2)
    given(CHAT, *ada_has_gold, joined, lost, step(2, "kick")).when(
        RecordRefused(ada, 2, "bot_not_allowed")
    ).then(stuck("bot_not_allowed", "kick", None), step(3, "remove_role", gold))


def test_a_role_of_another_server_goes_before_one_of_this_comes() -> None:
    moved = wanted(silver, at=replace(place, server=there), rules=2)
    given(CHAT, *ada_has_gold).when(follow(moved)).then(moved, step(2, "remove_role", gold))


def test_without_a_server_nothing_is_done() -> None:
    nowhere = wanted(at=None, rules=2)
    given(CHAT, *ada_has_gold).when(follow(nowhere)).then(nowhere)
    given(CHAT, *ada_has_gold, nowhere).when(UnlinkAccount(ada)).then(
        ChatUnlinkAsked(ada), ChatUnlinked(ada, link_id)
    )


def test_an_invite_is_made_for_whoever_may_enter_something() -> None:
    given(CHAT, wanted(gold)).when(ask_invite).then(ChatInviteAsked(ada), step(1, "invite"))
    asked = (wanted(gold), ChatInviteAsked(ada), step(1, "invite"))
    given(CHAT, *asked).when(RecordDone(ada, 1, letter, tomorrow)).then(
        ChatInvited(ada, here, letter, tomorrow)
    )
    given(CHAT, wanted()).when(ask_invite).then_rejected("nothing_to_enter")
    given(CHAT).when(ask_invite).then_rejected("nothing_to_enter")
    given(CHAT, wanted(gold, at=replace(place, channel=None))).when(ask_invite).then_rejected(
        "no_invites"
    )
    given(CHAT, *ada_has_gold).when(ask_invite).then_rejected("account_linked")


def test_there_is_one_invite_until_it_runs_out() -> None:
    asked = (wanted(gold), ChatInviteAsked(ada), step(1, "invite"))
    given(CHAT, *asked).when(ask_invite).then_nothing()
    given(CHAT, *invited).when(ask_invite).then_nothing()
    given(CHAT, *invited).when(AskInvite(ada, tomorrow)).then(
        ChatInviteAsked(ada), step(2, "invite")
    )


def test_who_is_linked_but_not_there_may_come_by_an_invite() -> None:
    left = (linked, wanted(gold), step(1, "add_role", gold), stuck("not_on_server"))
    given(CHAT, *left).when(ask_invite).then(ChatInviteAsked(ada), step(2, "invite"))


def test_an_invite_that_cannot_be_made_may_be_asked_for_again() -> None:
    asked = (wanted(gold), ChatInviteAsked(ada), step(1, "invite"))
    refused = stuck("channel_unknown", "invite", None)
    given(CHAT, *asked).when(RecordRefused(ada, 1, "channel_unknown")).then(refused)
    given(CHAT, *asked, refused, ChatSeatRetried(ada)).when(ask_invite).then(
        ChatInviteAsked(ada), step(2, "invite")
    )


def test_an_invite_is_taken_back_with_the_access() -> None:
    given(CHAT, *invited).when(follow(gone)).then(gone, step(2, "withdraw_invite"))
    ending = (*invited, gone, step(2, "withdraw_invite"))
    given(CHAT, *ending).when(RecordDone(ada, 2)).then(ChatInviteEnded(ada, "unused"))


@pytest.mark.parametrize("was", ["used", "ran_out"])
def test_a_guest_who_never_said_who_they_are_is_the_owners_to_find(was: InviteWas) -> None:
    ending = (*invited, gone, step(2, "withdraw_invite"))
    given(CHAT, *ending).when(RecordDone(ada, 2, invite_was=was)).then(
        ChatInviteEnded(ada, was), stuck("guest_unknown", "withdraw_invite", None)
    )


def test_who_came_by_our_invite_and_linked_then_was_let_in_by_us() -> None:
    came = (*invited, linked, step(2, "add_role", gold))
    given(CHAT, *came).when(RecordDone(ada, 2)).then(granted(gold), step(3, "withdraw_invite"))
    ending = (*came, granted(gold), step(3, "withdraw_invite"))
    used = RecordDone(ada, 3, invite_was="used")
    given(CHAT, *ending).when(used).then(ChatInviteEnded(ada, "used"), joined)
    unused = RecordDone(ada, 3, invite_was="unused")
    given(CHAT, *ending).when(unused).then(ChatInviteEnded(ada, "unused"))


def test_every_problem_has_a_sentence_and_somebody_who_must_act() -> None:
    problems = set(get_args(Problem))
    assert set(WHO) == set(SENTENCES) == problems
    assert set(get_args(ChatProblem)) == problems - {"guest_unknown"}
    assert set(get_args(membership_chat.ChatProblem)) == problems


def noticed(*roles: Code, number: int = 1, server: Code = here) -> NoticeRoles:
    return NoticeRoles(ada, number, server, roles)


def test_a_role_that_was_taken_by_hand_is_given_again() -> None:
    given(CHAT, *ada_has_gold).when(noticed()).then(revoked(gold), step(2, "add_role", gold))


def test_a_role_that_was_given_by_hand_is_taken_and_one_that_was_due_is_kept() -> None:
    given(CHAT, *ada_has_gold).when(noticed(gold, silver)).then(
        granted(silver), step(2, "remove_role", silver)
    )
    refused = (linked, wanted(gold), step(1, "add_role", gold), stuck("bot_not_allowed"))
    given(CHAT, *refused).when(noticed(gold)).then(granted(gold))


def test_a_server_that_is_as_believed_changes_nothing() -> None:
    given(CHAT, *ada_has_gold).when(noticed(gold)).then_nothing()


def test_who_left_the_server_has_nothing_there() -> None:
    left = NoticeRoles(ada, 1, here, None)
    given(CHAT, *ada_has_gold).when(left).then(revoked(gold), step(2, "add_role", gold))
    given(CHAT, linked, wanted(gold, at=None)).when(replace(left, number=0)).then_nothing()


def test_who_came_back_is_given_what_they_could_not_have() -> None:
    absent = (linked, wanted(gold), step(1, "add_role", gold), stuck("not_on_server"))
    back = (ChatSeatRetried(ada), step(2, "add_role", gold))
    given(CHAT, *absent).when(noticed()).then(*back)


def test_a_look_from_before_the_last_step_or_at_another_server_says_nothing() -> None:
    given(CHAT, *ada_has_gold).when(noticed(number=0)).then_nothing()
    given(CHAT, *ada_has_gold).when(noticed(server=there)).then_nothing()
    asked = (linked, wanted(gold), step(1, "add_role", gold))
    given(CHAT, *asked).when(noticed()).then_nothing()
    given(CHAT, wanted(gold)).when(noticed(number=0)).then_nothing()
