"""What may be asked of an organisation that pays."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.membership.organisation.events import Papers
from services.membership.representative.events import Gone
from shared.ids import PersonId


@dataclass(frozen=True, slots=True)
class RegisterOrganisation:
    """Who registers it is the first who represents it."""

    organisation_id: UUID
    papers: Papers
    person_id: PersonId


@dataclass(frozen=True, slots=True)
class CorrectOrganisation:
    organisation_id: UUID
    papers: Papers


@dataclass(frozen=True, slots=True)
class NameRepresentative:
    """`by` is everybody that whoever asks is; staff who are no members are nobody."""

    organisation_id: UUID
    person_id: PersonId
    by: tuple[UUID, ...]
    expires_at: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class AcceptNaming:
    organisation_id: UUID
    person_id: PersonId
    at: datetime


@dataclass(frozen=True, slots=True)
class DeclineNaming:
    organisation_id: UUID
    person_id: PersonId


@dataclass(frozen=True, slots=True)
class WithdrawNaming:
    """Of those who represent it any may, as any may name."""

    organisation_id: UUID
    person_id: PersonId


@dataclass(frozen=True, slots=True)
class ExpireNaming:
    organisation_id: UUID
    person_id: PersonId
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class DismissRepresentative:
    """`by` as above: whoever steps down themselves is among them."""

    organisation_id: UUID
    person_id: PersonId
    by: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class RecordGone:
    """Who represented it is no member any more: that is not for the organisation to refuse."""

    organisation_id: UUID
    person_id: PersonId
    cause: Gone


OrganisationCommand = (
    RegisterOrganisation
    | CorrectOrganisation
    | NameRepresentative
    | AcceptNaming
    | DeclineNaming
    | WithdrawNaming
    | ExpireNaming
    | DismissRepresentative
    | RecordGone
)
