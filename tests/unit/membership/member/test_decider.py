from dataclasses import replace
from uuid import UUID

from services.membership.member.commands import (
    AdmitPerson,
    BanMember,
    BeTakenIn,
    ChangeAddress,
    ChangeProfile,
    ConfirmForgotten,
    ErasePerson,
    ForgetLapsed,
    JoinCommunity,
    LeaveCommunity,
    LiftBan,
)
from services.membership.member.decider import MEMBER
from services.membership.member.events import (
    AddressChanged,
    BanLifted,
    ErasureConfirmed,
    MemberBanned,
    MemberCameIn,
    MemberJoined,
    MemberLeft,
    MemberTakenIn,
    PersonErased,
    PersonErasureCompleted,
    ProfileChanged,
)
from services.membership.tier.events import TierId
from shared.ids import AccountId, Code, PersonId
from shared.personal_value import Sealed
from shared.testing import given
from tests.unit.membership.documents import agreed, silent
from tests.unit.membership.facts import noon

account = AccountId(UUID(int=1))
person = PersonId(UUID(int=2))
name = Sealed(person, "profile", Code("sealed-name"))
email = Sealed(person, "profile", Code("sealed-address"))
free_tier = TierId(UUID(int=3))
join = JoinCommunity(
    account, name, email, email_is_own=True, language="fr", free_tiers=(free_tier,)
)
joined = MemberJoined(account, name, email, "fr", (free_tier,))
erased = (PersonErased(person), ErasureConfirmed("membership"))


def test_a_person_joins() -> None:
    given(MEMBER).when(join).then(joined)


def test_a_person_joins_once() -> None:
    given(MEMBER, joined).when(join).then_nothing()


def test_who_joins_agrees_to_what_is_asked() -> None:
    without, agreeing = replace(join, agreement=silent), replace(join, agreement=agreed)
    brought = MemberJoined(None, name, email, "fr", (free_tier,))
    came_in = MemberCameIn(account, name, email, "fr")
    for history, outcome in (((), joined), ((joined, MemberLeft()), joined), ((brought,), came_in)):
        given(MEMBER, *history).when(without).then_rejected("documents_not_accepted")
        given(MEMBER, *history).when(agreeing).then(outcome)


def test_who_is_a_member_already_is_not_kept_out_by_what_is_asked_since() -> None:
    given(MEMBER, joined).when(replace(join, agreement=silent)).then_nothing()


def test_nobody_joins_with_the_address_of_another() -> None:
    given(MEMBER).when(replace(join, email_is_own=False)).then_rejected("not_your_email")


def test_a_member_cannot_take_the_address_of_another() -> None:
    given(MEMBER, joined).when(replace(join, email_is_own=False)).then_rejected("not_your_email")


def test_who_may_not_come_in_by_themselves_is_told_how() -> None:
    by_application, by_invitation = (
        replace(join, way="application"),
        replace(join, way="invitation"),
    )
    for history in ((), (joined, MemberLeft())):
        given(MEMBER, *history).when(by_application).then_rejected("by_application")
        given(MEMBER, *history).when(by_invitation).then_rejected("by_invitation")
    given(MEMBER, joined).when(by_invitation).then_nothing()


def test_who_works_for_the_community_joins_by_themselves() -> None:
    given(MEMBER).when(replace(join, way="invitation", is_staff=True)).then(joined)


def test_who_left_may_join_again() -> None:
    given(MEMBER, joined, MemberLeft()).when(join).then(joined)


def test_who_was_banned_may_not_join_again() -> None:
    given(MEMBER, joined, MemberBanned()).when(join).then_rejected("banned")


def test_who_was_erased_comes_back_as_somebody_else() -> None:
    given(MEMBER, joined, *erased).when(join).then_rejected("person_not_found")


def test_a_member_leaves() -> None:
    given(MEMBER, joined).when(LeaveCommunity()).then(MemberLeft())


def test_a_member_leaves_once() -> None:
    given(MEMBER, joined, MemberLeft()).when(LeaveCommunity()).then_nothing()


def test_who_was_banned_has_left_already() -> None:
    given(MEMBER, joined, MemberBanned()).when(LeaveCommunity()).then_nothing()


def test_a_stranger_cannot_leave() -> None:
    given(MEMBER).when(LeaveCommunity()).then_rejected("person_not_found")


def test_a_member_is_banned() -> None:
    given(MEMBER, joined).when(BanMember()).then(MemberBanned(account))
    lasts = BanMember(access_until=noon)
    given(MEMBER, joined).when(lasts).then(MemberBanned(account, noon))


def test_who_left_can_still_be_banned() -> None:
    given(MEMBER, joined, MemberLeft()).when(BanMember()).then(MemberBanned(account))


def test_a_member_is_banned_once() -> None:
    given(MEMBER, joined, MemberBanned()).when(BanMember()).then_nothing()


