"""What the others hear of subscriptions, and what the payer is told."""

from datetime import datetime
from typing import TypedDict
from uuid import UUID

from pydantic import AwareDatetime

from services.billing.references import reference_of
from services.billing.subscription import events
from shared.contracts import billing_subscription as contracts
from shared.contracts.billing_message import MessageRequested
from shared.contracts.contract import MoneyValue
from shared.event_store import Fact
from shared.feature import Publication


class About(TypedDict):
    """What every fact about a subscription says."""

    community_id: UUID
    occurred_at: AwareDatetime
    subscription_id: UUID
    person_id: UUID
    offer_id: UUID
    tier_id: UUID | None
    seats: int


def _about(fact: Fact) -> About:
    terms: events.Terms = fact.body.terms
    return About(
        community_id=fact.community_id,
        occurred_at=fact.at,
        subscription_id=fact.stream_id,
        person_id=terms.person_id,
        offer_id=terms.offer_id,
        tier_id=terms.tier_id,
        seats=terms.seats,
    )


class Worth(TypedDict):
    """What a period brought, and what periods like it bring for good."""

    recurring: MoneyValue
    charged: MoneyValue


def _worth(period: events.SubscriptionActivated | events.SubscriptionRenewed) -> Worth:
    terms = period.terms
    charged = terms.amount if period.paid is None else period.paid
    if period.carried:
        charged -= period.carried
    return Worth(recurring=MoneyValue.of(terms.recurring), charged=MoneyValue.of(charged))


def trial_started(fact: Fact) -> contracts.TrialStarted:
    return contracts.TrialStarted(**_about(fact), trial_ends_at=fact.body.trial_ends_at)


def activated(fact: Fact) -> contracts.SubscriptionActivated:
    active: events.SubscriptionActivated = fact.body
    about = _about(fact)
    if active.brought:  # It has been paid for since then; nobody has just come.
        about["occurred_at"] = active.brought.began_at
    return contracts.SubscriptionActivated(
        **about,
        source="migrated" if active.brought else "bought",
        price=MoneyValue.of(active.terms.price),
        interval=active.terms.interval,
        every=active.terms.every,
        quantity=active.terms.quantity,
        charged_for=active.terms.charged_for,
        **_worth(active),
        period_start=active.period.start,
        period_end=active.period.end,
    )


def renewed(fact: Fact) -> contracts.SubscriptionRenewed:
    renewal: events.SubscriptionRenewed = fact.body
    return contracts.SubscriptionRenewed(
        **_about(fact),
        price=MoneyValue.of(renewal.terms.price),
        period_start=renewal.period.start,
        period_end=renewal.period.end,
        **_worth(renewal),
    )


def past_due(fact: Fact) -> contracts.SubscriptionPastDue:
    return contracts.SubscriptionPastDue(**_about(fact))


def recovered(fact: Fact) -> contracts.SubscriptionRecovered:
    return contracts.SubscriptionRecovered(**_about(fact))


def cancellation_scheduled(fact: Fact) -> contracts.CancellationScheduled:
    return contracts.CancellationScheduled(**_about(fact), ends_at=fact.body.ends_at)


def cancellation_withdrawn(fact: Fact) -> contracts.CancellationWithdrawn:
    return contracts.CancellationWithdrawn(**_about(fact))


def suspended(fact: Fact) -> contracts.SubscriptionSuspended | None:
    begun: events.SubscriptionSuspended = fact.body
    if not begun.first:
        return None
    return contracts.SubscriptionSuspended(**_about(fact), cause=begun.cause)


def reinstated(fact: Fact) -> contracts.SubscriptionReinstated | None:
    over: events.SubscriptionReinstated = fact.body
    return contracts.SubscriptionReinstated(**_about(fact)) if over.last else None


def changed(fact: Fact) -> contracts.SubscriptionChanged:
    change = fact.body.change
    is_billed = change.mode in ("invoice", "prorate", "reset")
    return contracts.SubscriptionChanged(
        **_about(fact),
        before=_plan(fact.body.before),
        after=_plan(change.to),
        charged=MoneyValue.of(change.worth) if is_billed else None,
    )


def _plan(terms: events.Terms) -> contracts.SubscriptionPlan:
    return contracts.SubscriptionPlan(
        offer_id=terms.offer_id,
        tier_id=terms.tier_id,
        price=MoneyValue.of(terms.price),
        interval=terms.interval,
        every=terms.every,
        quantity=terms.quantity,
        seats=terms.seats,
        recurring=MoneyValue.of(terms.recurring),
    )


