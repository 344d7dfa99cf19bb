"""What happened to a gathering."""

from dataclasses import dataclass
from datetime import datetime
from typing import NewType
from uuid import UUID

from shared.ids import Label
from shared.money import Money

GatheringId = NewType("GatheringId", UUID)


@dataclass(frozen=True, slots=True)
class GatheringPublished:
    """People can come: `capacity` seats at `price` each, tax included."""

    name: Label
    place: Label | None
    starts_at: datetime
    ends_at: datetime
    capacity: int
    price: Money


@dataclass(frozen=True, slots=True)
class GatheringRescheduled:
    """It takes place at another time; who has a ticket keeps it."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class GatheringCancelled:
    """It does not take place."""


GatheringEvent = GatheringPublished | GatheringRescheduled | GatheringCancelled