def test_who_was_banned_may_join_again_once_the_ban_is_lifted() -> None:
    given(MEMBER, joined, MemberBanned()).when(LiftBan()).then(BanLifted())
    given(MEMBER, joined, MemberBanned(), BanLifted()).when(join).then(joined)
    given(MEMBER, joined, MemberBanned(), BanLifted()).when(BanMember()).then(MemberBanned(account))
    left = given(MEMBER, joined, MemberBanned(), BanLifted())
    left.when(ForgetLapsed(person, "left")).then(PersonErased(person, account))
    left.when(LeaveCommunity()).then_nothing()


def test_a_ban_is_lifted_once_and_only_of_who_is_banned() -> None:
    given(MEMBER, joined).when(LiftBan()).then_rejected("not_banned")
    given(MEMBER, joined, MemberLeft()).when(LiftBan()).then_rejected("not_banned")
    given(MEMBER, joined, MemberTakenIn()).when(LiftBan()).then_rejected("not_banned")
    given(MEMBER, joined, MemberBanned(), BanLifted()).when(LiftBan()).then_rejected("not_banned")
    given(MEMBER).when(LiftBan()).then_rejected("person_not_found")
    given(MEMBER, joined, MemberBanned(), *erased).when(LiftBan()).then_rejected("person_not_found")


def test_an_erased_person_cannot_be_banned() -> None:
    given(MEMBER, joined, *erased).when(BanMember()).then_rejected("person_not_found")


def test_a_person_is_erased() -> None:
    given(MEMBER, joined).when(ErasePerson(person)).then(PersonErased(person, account))


def test_a_person_is_erased_once() -> None:
    given(MEMBER, joined, *erased).when(ErasePerson(person)).then_nothing()


def test_a_stranger_cannot_be_erased() -> None:
    given(MEMBER).when(ErasePerson(person)).then_rejected("person_not_found")


def test_a_service_confirms_that_it_has_forgotten() -> None:
    given(MEMBER, joined, *erased).when(ConfirmForgotten("billing")).then(
        ErasureConfirmed("billing")
    )


def test_a_service_confirms_once() -> None:
    given(MEMBER, joined, *erased, ErasureConfirmed("billing")).when(
        ConfirmForgotten("billing")
    ).then_nothing()


def test_the_last_confirmation_completes_the_erasure() -> None:
    given(MEMBER, joined, *erased, ErasureConfirmed("billing"), ErasureConfirmed("analytics")).when(
        ConfirmForgotten("events")
    ).then(ErasureConfirmed("events"), PersonErasureCompleted())


def test_a_completed_erasure_stays_completed() -> None:
    given(
        MEMBER,
        joined,
        *erased,
        ErasureConfirmed("billing"),
        ErasureConfirmed("analytics"),
        ErasureConfirmed("events"),
        PersonErasureCompleted(),
    ).when(ConfirmForgotten("events")).then_nothing()


def test_a_confirmation_nobody_asked_for_changes_nothing() -> None:
    given(MEMBER, joined).when(ConfirmForgotten("billing")).then_nothing()


admit = AdmitPerson(account, name, email, "fr", (free_tier,))
brought = replace(joined, account_id=None)
came_in = MemberCameIn(account, name, email, "fr")


def test_who_accepted_an_invitation_is_in() -> None:
    given(MEMBER).when(admit).then(joined)
    given(MEMBER, joined).when(admit).then_nothing()
    given(MEMBER, joined, MemberLeft()).when(admit).then(joined)


def test_who_is_brought_from_elsewhere_is_in_before_they_have_an_account() -> None:
    given(MEMBER).when(replace(admit, account_id=None)).then(brought)
    given(MEMBER, brought).when(replace(admit, account_id=None)).then_nothing()


def test_who_was_brought_from_elsewhere_comes_in_once() -> None:
    given(MEMBER, brought).when(join).then(came_in)
    given(MEMBER, brought).when(admit).then(came_in)
    given(MEMBER, brought, came_in).when(join).then_nothing()
    given(MEMBER, brought, came_in).when(admit).then_nothing()


def test_nobody_comes_in_with_the_address_of_another() -> None:
    given(MEMBER, brought).when(replace(join, email_is_own=False)).then_rejected("not_your_email")


def test_nobody_is_brought_back_who_left_or_was_shut_out() -> None:
    anew = replace(admit, account_id=None)
    given(MEMBER, joined, MemberLeft()).when(anew).then_nothing()
    given(MEMBER, joined, MemberBanned(account)).when(anew).then_nothing()
    given(MEMBER, joined, MemberBanned(account)).when(admit).then_nothing()
    given(MEMBER, joined, *erased).when(admit).then_nothing()


def test_the_last_owner_neither_leaves_nor_is_shut_out_nor_erased() -> None:
    given(MEMBER, joined).when(LeaveCommunity("sole")).then_rejected("last_owner")
    given(MEMBER, joined).when(BanMember("sole", by_owner=True)).then_rejected("last_owner")
    erase = ErasePerson(person, "sole", by_owner=True)
    given(MEMBER, joined).when(erase).then_rejected("last_owner")


