"""What may be asked of an offer that takes the place of what is free, and of its founders."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.ids import PersonId


@dataclass(frozen=True, slots=True)
class AwaitOffer:
    """It was announced, or put off."""

    transition_id: UUID
    offer_id: UUID
    free_until: datetime


@dataclass(frozen=True, slots=True)
class StopAwaitingOffer:
    """It was called off."""

    transition_id: UUID
    offer_id: UUID


@dataclass(frozen=True, slots=True)
class LetWait:
    """The subscription is to be paid for from that day on."""

    offer_id: UUID
    subscription_id: UUID
    day: datetime


OfferAwaitedCommand = AwaitOffer | StopAwaitingOffer | LetWait


@dataclass(frozen=True, slots=True)
class NameFounder:
    person_id: PersonId
    offer_id: UUID
    transition_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class LetFounderGo:
    """They are no member any more, since then."""

    person_id: PersonId
    at: datetime


@dataclass(frozen=True, slots=True)
class EndFounderRate:
    """Their subscription to the offer has ended."""

    person_id: PersonId
    offer_id: UUID
    at: datetime


FounderCommand = NameFounder | LetFounderGo | EndFounderRate
