"""What happened to an organisation that pays; the stream is derived from its id."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from services.membership.representative.events import Gone
from shared.ids import Code, Label, PersonId

Cause = Literal["dismissed", Gone]
Unnamed = Literal["declined", "withdrawn", "expired"]
Answer = Literal["agreed", "declined", "expired"]


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
class RepresentativeInvited:
    """They are asked to act for it, in time, `by` one who represents it or by staff, and may do nothing for it yet."""

    organisation_id: UUID
    person_id: PersonId
    name: Label
    by: PersonId | None
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class RepresentativeNotNamed:
    """Nothing came of asking them."""

    organisation_id: UUID
    person_id: PersonId
    because: Unnamed


@dataclass(frozen=True, slots=True)
class RepresentativeAnswered:
    """Who was asked has said yes or no, or nothing in time: whoever asked is told, staff where it is not said who."""

    organisation_id: UUID
    person_id: PersonId
    name: Label
    by: PersonId | None
    answer: Answer


@dataclass(frozen=True, slots=True)
class RepresentativeNamed:
    """Who pays, gives seats and reads letters in its name from now on; of old, whether or not they were asked."""

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
    | RepresentativeInvited
    | RepresentativeNotNamed
    | RepresentativeAnswered
    | RepresentativeNamed
    | RepresentativeDismissed
    | OrganisationLeftAlone
)