def test_only_an_owner_shuts_out_an_owner() -> None:
    given(MEMBER, joined).when(BanMember("shared")).then_rejected("owners_only")
    given(MEMBER, joined).when(ErasePerson(person, "shared")).then_rejected("owners_only")
    given(MEMBER, joined).when(BanMember("shared", by_owner=True)).then(MemberBanned(account))
    given(MEMBER, joined).when(LeaveCommunity("shared")).then(MemberLeft())


def test_who_works_here_is_shut_out_by_who_may_take_their_roles() -> None:
    given(MEMBER, joined).when(BanMember(works_here=True)).then_rejected("works_here")
    may = BanMember(works_here=True, takes_roles=True)
    given(MEMBER, joined).when(may).then(MemberBanned(account))
    again = BanMember(works_here=True)
    given(MEMBER, joined, MemberBanned(account)).when(again).then_nothing()


def test_what_is_so_already_is_no_question_of_ownership() -> None:
    given(MEMBER, joined, MemberLeft()).when(LeaveCommunity("sole")).then_nothing()
    given(MEMBER, joined, MemberBanned(account)).when(BanMember("shared")).then_nothing()
    given(MEMBER, joined, *erased).when(ErasePerson(person, "sole")).then_nothing()


change = ChangeProfile(Sealed(person, "profile", Code("another-name")), "en")
changed = ProfileChanged(change.name, email, "en")


def test_a_member_says_what_they_are_called_and_keeps_their_address() -> None:
    given(MEMBER, joined).when(change).then(changed)
    given(MEMBER, brought, came_in, changed).when(change).then(changed)


def test_nobody_else_says_what_they_are_called() -> None:
    given(MEMBER, joined, MemberLeft()).when(change).then_rejected("not_a_member")
    given(MEMBER, joined, MemberBanned(account)).when(change).then_rejected("not_a_member")
    given(MEMBER).when(change).then_rejected("person_not_found")
    given(MEMBER, joined, *erased).when(change).then_rejected("person_not_found")


def test_a_new_name_changes_nothing_else() -> None:
    given(MEMBER, joined, changed).when(join).then_nothing()
    given(MEMBER, brought, changed).when(join).then(came_in)


def test_who_is_another_member_as_well_is_nobody_beside_them() -> None:
    for history in ((joined,), (joined, MemberLeft())):
        given(MEMBER, *history).when(BeTakenIn()).then(MemberTakenIn())


def test_who_was_shut_out_meanwhile_stays_shut_out() -> None:
    for history in ((), (joined, MemberBanned()), (joined, MemberTakenIn()), (joined, *erased)):
        given(MEMBER, *history).when(BeTakenIn()).then_nothing()


def test_nobody_is_merged_away_who_was_shut_out_or_went_at_that_moment() -> None:
    asked = BeTakenIn(is_asked=True)
    given(MEMBER, joined).when(asked).then(MemberTakenIn())
    given(MEMBER, joined, MemberTakenIn()).when(asked).then_nothing()
    given(MEMBER, joined, MemberBanned()).when(asked).then_rejected("banned")
    given(MEMBER, joined, MemberLeft()).when(asked).then_rejected("not_a_member")
    given(MEMBER, joined, *erased).when(asked).then_rejected("not_a_member")


def test_who_was_taken_in_is_shut_out_as_who_they_are_now() -> None:
    given(MEMBER, joined, MemberTakenIn()).when(BanMember()).then_rejected("was_taken_in")


def test_who_was_taken_in_neither_leaves_nor_joins_nor_is_admitted() -> None:
    given(MEMBER, joined, MemberTakenIn()).when(LeaveCommunity()).then_nothing()
    given(MEMBER, joined, MemberTakenIn()).when(join).then_rejected("was_taken_in")
    admit = AdmitPerson(account, name, email, "fr", ())
    given(MEMBER, joined, MemberTakenIn()).when(admit).then_nothing()


def test_who_was_taken_in_is_erased_like_anybody() -> None:
    taken_in = given(MEMBER, joined, MemberTakenIn())
    taken_in.when(ErasePerson(person)).then(PersonErased(person, account))


def test_a_member_is_written_to_at_another_address_that_is_nobody_elses() -> None:
    other = Sealed(person, "profile", Code("sealed-other-address"))
    third = Sealed(person, "profile", Code("sealed-third-address"))
    change = ChangeAddress(other, is_current=False, elsewhere=False)
    changed = AddressChanged(other, email)
    given(MEMBER, joined).when(change).then(changed)
    given(MEMBER, joined, changed).when(replace(change, is_current=True)).then_nothing()
    given(MEMBER, joined, changed).when(replace(change, email=third)).then(
        AddressChanged(third, other)
    )
    given(MEMBER, joined).when(replace(change, elsewhere=True)).then_rejected("address_taken")
    given(MEMBER, joined, MemberLeft()).when(change).then_rejected("not_a_member")
    given(MEMBER).when(change).then_rejected("person_not_found")
    profile = ChangeProfile(name, "en")
    given(MEMBER, joined, changed).when(profile).then(ProfileChanged(name, other, "en"))
