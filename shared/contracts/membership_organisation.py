"""tessera.membership.organisation.v1: organisations that pay, and who acts for them."""

from typing import ClassVar, Literal
from uuid import UUID

from shared.contracts.contract import CodeText, Contract


class OrganisationContract(Contract):
    """A fact about one organisation; its id stands wherever a payer's does."""

    topic: ClassVar[str] = "tessera.membership.organisation.v1"

    organisation_id: UUID


class OrganisationRegistered(OrganisationContract):
    """A member registered it. What it is called is not told: a name can be its owner's."""

    country: CodeText


class RepresentativeNamed(OrganisationContract):
    """The person may pay, change, cancel and give seats in its name from now on."""

    person_id: UUID


class RepresentativeDismissed(OrganisationContract):
    """They may no more: they were dismissed, or are no member of the community."""

    person_id: UUID
    cause: Literal["dismissed", "left", "banned", "erased"]
