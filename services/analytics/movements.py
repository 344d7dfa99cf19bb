"""What monthly recurring revenue is, and how its changes are told apart; pure, and the same in any order of arrival.

A person's change from nothing is new, and a reactivation if they had paid before; a change to nothing is churn; what
lies between is expansion or contraction. Who pauses all they have is not lost: it is a contraction, until they come
back. So the revenue at any end is that at the start plus the movements between. Trials bring nothing, a subscription
past due still counts, and nothing is prorated inside a month.

Amounts are kept per year, in whole minor units: 52 weeks, 12 months or 4 quarters of anything are whole, every second
or seventh of them is rounded once, when it begins. So sums are exact, and a twelfth is taken only where a figure is
shown. What is bought once, for ever, or given for nothing in return does not recur. A discount for ever lowers what a
subscription brings; one for a time does not, and is shown beside it.

What was brought from elsewhere was had before, so it is neither won when it comes nor lost when it goes back there: it
is `brought`, dated to its beginning, and stands in the start of every window that knows it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from fractions import Fraction
from itertools import accumulate, groupby, pairwise
from operator import attrgetter
from typing import Literal, NamedTuple
from uuid import UUID

from shared.contracts import billing_subscription as contracts
from shared.event_store import Fact
from shared.money import rounded

Kind = Literal["new", "reactivation", "expansion", "contraction", "churn", "brought"]
TIMES_A_YEAR = {"week": 52, "month": 12, "quarter": 4, "year": 1, "once": 0}


Status = Literal["trial", "paying", "past_due", "paused", "ended"]


class Subscription(NamedTuple):
    """What one subscription brings a year, as of `at`, and what is taken off that for a time."""

    subscription_id: UUID
    community_id: UUID
    person_id: UUID
    at: datetime
    status: Status = "trial"
    currency: str | None = None
    times_a_year: int = 0
    every: int = 1
    quantity: int = 1
    yearly: int = 0
    discounted: int = 0


class Customer(NamedTuple):
    """Whose movements are told apart: a person, in one currency."""

    community_id: UUID
    person_id: UUID
    currency: str


class Change(NamedTuple):
    """A subscription of the customer brings `yearly` more, or less, from `at` on; `pauses` and is not lost.

    What is `brought` comes from elsewhere, or goes back there.
    """

    customer: Customer
    at: datetime
    yearly: int
    pauses: bool = False
    brought: bool = False


class Movement(NamedTuple):
    at: datetime
    kind: Kind
    yearly: int


def follow(before: Subscription | None, fact: Fact) -> Subscription:
    body: contracts.SubscriptionContract = fact.body
    known = before or Subscription(body.subscription_id, body.community_id, body.person_id, fact.at)
    # A later fact of a stream never takes effect before an earlier one, whatever the clocks said.
    now = known._replace(at=max(known.at, fact.at))
    match body:
        case contracts.SubscriptionActivated():
            times_a_year = TIMES_A_YEAR[body.interval] if body.charged_for == "subscription" else 0
            begun = now._replace(
                times_a_year=times_a_year, every=body.every, quantity=body.quantity
            )
            return _paid(begun, body)
        case contracts.SubscriptionRenewed():
            return _paid(now, body)
        case contracts.SubscriptionChanged() if known.status in ("paying", "past_due"):
            return _changed(now, body)
        case contracts.SubscriptionResumed():
            return _resumed(now, body)
        case contracts.SubscriptionPaused() | contracts.SubscriptionEnded():
            ended = isinstance(body, contracts.SubscriptionEnded)
            return now._replace(status="ended" if ended else "paused", yearly=0, discounted=0)
        case _:
            return now._replace(status=_STATUS.get(type(body), now.status))


_STATUS: Mapping[type, Status] = {
    contracts.SubscriptionPastDue: "past_due",
    contracts.SubscriptionRecovered: "paying",
}


def _paid(
    subscription: Subscription,
    paid: contracts.SubscriptionActivated | contracts.SubscriptionRenewed,
) -> Subscription:
    """Billing says what a period brings for good; before it did, nothing was ever taken off."""
    listed = paid.price.minor * subscription.quantity
    recurring = paid.recurring.minor if paid.recurring else listed
    charged = paid.charged.minor if paid.charged else recurring
    return subscription._replace(
        status="paying",
        currency=paid.price.currency,
        yearly=_yearly(recurring, subscription),
        discounted=_yearly(recurring - charged, subscription),
    )


def _changed(subscription: Subscription, changed: contracts.SubscriptionChanged) -> Subscription:
    after = changed.after
    times_a_year = TIMES_A_YEAR[after.interval] if subscription.times_a_year else 0
    now = subscription._replace(
        times_a_year=times_a_year, every=after.every, quantity=after.quantity
    )
    charged = changed.charged or after.recurring
    return now._replace(
        currency=after.recurring.currency,
        yearly=_yearly(after.recurring.minor, now),
        discounted=_yearly(after.recurring.minor - charged.minor, now),
    )


def _resumed(subscription: Subscription, resumed: contracts.SubscriptionResumed) -> Subscription:
    if resumed.recurring is None:
        return subscription._replace(status="trial")
    yearly = _yearly(resumed.recurring.minor, subscription)
    return subscription._replace(status="paying", yearly=yearly)


def _yearly(minor: int, subscription: Subscription) -> int:
    return rounded(Fraction(minor * subscription.times_a_year, subscription.every))


def changes_between(
    before: Subscription | None, after: Subscription, *, brought: bool = False
) -> list[Change]:
    yearly = Counter({after.currency: after.yearly})
    yearly.subtract({before.currency: before.yearly} if before else {})
    return [
        Change(
            Customer(after.community_id, after.person_id, currency),
            after.at,
            change,
            pauses=after.status == "paused",
            brought=brought,
        )
        for currency, change in yearly.items()
        if currency and change
    ]


def fold(facts: Iterable[Fact], subscriptions: dict[UUID, Subscription]) -> list[Change]:
    """What the facts change; `subscriptions` are left as they are after them."""
    changes: list[Change] = []
    for fact in facts:
        before = subscriptions.get(fact.stream_id)
        after = subscriptions[fact.stream_id] = follow(before, fact)
        changes += changes_between(before, after, brought=_is_brought(fact.body))
    return changes


def _is_brought(body: contracts.SubscriptionContract) -> bool:
    match body:
        case contracts.SubscriptionActivated(source=source):
            return source == "migrated"
        case contracts.SubscriptionEnded(reason=reason):
            return reason == "migrated"
        case _:
            return False


def movements_of(changes: Iterable[Change]) -> list[Movement]:
    """One customer's, from all their changes in any order; what falls on one instant is one movement."""
    found: list[Movement] = []
    balance = 0
    for at, together in groupby(sorted(changes, key=attrgetter("at")), key=attrgetter("at")):
        moved = list(together)
        yearly = sum(change.yearly for change in moved)
        if yearly:
            kind = _kind(balance, balance + yearly, first=not found)
            if any(change.brought for change in moved):
                kind = "brought"
            elif kind == "churn" and any(change.pauses for change in moved):
                kind = "contraction"
            found.append(Movement(at, kind, yearly))
        balance += yearly
    return found


