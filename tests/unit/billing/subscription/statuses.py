"""The eight states that a subscription is said to be in, and every way from one to another that there is."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise

from services.billing.statuses import Status, status_before
from services.billing.subscription.decider import SUBSCRIPTION, Ended, Running
from services.billing.subscription.events import SubscriptionEvent
from services.billing.subscription.rules.state import Subscription

# What has not begun is no subscription yet, but a checkout. docs/subscription-states.md says why
# two of these ways stand in no other engine's table.
WAYS: Mapping[Status, set[Status]] = {
    "incomplete": {"trialing", "active", "incomplete_expired"},
    "incomplete_expired": {"trialing", "active"},
    "trialing": {"active", "past_due", "paused", "canceled"},
    "active": {"past_due", "paused", "canceled"},
    "past_due": {"active", "unpaid", "canceled"},
    "unpaid": {"active", "canceled"},
    "paused": {"trialing", "active", "canceled"},
    "canceled": set[Status](),
}


def status_of(subscription: Subscription, phase: str = "open") -> Status:
    match subscription:
        case None:
            return status_before(phase)
        case Ended():
            return "canceled"
        case Running(paused=None, renewal=None, periods=periods):
            return "active" if periods else "trialing"
        case Running(paused=None, renewal=renewal, periods=periods) if renewal:
            if renewal.since or renewal.unpaid:
                return "unpaid" if renewal.unpaid else "past_due"
            return "active" if periods else "trialing"
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


def ways_between(states: Iterable[Subscription]) -> set[tuple[Status, Status]]:
    """From which state to which it went, event by event."""
    return ways_of(map(status_of, states))


def ways_of(statuses: Iterable[Status]) -> set[tuple[Status, Status]]:
    return {(before, after) for before, after in pairwise(statuses) if before != after}


def insist_on_ways(happened: Iterable[SubscriptionEvent]) -> None:
    strange = {way for way in ways_between(states_of(happened)) if way[1] not in WAYS[way[0]]}
    assert not strange
