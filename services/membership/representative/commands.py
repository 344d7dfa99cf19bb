"""What may be asked of a person's representing."""

from dataclasses import dataclass
from uuid import UUID

from services.membership.member.events import StandingNow
from services.membership.representative.events import Gone
from shared.ids import PersonId


@dataclass(frozen=True, slots=True)
class Represent:
    person_id: PersonId
    organisation_id: UUID
    member: StandingNow


@dataclass(frozen=True, slots=True)
class StopRepresenting:
    person_id: PersonId
    organisation_id: UUID


@dataclass(frozen=True, slots=True)
class LoseAll:
    person_id: PersonId
    cause: Gone


RepresentativeCommand = Represent | StopRepresenting | LoseAll
