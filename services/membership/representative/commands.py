"""What may be asked of a person's representing."""

from dataclasses import dataclass
from uuid import UUID

from services.membership.member.events import StandingNow
from services.membership.representative.events import Gone
from shared.ids import PersonId


@dataclass(frozen=True, slots=True)
class Represent:
    """Whether they might is looked at when they are named; it begins once they have `agreed`."""

    person_id: PersonId
    organisation_id: UUID
    member: StandingNow
    agreed: bool = True


@dataclass(frozen=True, slots=True)
class StopRepresenting:
    person_id: PersonId
    organisation_id: UUID


@dataclass(frozen=True, slots=True)
class LoseAll:
    person_id: PersonId
    cause: Gone


@dataclass(frozen=True, slots=True)
class InsistOnMember:
    """Where the person stands now that they represent: a ban may have come in between."""

    person_id: PersonId
    member: StandingNow


RepresentativeCommand = Represent | StopRepresenting | LoseAll | InsistOnMember


@dataclass(frozen=True, slots=True)
class LookAtStanding:
    """A call to see where the person stands, as of now."""

    person_id: PersonId


@dataclass(frozen=True, slots=True)
class LookAtTakenIn:
    """A call to see whom the person, who has left, had taken in."""

    person_id: PersonId
