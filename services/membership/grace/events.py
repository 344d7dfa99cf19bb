"""How long access lasts after what it was for is over; the stream is derived from the community."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Over = Literal["ended", "refunded", "disputed", "banned"]
"""Why what access was for is over: its time, its money went back by staff or by a bank, its person was shut out."""


@dataclass(frozen=True, slots=True)
class Grace:
    """Access lasts so many days after a subscription's end, a refund, a lost dispute, a ban; 0: no longer."""

    end_days: int = 0
    refund_days: int = 0
    dispute_days: int = 0
    ban_days: int = 0

    def days_after(self, over: Over) -> int:
        match over:
            case "ended":
                return self.end_days
            case "refunded":
                return self.refund_days
            case "disputed":
                return self.dispute_days
            case "banned":
                return self.ban_days

    def until(self, over: Over, at: datetime) -> datetime | None:
        """When access goes that was for what is over `at` that moment; None: at once."""
        days = self.days_after(over)
        return at + timedelta(days=days) if days else None


@dataclass(frozen=True, slots=True)
class GraceSet:
    """It holds for what is over from now on."""

    grace: Grace


GraceEvent = GraceSet
