"""What may be asked of a reconciliation."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.billing.comparison import Drift, Page
from services.billing.reconciliation.events import Side
from shared.ids import Code


@dataclass(frozen=True, slots=True)
class BeginReconciliation:
    """Of the community's own account, if it has connected one; it is `at` now."""

    account: Code | None
    start: datetime
    end: datetime
    at: datetime
    by_clock: bool = False


@dataclass(frozen=True, slots=True)
class RecordPage:
    number: int
    side: Side
    page: Page
    drifts: tuple[Drift, ...]


@dataclass(frozen=True, slots=True)
class FailReconciliation:
    number: int
    code: Code


@dataclass(frozen=True, slots=True)
class LookAgain:
    look: int


@dataclass(frozen=True, slots=True)
class RecordLook:
    """These are the same on both sides by now."""

    look: int
    settled: tuple[UUID, ...]


ReconciliationCommand = (
    BeginReconciliation | RecordPage | FailReconciliation | LookAgain | RecordLook
)
