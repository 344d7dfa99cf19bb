"""What happened to a price rise: who is to pay more for an offer they have, from when, and who was told."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.billing.subscription.events import Rise


@dataclass(frozen=True, slots=True)
class Whom:
    """Those on a price version from `from_version` to `to_version`, or to the newest before the rise's own.

    Who began before `began_from` keeps their price, and so do those `pinned`.
    """

    from_version: int = 1
    to_version: int | None = None
    began_from: datetime | None = None
    pinned: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class PriceRiseStarted:
    """So many subscriptions were shown before, and those are the ones it is about."""

    rise: Rise
    whom: Whom
    subscriptions: int


@dataclass(frozen=True, slots=True)
class SubscribersChosen:
    """Some of those it is about, fixed: as many as are told in one turn."""

    number: int
    subscriptions: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class RiseTold:
    """It is the turn of these: whoever is still to be told, is."""

    number: int
    rise: Rise
    subscriptions: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class PriceRiseCancelled:
    """Nobody else is told, and nobody pays more who does not already."""

    offer_id: UUID


@dataclass(frozen=True, slots=True)
class RiseTakenBack:
    """These had their turn; whoever was told, is told that the price stays."""

    number: int
    rise_id: UUID
    subscriptions: tuple[UUID, ...]


PriceRiseEvent = (
    PriceRiseStarted | SubscribersChosen | RiseTold | PriceRiseCancelled | RiseTakenBack
)
