"""What happened to a reconciliation: what the processor and our book differ in, and what became of that."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from services.billing.comparison import Drift, Page
from shared.ids import Code, derive

Side = Literal["there", "refunds", "here"]


def daily_of(community_id: UUID, day: datetime, processor: str) -> UUID:
    """The reconciliation that the clock begins for the day that begins at `day`: there is one at each processor."""
    others = [] if processor == "stripe" else [processor]
    return derive(community_id, "reconciliation", day.isoformat(), *others)


@dataclass(frozen=True, slots=True)
class ReconciliationBegun:
    """Of the intents made from `start` on and before `end`, and of what was refunded or collected then."""

    account: Code
    start: datetime
    end: datetime
    by_clock: bool


@dataclass(frozen=True, slots=True)
class PageCompared:
    """First what the processor lists, then older payments it has refunded in that time, then what only our book has."""

    number: int
    side: Side
    account: Code
    start: datetime
    end: datetime
    page: Page


@dataclass(frozen=True, slots=True)
class DriftFound:
    drift: Drift


@dataclass(frozen=True, slots=True)
class ReconciliationEnded:
    """`drifts` were found in all."""

    drifts: int


@dataclass(frozen=True, slots=True)
class ReconciliationFailed:
    """The processor will not let us read the account, or it is more than one reconciliation can hold."""

    code: Code


@dataclass(frozen=True, slots=True)
class DriftsLookedFor:
    """Those that are not settled are compared again, for the `look`th time."""

    look: int
    account: Code
    drifts: tuple[Drift, ...]


@dataclass(frozen=True, slots=True)
class DriftSettled:
    """Both sides say the same again."""

    payment_id: UUID


@dataclass(frozen=True, slots=True)
class DriftsStand:
    """So many are not settled after this look; `is_news` where somebody has to be told, which is once."""

    look: int
    drifts: int
    is_news: bool


ReconciliationEvent = (
    ReconciliationBegun
    | PageCompared
    | DriftFound
    | ReconciliationEnded
    | ReconciliationFailed
    | DriftsLookedFor
    | DriftSettled
    | DriftsStand
)
