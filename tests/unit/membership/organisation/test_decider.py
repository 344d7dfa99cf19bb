from dataclasses import replace
from uuid import UUID

from services.membership.organisation.commands import (
    CorrectOrganisation,
    DismissRepresentative,
    NameRepresentative,
    RecordGone,
    RegisterOrganisation,
)
from services.membership.organisation.decider import MOST_REPRESENTATIVES, ORGANISATION
from services.membership.organisation.events import (
    OrganisationCorrected,
    OrganisationLeftAlone,
    OrganisationRegistered,
    Papers,
    RepresentativeDismissed,
    RepresentativeNamed,
)
from shared.ids import Code, Label, PersonId
from shared.testing import given

acme = UUID(int=50)
ada, bob, eve = (PersonId(UUID(int=number)) for number in (1, 2, 3))
papers = Papers(Label("Acme"), Code("FR"), vat_number=Code("FR12345678901"))
registered, ada_named = OrganisationRegistered(acme, papers), RepresentativeNamed(acme, ada)
bob_named = RepresentativeNamed(acme, bob)
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


def test_another_is_named_once() -> None:
    name = NameRepresentative(acme, bob, by=(ada,))
    given(ORGANISATION, registered, ada_named).when(name).then(bob_named)
    given(ORGANISATION, registered, ada_named, bob_named).when(name).then_nothing()


def test_who_took_in_somebody_who_represents_it_names_another() -> None:
    name = NameRepresentative(acme, bob, by=(eve, ada))
    given(ORGANISATION, registered, ada_named).when(name).then(bob_named)


def test_whoever_does_not_represent_it_names_nobody_beside_those_who_do() -> None:
    for by in ((), (eve,)):
        name = NameRepresentative(acme, bob, by)
        given(ORGANISATION, registered, ada_named).when(name).then_rejected("has_representatives")


def test_not_everybody_is_named() -> None:
    many = [
        RepresentativeNamed(acme, PersonId(UUID(int=100 + number)))
        for number in range(MOST_REPRESENTATIVES)
    ]
    name = NameRepresentative(acme, bob, by=(PersonId(UUID(int=100)),))
    given(ORGANISATION, registered, *many).when(name).then_rejected("too_many_representatives")


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
    name = NameRepresentative(acme, bob, by=(eve,))
    given(ORGANISATION, registered, ada_named, went, alone).when(name).then(bob_named)


def test_of_what_nobody_registered_nothing_is_said() -> None:
    for command in (
        CorrectOrganisation(acme, papers),
        NameRepresentative(acme, bob, by=(ada,)),
        DismissRepresentative(acme, ada, by=(ada,)),
    ):
        given(ORGANISATION).when(command).then_rejected("organisation_not_found")
