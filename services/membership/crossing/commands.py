"""What may be asked for one person of a change from free to paid."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from services.membership.crossing.events import Change
from services.membership.member.events import StandingNow
from services.membership.tier.events import TierId
from services.membership.transition.events import Plan
from shared.ids import PersonId


@dataclass(frozen=True, slots=True)
class TellOfChange:
    """It comes, or comes on another day; who has what takes its place, `subscribed`, hears of the latter only."""

    person_id: PersonId
    member: StandingNow
    change: Change
    subscribed: bool = False


@dataclass(frozen=True, slots=True)
class RecallChange:
    """It is near."""

    person_id: PersonId
    member: StandingNow
    change: Change
    subscribed: bool = False


@dataclass(frozen=True, slots=True)
class DropChange:
    """It was called off."""

    person_id: PersonId
    member: StandingNow
    change: Change


@dataclass(frozen=True, slots=True)
class EndFreeAccess:
    """Its day has come."""

    person_id: PersonId
    member: StandingNow
    change: Change
    reason_id: UUID
    tiers: tuple[TierId, ...]
    subscribed: bool


CrossingCommand = TellOfChange | RecallChange | DropChange | EndFreeAccess

Task = Literal["tell", "recall", "call_off", "end"]


@dataclass(frozen=True, slots=True)
class AddressEverybody:
    """A call to do this with everybody who has what is to end."""

    transition_id: UUID
    plan: Plan
    task: Task


@dataclass(frozen=True, slots=True)
class AddressNewcomer:
    """A call to look at somebody who joined, and was given these tiers for that reason."""

    person_id: PersonId
    reason_id: UUID
    tiers: tuple[TierId, ...]
