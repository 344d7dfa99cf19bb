from dataclasses import replace
from uuid import UUID

import pytest

from services.membership.member.events import StandingNow
from services.membership.representative.commands import (
    InsistOnMember,
    LoseAll,
    Represent,
    StopRepresenting,
)
from services.membership.representative.decider import MOST_ORGANISATIONS, REPRESENTATIVE
from services.membership.representative.events import (
    Gone,
    RepresentationBegan,
    RepresentationEnded,
    RepresentationsLost,
)
from shared.ids import PersonId
from shared.testing import given

ada = PersonId(UUID(int=1))
acme, apex = UUID(int=50), UUID(int=51)
began = RepresentationBegan(ada, acme)


def test_a_member_represents_an_organisation_once() -> None:
    given(REPRESENTATIVE).when(Represent(ada, acme, "joined")).then(began)
    given(REPRESENTATIVE, began).when(Represent(ada, acme, "joined")).then_nothing()


def test_who_has_not_agreed_is_looked_at_and_represents_nothing() -> None:
    asked = Represent(ada, acme, "joined", agreed=False)
    given(REPRESENTATIVE).when(asked).then_nothing()
    given(REPRESENTATIVE).when(replace(asked, member="left")).then_rejected("not_a_member")


def test_a_member_represents_several() -> None:
    another = RepresentationBegan(ada, apex)
    given(REPRESENTATIVE, began).when(Represent(ada, apex, "joined")).then(another)


@pytest.mark.parametrize("standing", ["unknown", "left", "banned", "taken_in", "erased"])
def test_nobody_else_represents_anything(standing: StandingNow) -> None:
    represent = Represent(ada, acme, standing)
    given(REPRESENTATIVE).when(represent).then_rejected("not_a_member")


def test_nobody_represents_too_many() -> None:
    many = [RepresentationBegan(ada, UUID(int=100 + n)) for n in range(MOST_ORGANISATIONS)]
    one_more = Represent(ada, acme, "joined")
    given(REPRESENTATIVE, *many).when(one_more).then_rejected("too_many_organisations")
    ended = RepresentationEnded(ada, UUID(int=100))
    given(REPRESENTATIVE, *many, ended).when(one_more).then(began)


def test_who_was_dismissed_represents_it_no_more() -> None:
    ended = RepresentationEnded(ada, acme)
    given(REPRESENTATIVE, began).when(StopRepresenting(ada, acme)).then(ended)
    given(REPRESENTATIVE, began, ended).when(StopRepresenting(ada, acme)).then_nothing()


def test_who_is_no_member_any_more_loses_all_of_them_once() -> None:
    both = began, RepresentationBegan(ada, apex)
    lost = RepresentationsLost(ada, "left", (acme, apex))
    given(REPRESENTATIVE, *both).when(LoseAll(ada, "left")).then(lost)
    given(REPRESENTATIVE, *both, lost).when(LoseAll(ada, "erased")).then_nothing()
    given(REPRESENTATIVE).when(LoseAll(ada, "banned")).then_nothing()


@pytest.mark.parametrize(
    ("standing", "cause"),
    [("left", "left"), ("taken_in", "left"), ("banned", "banned"), ("erased", "erased")],
)
def test_who_went_while_they_were_being_named_loses_all(standing: StandingNow, cause: Gone) -> None:
    insist, lost = InsistOnMember(ada, standing), RepresentationsLost(ada, cause, (acme,))
    given(REPRESENTATIVE, began).when(insist).then(lost)
    given(REPRESENTATIVE, began, lost).when(insist).then_nothing()


def test_a_member_goes_on_representing() -> None:
    given(REPRESENTATIVE, began).when(InsistOnMember(ada, "joined")).then_nothing()


def test_who_comes_back_may_represent_again() -> None:
    lost = RepresentationsLost(ada, "left", (acme,))
    given(REPRESENTATIVE, began, lost).when(Represent(ada, acme, "joined")).then(began)