def _kind(before: int, after: int, *, first: bool) -> Kind:
    if before == 0:
        return "new" if first else "reactivation"
    if after == 0:
        return "churn"
    return "expansion" if after > before else "contraction"


class Recurring(NamedTuple):
    """A month's worth in minor units: `end` is `start` and the movements summed; some are negative."""

    start: int
    new: int
    reactivation: int
    expansion: int
    contraction: int
    churn: int
    end: int


def per_month(start: int, moved: Mapping[Kind, int]) -> Recurring:
    """Yearly amounts as shown: rounded where the running sum stands, so that what is shown adds up."""
    kinds: tuple[Kind, ...] = ("new", "reactivation", "expansion", "contraction", "churn")
    start += moved.get("brought", 0)
    running = accumulate((moved.get(kind, 0) for kind in kinds), initial=start)
    shown = [rounded(Fraction(yearly, 12)) for yearly in running]
    moves = (after - before for before, after in pairwise(shown))
    return Recurring._make((shown[0], *moves, shown[-1]))


class Retention(NamedTuple):
    """Of what they paid who paid at the start, in basis points, 10,000 being all: None where nobody did.

    `gross` counts of each customer no more than they paid then, so that it is never above all; `net` all they pay at
    the end (SaaS Metrics Standards Board: a closed cohort, into which nobody comes). What lies between is expansion.
    """

    gross: int | None
    net: int | None


def retained(customers: Iterable[tuple[int, int, int]]) -> Retention:
    """Of so much before, so much after, and so many customers of whom that is true."""
    start = kept = after_all = 0
    for before, after, many in customers:
        if before > 0:
            start += before * many
            kept += min(before, after) * many
            after_all += after * many
    if not start:
        return Retention(None, None)
    gross, net = (rounded(Fraction(10_000 * part, start)) for part in (kept, after_all))
    return Retention(gross, net)
