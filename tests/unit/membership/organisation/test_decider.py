from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.membership.organisation.commands import (
    AcceptNaming,
    CorrectOrganisation,
    DeclineNaming,
    DismissRepresentative,
    ExpireNaming,
    NameRepresentative,
    RecordGone,
    RegisterOrganisation,
    WithdrawNaming,
)
from services.membership.organisation.decider import ORGANISATION
from services.membership.organisation.events import (
    Answer,
    OrganisationCorrected,
    OrganisationEvent,
    OrganisationLeftAlone,
    OrganisationRegistered,
    Papers,
    RepresentativeAnswered,
    RepresentativeDismissed,
    RepresentativeInvited,
    RepresentativeNamed,
    RepresentativeNotNamed,
    Unnamed,
)
from services.membership.organisation.rules.naming import MOST_REPRESENTATIVES, MOST_TIMES_ASKED
from shared.ids import Code, Label, PersonId
from shared.testing import given
from tests.unit.membership.facts import noon

acme = UUID(int=50)
ada, bob, eve = (PersonId(UUID(int=number)) for number in (1, 2, 3))
papers = Papers(Label("Acme"), Code("FR"), vat_number=Code("FR12345678901"))
registered, ada_named = OrganisationRegistered(acme, papers), RepresentativeNamed(acme, ada)
bob_named = RepresentativeNamed(acme, bob)
bob_asked = RepresentativeInvited(acme, bob, papers.name, ada, noon + timedelta(days=14))
accept = AcceptNaming(acme, bob, noon)


def answered(answer: Answer, by: PersonId | None = ada) -> RepresentativeAnswered:
    return RepresentativeAnswered(acme, bob, papers.name, by, answer)


register = RegisterOrganisation(acme, papers, ada)


def test_who_registers_an_organisation_represents_it() -> None:
    given(ORGANISATION).when(register).then(registered, ada_named)
    given(ORGANISATION, registered, ada_named).when(register).then_nothing()


def test_what_it_is_called_is_put_right() -> None:
    right = replace(papers, name=Label("Acme & Sons"))
    correct = CorrectOrganisation(acme, right)
    corrected = OrganisationCorrected(acme, right)
    given(ORGANISATION, registered).when(correct).then(corrected)
    given(ORGANISATION, registered, corrected).when(correct).then_nothing()


def name(who: PersonId = bob, by: tuple[UUID, ...] = (ada,), at: datetime = noon) -> Any:
    return NameRepresentative(acme, who, by, at + timedelta(days=14), at)


def test_another_is_asked_once_and_acts_for_it_once_they_agree() -> None:
    given(ORGANISATION, registered, ada_named).when(name()).then(bob_asked)
    given(ORGANISATION, registered, ada_named, bob_asked).when(name()).then_nothing()
    accepting = given(ORGANISATION, registered, ada_named, bob_asked).when(accept)
    accepting.then(bob_named, answered("agreed"))
    all_of_it = given(ORGANISATION, registered, ada_named, bob_asked, bob_named)
    all_of_it.when(accept).then_nothing()
    all_of_it.when(name()).then_nothing()


def test_who_was_named_of_old_represents_it_unasked() -> None:
    given(ORGANISATION, registered, ada_named, bob_named).when(accept).then_nothing()
    by_bob = given(ORGANISATION, registered, ada_named, bob_named).when(name(eve, by=(bob,)))
    by_bob.then(replace(bob_asked, person_id=eve, by=bob))


def test_who_is_only_asked_names_and_dismisses_nobody() -> None:
    asked = given(ORGANISATION, registered, ada_named, bob_asked)
    asked.when(name(eve, by=(bob,))).then_rejected("has_representatives")
    dismissing = asked.when(DismissRepresentative(acme, bob, by=(ada,)))
    dismissing.then_rejected("representative_not_found")


def test_who_took_in_somebody_who_represents_it_names_another() -> None:
    given(ORGANISATION, registered, ada_named).when(name(by=(eve, ada))).then(bob_asked)


def test_whoever_does_not_represent_it_names_nobody_beside_those_who_do() -> None:
    for by in ((), (eve,), (bob,)):
        refused = given(ORGANISATION, registered, ada_named).when(name(by=by))
        refused.then_rejected("has_representatives")


def test_not_everybody_is_named_or_asked() -> None:
    many = [
        RepresentativeNamed(acme, PersonId(UUID(int=100 + number)))
        for number in range(MOST_REPRESENTATIVES - 1)
    ]
    by = (PersonId(UUID(int=100)),)
    full = given(ORGANISATION, registered, *many, replace(bob_asked, by=by[0]))
    full.when(name(eve, by=by)).then_rejected("too_many_representatives")
    full.when(name(by=by)).then_nothing()


@pytest.mark.parametrize(
    ("command", "because"),
    [
        (DeclineNaming(acme, bob), "declined"),
        (WithdrawNaming(acme, bob), "withdrawn"),
        (ExpireNaming(acme, bob, noon + timedelta(days=14)), "expired"),
    ],
)
def test_nothing_comes_of_it_once_by_a_no_by_who_asked_or_by_time(
    command: Any, because: Unnamed
) -> None:
    over = RepresentativeNotNamed(acme, bob, because)
    before = registered, ada_named, bob_asked
    told = () if because == "withdrawn" else (answered(because),)
    given(ORGANISATION, *before).when(command).then(over, *told)
    given(ORGANISATION, *before, over).when(command).then_nothing()
    given(ORGANISATION, *before, over).when(accept).then_rejected("invitation_over")
    given(ORGANISATION, *before, over).when(name()).then(bob_asked)


