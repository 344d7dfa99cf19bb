"""Which of the eight states of Stripe and Polar a subscription is in: docs/subscription-states.md has the table."""

from collections.abc import Mapping
from typing import Literal

Status = Literal[
    "incomplete",
    "incomplete_expired",
    "trialing",
    "active",
    "past_due",
    "unpaid",
    "paused",
    "canceled",
]

_BEGUN: Mapping[str, Status] = {
    "trialing": "trialing",
    "active": "active",
    "past_due": "past_due",
    "unpaid": "unpaid",
    "paused": "paused",
    "ended": "canceled",
}


def status_of(state: str) -> Status:
    """Of one that has begun; that what it grants is withheld meanwhile changes nothing."""
    return _BEGUN[state]


def status_before(phase: str) -> Status:
    """Of what a checkout would begin, while it has not."""
    return "incomplete_expired" if phase == "expired" else "incomplete"
