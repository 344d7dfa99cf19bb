"""What a community has decided about money that does not come, or goes back."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

AfterRefund = Literal["end_now", "end_at_period_end", "keep"]
DuringDispute = Literal["suspend", "keep"]
AfterLoss = Literal["end_now", "keep"]
AfterBan = Literal["end_now", "end_at_period_end", "keep"]
AfterRetries = Literal["end", "keep"]
Bearer = Literal["seller", "platform"]
Unit = Literal["second", "day"]
TrialsPerCard = Literal["offer", "community"]


@dataclass(frozen=True, slots=True)
class Dunning:
    """After a decline it is tried again on these days; access lasts so many `grace_days`, tries or no tries.

    Who has not paid by then ends, or is kept unpaid until the period they owe for is over.
    """

    retries: tuple[int, ...] = (1, 3, 5, 7)
    grace_days: int = 7
    afterwards: AfterRetries = "end"

    @property
    def waits(self) -> tuple[timedelta, ...]:
        return tuple(timedelta(days=days) for days in self.retries)

    @property
    def grace(self) -> timedelta:
        return timedelta(days=self.grace_days)

    @property
    def patience(self) -> timedelta:
        """How long it is before nobody waits any more: never shorter than the access."""
        return max(self.grace, *self.waits) if self.waits else self.grace


USUAL = Dunning()
"""What holds where a community has set nothing."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What follows when all of a subscription's latest payment goes back, by refund or dispute, or its payer is banned.

    `fees_borne_by`: so far what processors keep of a refund, or take for a dispute, is the seller's. What is left of a
    period that is changed in its middle counts by `proration`; a pause lasts `longest_pause_days` at most. Who is gone
    comes back at the price they had within `win_back_days` of what they had paid for. A dearer price is paid no
    sooner than `price_notice_days` after they were told of it. One card begins one trial, of each offer or of all.
    """

    after_refund: AfterRefund = "end_now"
    during_dispute: DuringDispute = "suspend"
    after_loss: AfterLoss = "end_now"
    fees_borne_by: Bearer = "seller"
    dunning: Dunning = USUAL
    proration: Unit = "second"
    longest_pause_days: int = 366
    win_back_days: int = 30
    price_notice_days: int = 30
    trials_per_card: TrialsPerCard = "offer"
    after_ban: AfterBan = "end_now"


@dataclass(frozen=True, slots=True)
class PolicySet:
    """It holds for what happens from now on."""

    policy: Policy


PolicyEvent = PolicySet
