"""What happened to a gathering."""

from dataclasses import dataclass
from datetime import datetime
from typing import NewType
from uuid import UUID

from shared.ids import Label
from shared.money import Money

GatheringId = NewType("GatheringId", UUID)
TierId = NewType("TierId", UUID)


@dataclass(frozen=True, slots=True)
class Presale:
    """Who has one of the tiers buys from `opens_at`, everybody else from `everybody_at`."""

    tiers: tuple[TierId, ...]
    opens_at: datetime
    everybody_at: datetime


@dataclass(frozen=True, slots=True)
class MemberPrice:
    """What a seat costs who has one of the tiers."""

    tiers: tuple[TierId, ...]
    price: Money


@dataclass(frozen=True, slots=True)
class MemberTerms:
    """What some tiers give of a gathering: its seats earlier, for less, or to nobody else (`only_for`)."""

    presale: Presale | None = None
    member_price: MemberPrice | None = None
    only_for: tuple[TierId, ...] = ()


FOR_ALL = MemberTerms()
"""Everybody buys at once and at one price."""


@dataclass(frozen=True, slots=True)
class GatheringPublished:
    """People can come: `capacity` seats at `price` each, tax included, unless the terms say otherwise."""

    name: Label
    place: Label | None
    starts_at: datetime
    ends_at: datetime
    capacity: int
    price: Money
    member_terms: MemberTerms = FOR_ALL


@dataclass(frozen=True, slots=True)
class GatheringRescheduled:
    """It takes place at another time; who has a ticket keeps it."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class GatheringCancelled:
    """It does not take place."""


GatheringEvent = GatheringPublished | GatheringRescheduled | GatheringCancelled
