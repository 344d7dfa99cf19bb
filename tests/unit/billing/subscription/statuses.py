"""The eight states that a subscription is said to be in, and every way from one to another that there is."""

from collections.abc import Iterable, Iterator
from itertools import pairwise

from services.billing.subscription.decider import SUBSCRIPTION, Ended, Running
from services.billing.subscription.events import SubscriptionEvent
from services.billing.subscription.rules.state import Subscription

# `incomplete` and `incomplete_expired` are states of the checkout here: what has not begun is no subscription yet.
WAYS = {
    "incomplete": {"trialing", "active"},
    "trialing": {"active", "past_due", "paused", "canceled"},
    "active": {"past_due", "paused", "canceled"},
    "past_due": {"active", "unpaid", "canceled"},
    "unpaid": {"active", "canceled"},
    "paused": {"trialing", "active", "canceled"},
    "canceled": set[str](),
}


def status_of(subscription: Subscription) -> str:
    match subscription:
        case None:
            return "incomplete"
        case Ended():
            return "canceled"
        case Running(paused=None, renewal=None, periods=periods):
            return "active" if periods else "trialing"
        case Running(paused=None, renewal=renewal, periods=periods) if renewal:
            late = "unpaid" if renewal.unpaid else "past_due" if renewal.since else None
            return late or ("active" if periods else "trialing")
        case _:
            return "paused"


def states_of(
    happened: Iterable[SubscriptionEvent], state: Subscription = None
) -> Iterator[Subscription]:
    """What it was before all this, and after each."""
    yield state
    for event in happened:
        state = SUBSCRIPTION.evolve(state, event)
        yield state


def ways_between(states: Iterable[Subscription]) -> set[tuple[str, str]]:
    """From which state to which it went, event by event."""
    statuses = map(status_of, states)
    return {(before, after) for before, after in pairwise(statuses) if before != after}


def insist_on_ways(happened: Iterable[SubscriptionEvent]) -> None:
    strange = {way for way in ways_between(states_of(happened)) if way[1] not in WAYS[way[0]]}
    assert not strange
