from dataclasses import replace
from uuid import UUID

from services.membership.member.events import StandingNow
from services.membership.merging.commands import BarTakenIn, BeTakenIn, LiftTakenIn, TakeIn
from services.membership.merging.decider import MERGING
from services.membership.merging.events import (
    MemberMerged,
    PersonTakenIn,
    TakenInBarred,
    TakenInLifted,
)
from shared.ids import PersonId
from shared.testing import given

ada, ida, eve = (PersonId(UUID(int=number)) for number in (1, 2, 3))
take = TakeIn(ada, ida, "joined")
be_taken = BeTakenIn(ida, ada, "joined")
merged, taken_in = MemberMerged(ada, ida), PersonTakenIn(ida, ada)
NO_MEMBERS: tuple[StandingNow, ...] = ("unknown", "left", "taken_in", "erased")


def test_a_person_takes_in_who_they_are_as_well() -> None:
    given(MERGING).when(take).then(merged)
    given(MERGING).when(be_taken).then(taken_in)


def test_the_same_two_are_merged_once() -> None:
    given(MERGING, merged).when(take).then_nothing()
    given(MERGING, taken_in).when(be_taken).then_nothing()


def test_a_third_person_is_taken_in_beside() -> None:
    given(MERGING, merged).when(TakeIn(ada, eve, "joined")).then(MemberMerged(ada, eve))


def test_nobody_takes_in_themselves() -> None:
    given(MERGING).when(TakeIn(ada, ada, "joined")).then_rejected("same_person")


def test_who_was_taken_in_takes_nobody_in() -> None:
    given(MERGING, taken_in).when(TakeIn(ida, eve, "joined")).then_rejected("was_taken_in")


def test_who_was_taken_in_is_not_taken_in_by_another() -> None:
    given(MERGING, taken_in).when(replace(be_taken, into=eve)).then_rejected("was_taken_in")


def test_who_took_somebody_in_is_not_taken_in() -> None:
    given(MERGING, merged).when(BeTakenIn(ada, eve, "joined")).then_rejected("has_taken_in")


def test_who_was_shut_out_is_merged_neither_way() -> None:
    given(MERGING).when(replace(take, member="banned")).then_rejected("banned")
    given(MERGING).when(replace(be_taken, member="banned")).then_rejected("banned")
    barred = TakenInBarred(ada, "banned", ())
    given(MERGING, barred).when(take).then_rejected("banned")


def test_who_is_no_member_is_merged_neither_way() -> None:
    for standing in NO_MEMBERS:
        given(MERGING).when(replace(take, member=standing)).then_rejected("not_a_member")
        given(MERGING).when(replace(be_taken, member=standing)).then_rejected("not_a_member")
    given(MERGING, TakenInBarred(ada, "erased", ())).when(take).then_rejected("not_a_member")


def test_the_last_owner_is_not_given_up() -> None:
    last = replace(be_taken, is_last_owner=True, is_staff=True)
    given(MERGING).when(last).then_rejected("last_owner")


def test_who_works_here_is_not_given_up() -> None:
    given(MERGING).when(replace(be_taken, is_staff=True)).then_rejected("works_here")


def test_who_pays_for_the_seats_of_others_is_not_given_up() -> None:
    given(MERGING).when(replace(be_taken, pays_for_seats=True)).then_rejected("pays_for_seats")


def test_who_represents_an_organisation_is_not_given_up() -> None:
    asked = replace(be_taken, represents=True)
    given(MERGING).when(asked).then_rejected("represents_organisation")


def test_what_bars_a_person_bars_whom_they_took_in() -> None:
    banned, erased = (TakenInBarred(ada, cause, (ida,)) for cause in ("banned", "erased"))
    given(MERGING, merged).when(BarTakenIn(ada, "banned")).then(banned)
    given(MERGING, merged, banned).when(BarTakenIn(ada, "banned")).then_nothing()
    given(MERGING, merged, banned).when(BarTakenIn(ada, "erased")).then(erased)
    given(MERGING, merged, erased).when(BarTakenIn(ada, "banned")).then_nothing()


def test_a_ban_that_is_lifted_is_lifted_of_whom_they_took_in() -> None:
    banned, erased = (TakenInBarred(ada, cause, (ida,)) for cause in ("banned", "erased"))
    lifted = TakenInLifted(ada, (ida,))
    given(MERGING, merged, banned).when(LiftTakenIn(ada)).then(lifted)
    given(MERGING, merged, banned, lifted).when(LiftTakenIn(ada)).then_nothing()
    given(MERGING, merged, banned, lifted).when(BarTakenIn(ada, "banned")).then(banned)
    given(MERGING, merged, erased).when(LiftTakenIn(ada)).then_nothing()
