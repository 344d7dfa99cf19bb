"""What may be asked of a gathering."""

from dataclasses import dataclass
from datetime import datetime

from services.events.gathering.events import FOR_ALL, MemberTerms, TierId
from shared.ids import Label
from shared.money import Money


@dataclass(frozen=True, slots=True)
class PublishGathering:
    """`tiers` are those that the community has, of those that the terms name."""

    name: Label
    place: Label | None
    starts_at: datetime
    ends_at: datetime
    capacity: int
    price: Money
    at: datetime
    member_terms: MemberTerms = FOR_ALL
    tiers: tuple[TierId, ...] = ()


@dataclass(frozen=True, slots=True)
class RescheduleGathering:
    starts_at: datetime
    ends_at: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class CancelGathering:
    at: datetime


GatheringCommand = PublishGathering | RescheduleGathering | CancelGathering
