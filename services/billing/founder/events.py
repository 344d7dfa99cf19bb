"""From when on an offer is paid for that takes the place of what is free, and who has it at its founder rate."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from shared.ids import PersonId, derive

LostBecause = Literal["gone", "subscription_ended"]


def awaited_stream(offer_id: UUID) -> UUID:
    return derive(offer_id, "awaited")


def founder_stream(person_id: UUID) -> UUID:
    return derive(person_id, "founder")


@dataclass(frozen=True, slots=True)
class OfferAwaited:
    """Whoever buys it before pays from `free_until` on."""

    transition_id: UUID
    offer_id: UUID
    free_until: datetime


@dataclass(frozen=True, slots=True)
class SubscriberWaits:
    """The subscription was bought to be paid for from that day on."""

    transition_id: UUID
    offer_id: UUID
    subscription_id: UUID


@dataclass(frozen=True, slots=True)
class FirstPaymentsPutOff:
    """What was to be paid for from `before` on is paid for from `until` on, for some of those who wait."""

    transition_id: UUID
    offer_id: UUID
    before: datetime
    until: datetime
    subscriptions: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class OfferNotAwaited:
    """What is free stays free; who has bought has."""

    transition_id: UUID
    offer_id: UUID


OfferAwaitedEvent = OfferAwaited | SubscriberWaits | FirstPaymentsPutOff | OfferNotAwaited


@dataclass(frozen=True, slots=True)
class FounderNamed:
    """The person may buy the offer at its founder rate."""

    person_id: PersonId
    offer_id: UUID
    transition_id: UUID


@dataclass(frozen=True, slots=True)
class FounderRateLost:
    """Of one offer, whose subscription has ended; or of all, for who went at that time."""

    person_id: PersonId
    offer_id: UUID | None
    because: LostBecause
    at: datetime


FounderEvent = FounderNamed | FounderRateLost
