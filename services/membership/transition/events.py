"""What happened to a community's change from free to paid; the stream is derived from the community."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.membership.tier.events import TierId
from shared.ids import Label, PersonId


@dataclass(frozen=True, slots=True)
class FounderRule:
    """Founders joined before a time, and have `least` points or more in the last `window_days`, where that is asked.

    Of those no more than the `most` with most points, or, without a window, who joined first.
    """

    joined_before: datetime | None = None
    window_days: int | None = None
    least: int = 1
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """From `effective_from` on nobody has these free tiers for having joined: the offer takes their place.

    Whoever had them has the `light` tier instead, if there is one. `words` are what the community says of it.
    """

    tiers: tuple[TierId, ...]
    tier: Label
    offer_id: UUID
    offer: Label
    offer_tier: TierId
    effective_from: datetime
    words: Label
    light: TierId | None = None
    light_name: Label | None = None
    founders: FounderRule | None = None


@dataclass(frozen=True, slots=True)
class TransitionAnnounced:
    """So many founders were shown before."""

    transition_id: UUID
    plan: Plan
    founders: int


@dataclass(frozen=True, slots=True)
class FoundersNamed:
    """Some of those the rule chose, fixed."""

    transition_id: UUID
    number: int
    plan: Plan
    people: tuple[PersonId, ...]


@dataclass(frozen=True, slots=True)
class TransitionPostponed:
    """The plan has another, later, day."""

    transition_id: UUID
    plan: Plan


@dataclass(frozen=True, slots=True)
class TransitionRecalled:
    """The day is near: whoever has not subscribed is reminded of it."""

    transition_id: UUID
    plan: Plan


@dataclass(frozen=True, slots=True)
class TransitionCalledOff:
    """What is free stays free."""

    transition_id: UUID
    plan: Plan


@dataclass(frozen=True, slots=True)
class TransitionCarriedOut:
    """Nobody has the tiers any more for having joined."""

    transition_id: UUID
    plan: Plan


TransitionEvent = (
    TransitionAnnounced
    | FoundersNamed
    | TransitionPostponed
    | TransitionRecalled
    | TransitionCalledOff
    | TransitionCarriedOut
)
