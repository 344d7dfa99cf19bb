"""What happened to the organisations that a person represents; the stream is derived from the person."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from services.membership.access.events import Barred
from shared.ids import PersonId

Gone = Literal["left", Barred]


@dataclass(frozen=True, slots=True)
class RepresentationBegan:
    person_id: PersonId
    organisation_id: UUID


@dataclass(frozen=True, slots=True)
class RepresentationEnded:
    person_id: PersonId
    organisation_id: UUID


@dataclass(frozen=True, slots=True)
class RepresentationsLost:
    """The person is no member any more, and acts for none of these."""

    person_id: PersonId
    cause: Gone
    organisations: tuple[UUID, ...]


RepresentativeEvent = RepresentationBegan | RepresentationEnded | RepresentationsLost