def paused(fact: Fact) -> contracts.SubscriptionPaused:
    return contracts.SubscriptionPaused(**_about(fact), resumes_at=fact.body.until)


def resumed(fact: Fact) -> contracts.SubscriptionResumed:
    going_on: events.SubscriptionResumed = fact.body
    recurring = None if going_on.is_trial else MoneyValue.of(going_on.terms.recurring)
    return contracts.SubscriptionResumed(
        **_about(fact), recurring=recurring, period_end=going_on.period.end
    )


def ended(fact: Fact) -> contracts.SubscriptionEnded:
    end: events.SubscriptionEnded = fact.body
    return contracts.SubscriptionEnded(
        **_about(fact),
        reason=end.reason,
        was_paying=end.was_paying,
        balance=MoneyValue.of(end.balance) if end.balance else None,
    )


def tell_of_past_due(fact: Fact) -> MessageRequested:
    due: events.SubscriptionPastDue = fact.body
    values: dict[str, str | int | datetime | MoneyValue] = {
        "amount": MoneyValue.of(due.terms.amount if due.due is None else due.due)
    }
    if due.by_hand and due.payment_id:
        values["reference"] = reference_of(due.payment_id)
    return MessageRequested(
        community_id=fact.community_id,
        occurred_at=fact.at,
        person_id=due.terms.person_id,
        template=_letter_of(due),
        values=values,
        link=f"/pay/{due.link}" if due.link else None,
    )


def _letter_of(due: events.SubscriptionPastDue) -> str:
    if due.by_hand:
        return "subscription_due_by_hand"
    if due.without_card:
        return "trial_over_without_card"
    return "subscription_to_confirm" if due.to_confirm else "subscription_past_due"


def tell_of_end(fact: Fact) -> MessageRequested | None:
    """Who ended it themselves, or has been told of a refund, is not told again."""
    end: events.SubscriptionEnded = fact.body
    if end.reason != "payment_failed":
        return None
    return MessageRequested(
        community_id=fact.community_id,
        occurred_at=fact.at,
        person_id=end.terms.person_id,
        template="subscription_ended_unpaid",
        values={},
    )


def tell_of_debit(fact: Fact) -> MessageRequested:
    told: events.DebitAnnounced = fact.body
    return MessageRequested(
        community_id=fact.community_id,
        occurred_at=fact.at,
        person_id=told.terms.person_id,
        template="debit_ahead",
        values={
            "amount": MoneyValue.of(told.amount),
            "on": told.on,
            "reference": told.mandate.reference,
        },
    )


def ask_for_card(fact: Fact) -> MessageRequested:
    asked: events.CardRequested = fact.body
    return MessageRequested(
        community_id=fact.community_id,
        occurred_at=fact.at,
        person_id=asked.terms.person_id,
        template="trial_ends_without_card",
        values={"amount": MoneyValue.of(asked.amount), "until": asked.until},
        link=f"/pay/{asked.link}",
    )


PUBLICATIONS = (
    Publication(events.TrialStarted, contracts.TrialStarted, trial_started),
    Publication(events.SubscriptionActivated, contracts.SubscriptionActivated, activated),
    Publication(events.SubscriptionRenewed, contracts.SubscriptionRenewed, renewed),
    Publication(events.SubscriptionPastDue, contracts.SubscriptionPastDue, past_due),
    Publication(events.SubscriptionPastDue, MessageRequested, tell_of_past_due),
    Publication(events.SubscriptionRecovered, contracts.SubscriptionRecovered, recovered),
    Publication(
        events.CancellationScheduled, contracts.CancellationScheduled, cancellation_scheduled
    ),
    Publication(
        events.CancellationWithdrawn, contracts.CancellationWithdrawn, cancellation_withdrawn
    ),
    Publication(events.SubscriptionSuspended, contracts.SubscriptionSuspended, suspended),
    Publication(events.SubscriptionReinstated, contracts.SubscriptionReinstated, reinstated),
    Publication(events.SubscriptionChanged, contracts.SubscriptionChanged, changed),
    Publication(events.SubscriptionPaused, contracts.SubscriptionPaused, paused),
    Publication(events.SubscriptionResumed, contracts.SubscriptionResumed, resumed),
    Publication(events.SubscriptionEnded, contracts.SubscriptionEnded, ended),
    Publication(events.SubscriptionEnded, MessageRequested, tell_of_end),
    Publication(events.DebitAnnounced, MessageRequested, tell_of_debit),
    Publication(events.CardRequested, MessageRequested, ask_for_card),
)
