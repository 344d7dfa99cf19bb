"""What a subscription grants is withheld as long as there is one cause for it."""

from services.billing.subscription import events
from services.billing.subscription.events import Terms
from services.billing.subscription.rules.state import Events, Held, Running


def withheld(running: Running, held: Held) -> Events:
    if held in running.held:
        return []
    return [events.SubscriptionSuspended(running.terms, held.cause, not running.held, held.dispute)]


def released(running: Running, held: Held) -> Events:
    if held not in running.held:
        return []
    last = running.held == {held} and not running.paused
    return [events.SubscriptionReinstated(running.terms, held.cause, last, held.dispute)]


def still_withheld(terms: Terms, held: frozenset[Held]) -> Events:
    """What goes on or becomes something else opens what it grants: for as long as there is cause, it is shut again."""
    return [
        events.SubscriptionSuspended(terms, one.cause, number == 0, one.dispute)
        for number, one in enumerate(sorted(held))
    ]
