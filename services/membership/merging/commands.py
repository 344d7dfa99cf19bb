"""What may be asked of two persons of a community who are one human being."""

from dataclasses import dataclass

from services.membership.access.events import Barred
from services.membership.member.events import StandingNow
from shared.ids import PersonId


@dataclass(frozen=True, slots=True)
class TakeIn:
    """Whoever signs in as `person_id` has proved that they are `other` as well."""

    person_id: PersonId
    other: PersonId
    member: StandingNow


@dataclass(frozen=True, slots=True)
class BeTakenIn:
    """The other side of it: `person_id` is given up for `into`."""

    person_id: PersonId
    into: PersonId
    member: StandingNow
    is_last_owner: bool = False
    is_staff: bool = False
    pays_for_seats: bool = False
    represents: bool = False


@dataclass(frozen=True, slots=True)
class BarTakenIn:
    """What shuts out a person, or erases them, is meant for all that they are."""

    person_id: PersonId
    cause: Barred


@dataclass(frozen=True, slots=True)
class LiftTakenIn:
    """A ban that is lifted is lifted of all that they are."""

    person_id: PersonId


MergingCommand = TakeIn | BeTakenIn | BarTakenIn | LiftTakenIn
