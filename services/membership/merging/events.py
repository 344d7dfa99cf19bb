"""What became of two persons who are one human being; the stream is derived from each of them."""

from dataclasses import dataclass

from services.membership.access.events import Barred
from shared.ids import PersonId


@dataclass(frozen=True, slots=True)
class MemberMerged:
    """`person_id` is who they are from now on, and is what `taken_in` was."""

    person_id: PersonId
    taken_in: PersonId


@dataclass(frozen=True, slots=True)
class PersonTakenIn:
    """Whoever signed in as `person_id` is `into` from now on."""

    person_id: PersonId
    into: PersonId


@dataclass(frozen=True, slots=True)
class TakenInBarred:
    """`person_id` was shut out, or erased, and so were all whom they had taken in."""

    person_id: PersonId
    cause: Barred
    taken_in: tuple[PersonId, ...]


@dataclass(frozen=True, slots=True)
class TakenInLifted:
    """`person_id` is shut out no more, and so is nobody whom they had taken in."""

    person_id: PersonId
    taken_in: tuple[PersonId, ...]


MergingEvent = MemberMerged | PersonTakenIn | TakenInBarred | TakenInLifted
