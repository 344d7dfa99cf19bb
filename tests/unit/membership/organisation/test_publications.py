from typing import Any
from uuid import UUID

from services.membership.organisation.events import (
    OrganisationRegistered,
    Papers,
    RepresentativeDismissed,
    RepresentativeNamed,
)
from services.membership.organisation.publications import PUBLICATIONS
from shared.contracts import membership_organisation as contracts
from shared.ids import Code, Label, PersonId
from tests.unit.membership.facts import community_id, fact, noon

acme, ada = UUID(int=50), PersonId(UUID(int=1))
told: dict[str, Any] = {"community_id": community_id, "occurred_at": noon, "organisation_id": acme}


def published(body: object) -> object:
    return next(one.map(fact(body)) for one in PUBLICATIONS if one.of is type(body))


def test_that_it_is_registered_is_told_without_its_name() -> None:
    registered = OrganisationRegistered(acme, Papers(Label("Acme"), Code("FR")))
    assert published(registered) == contracts.OrganisationRegistered(**told, country="FR")


def test_who_acts_for_it_is_told_and_who_does_no_more() -> None:
    named = contracts.RepresentativeNamed(**told, person_id=ada)
    assert published(RepresentativeNamed(acme, ada)) == named
    dismissed = contracts.RepresentativeDismissed(**told, person_id=ada, cause="left")
    assert published(RepresentativeDismissed(acme, ada, "left")) == dismissed
