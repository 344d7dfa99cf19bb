"""What a person was told of the end of what they had for free, and when it ended; the stream is derived from them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.membership.tier.events import TierId
from shared.ids import Label, PersonId


@dataclass(frozen=True, slots=True)
class Change:
    """What letters say: `tier` costs from that day on, and who does not take `offer` has `light`, or nothing."""

    transition_id: UUID
    tier: Label
    offer: Label
    light: Label | None
    effective_from: datetime
    words: Label


@dataclass(frozen=True, slots=True)
class ChangeTold:
    """`again` because its day is another one."""

    person_id: PersonId
    change: Change
    again: bool


@dataclass(frozen=True, slots=True)
class ChangeRecalled:
    """They are reminded."""

    person_id: PersonId
    change: Change


@dataclass(frozen=True, slots=True)
class ChangeDropped:
    """It does not come; who was never `told` that it would is not told that it does not."""

    person_id: PersonId
    change: Change
    told: bool


@dataclass(frozen=True, slots=True)
class FreeAccessEnded:
    """What they have for having joined, `reason_id`, opens `tiers` from now on; who has `subscribed` knows."""

    person_id: PersonId
    change: Change
    reason_id: UUID
    tiers: tuple[TierId, ...]
    subscribed: bool


CrossingEvent = ChangeTold | ChangeRecalled | ChangeDropped | FreeAccessEnded
