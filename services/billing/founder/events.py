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
    """Whoever buys it before pays from `free_until` on; `before` is the day it had been until then."""

    transition_id: UUID
    offer_id: UUID
    free_until: datetime
    before: datetime | None = None


@dataclass(frozen=True, slots=True)
class OfferNotAwaited:
    """What is free stays free; who has bought has."""

    transition_id: UUID
    offer_id: UUID


OfferAwaitedEvent = OfferAwaited | OfferNotAwaited


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
