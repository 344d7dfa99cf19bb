"""What happened to an organisation that pays; the stream is derived from its id."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from services.membership.representative.events import Gone
from shared.ids import Code, Label, PersonId

Cause = Literal["dismissed", Gone]


@dataclass(frozen=True, slots=True)
class Papers:
    """What it is called and where it is at home; the numbers are those that it is registered and taxed under."""

    name: Label
    country: Code
    registration_number: Label | None = None
    vat_number: Code | None = None


@dataclass(frozen=True, slots=True)
class OrganisationRegistered:
    organisation_id: UUID
    papers: Papers


@dataclass(frozen=True, slots=True)
class OrganisationCorrected:
    organisation_id: UUID
    papers: Papers


@dataclass(frozen=True, slots=True)
class RepresentativeNamed:
    """Who pays, gives seats and reads letters in its name from now on."""

    organisation_id: UUID
    person_id: PersonId


@dataclass(frozen=True, slots=True)
class RepresentativeDismissed:
    organisation_id: UUID
    person_id: PersonId
    cause: Cause


@dataclass(frozen=True, slots=True)
class OrganisationLeftAlone:
    """Nobody represents it any more: staff name somebody who does."""

    organisation_id: UUID
    name: Label


OrganisationEvent = (
    OrganisationRegistered
    | OrganisationCorrected
    | RepresentativeNamed
    | RepresentativeDismissed
    | OrganisationLeftAlone
)