def test_what_is_accepted_is_not_called_off() -> None:
    both = given(ORGANISATION, registered, ada_named, bob_asked, bob_named)
    for command in (DeclineNaming(acme, bob), WithdrawNaming(acme, bob)):
        both.when(command).then_rejected("invitation_accepted")
    both.when(ExpireNaming(acme, bob, bob_asked.expires_at)).then_nothing()


def test_who_was_not_asked_answers_nothing() -> None:
    for command in (accept, DeclineNaming(acme, bob), WithdrawNaming(acme, bob)):
        refused = given(ORGANISATION, registered, ada_named).when(command)
        refused.then_rejected("invitation_not_found")


def test_an_answer_comes_in_time_and_there_is_time_again_once_it_is_over() -> None:
    late = bob_asked.expires_at
    before = given(ORGANISATION, registered, ada_named, bob_asked)
    before.when(AcceptNaming(acme, bob, late)).then_rejected("invitation_expired")
    again = replace(bob_asked, expires_at=late + timedelta(days=14))
    before.when(name(at=late)).then(again)
    renewed = given(ORGANISATION, registered, ada_named, bob_asked, again)
    renewed.when(ExpireNaming(acme, bob, late)).then_nothing()
    renewed.when(AcceptNaming(acme, bob, late)).then(bob_named, answered("agreed"))


def test_nobody_is_asked_for_ever() -> None:
    over = RepresentativeNotNamed(acme, bob, "declined")
    often: list[OrganisationEvent] = [bob_asked, over] * MOST_TIMES_ASKED
    given(ORGANISATION, registered, ada_named, *often).when(name()).then_rejected(
        "asked_often_enough"
    )
    went = RepresentativeDismissed(acme, bob, "dismissed")
    since: list[OrganisationEvent] = [*often[2:], bob_asked, bob_named, went]
    given(ORGANISATION, registered, ada_named, *since).when(name()).then(bob_asked)


def test_the_word_of_who_may_name_nobody_any_more_is_void() -> None:
    eve_named = RepresentativeNamed(acme, eve)
    ada_went = RepresentativeDismissed(acme, ada, "dismissed")
    before = registered, ada_named, eve_named, bob_asked, ada_went
    given(ORGANISATION, *before).when(accept).then_rejected("invitation_void")
    again = given(ORGANISATION, *before).when(name(by=(eve,)))
    again.then(replace(bob_asked, by=eve))
    by_staff = replace(bob_asked, by=None)
    meanwhile = given(ORGANISATION, registered, ada_named, ada_went, by_staff, eve_named)
    meanwhile.when(accept).then_rejected("invitation_void")


def test_who_asked_somebody_and_stepped_down_leaves_it_to_them() -> None:
    went = RepresentativeDismissed(acme, ada, "dismissed")
    alone = OrganisationLeftAlone(acme, papers.name)
    left = given(ORGANISATION, registered, ada_named, bob_asked, went, alone)
    left.when(accept).then(bob_named, answered("agreed"))
    by_staff = replace(bob_asked, by=None)
    asked = given(ORGANISATION, registered, ada_named, went, alone, by_staff)
    asked.when(accept).then(bob_named, answered("agreed", by=None))


def test_whoever_registered_it_may_be_dismissed_by_now() -> None:
    both = registered, ada_named, bob_named
    dismissed = RepresentativeDismissed(acme, ada, "dismissed")
    dismiss = DismissRepresentative(acme, ada, by=(bob,))
    given(ORGANISATION, *both).when(dismiss).then(dismissed)
    again = given(ORGANISATION, *both, dismissed).when(dismiss)
    again.then_rejected("representative_not_found")


def test_the_last_is_not_dismissed_by_others() -> None:
    for by in ((), (bob,)):
        dismiss = DismissRepresentative(acme, ada, by)
        last = given(ORGANISATION, registered, ada_named).when(dismiss)
        last.then_rejected("last_representative")


def test_anybody_steps_down_and_the_last_leaves_it_alone() -> None:
    went = RepresentativeDismissed(acme, ada, "dismissed")
    alone = OrganisationLeftAlone(acme, papers.name)
    for by in ((ada,), (eve, ada)):
        step_down = DismissRepresentative(acme, ada, by)
        given(ORGANISATION, registered, ada_named, bob_named).when(step_down).then(went)
        given(ORGANISATION, registered, ada_named).when(step_down).then(went, alone)


def test_who_is_gone_goes_whoever_is_left() -> None:
    went = RepresentativeDismissed(acme, ada, "left")
    gone = RecordGone(acme, ada, "left")
    given(ORGANISATION, registered, ada_named, bob_named).when(gone).then(went)
    alone = OrganisationLeftAlone(acme, papers.name)
    given(ORGANISATION, registered, ada_named).when(gone).then(went, alone)
    given(ORGANISATION, registered, ada_named, went, alone).when(gone).then_nothing()
    given(ORGANISATION).when(gone).then_nothing()


def test_one_that_was_left_alone_is_represented_again() -> None:
    went = RepresentativeDismissed(acme, ada, "erased")
    alone = OrganisationLeftAlone(acme, papers.name)
    before = given(ORGANISATION, registered, ada_named, went, alone)
    before.when(name(by=(eve,))).then(replace(bob_asked, by=None))
    before.when(name(eve, by=(eve,))).then(RepresentativeNamed(acme, eve))


def test_of_what_nobody_registered_nothing_is_said() -> None:
    for command in (
        CorrectOrganisation(acme, papers),
        name(),
        accept,
        DismissRepresentative(acme, ada, by=(ada,)),
    ):
        given(ORGANISATION).when(command).then_rejected("organisation_not_found")
