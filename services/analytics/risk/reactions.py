"""What subscriptions tell is a cause of somebody's risk, or the end of one."""

from typing import get_args

from services.analytics.risk import commands
from services.analytics.risk.decider import RISK, risk_stream
from services.analytics.risk.events import Cause, Reason
from shared.contracts.billing_subscription import (
    CancellationScheduled,
    CancellationWithdrawn,
    SubscriptionContract,
    SubscriptionEnded,
    SubscriptionPastDue,
    SubscriptionRecovered,
)
from shared.contracts.membership_merging import MemberMerged
from shared.event_store import Fact
from shared.ids import PersonId
from shared.reaction import Ask, Reaction

REASONS: tuple[Reason, ...] = get_args(Reason)


def _note(fact: Fact, reason: Reason) -> list[Ask]:
    told: SubscriptionContract = fact.body
    person_id = PersonId(told.person_id)
    note = commands.NoteCause(person_id, Cause(told.subscription_id, reason))
    return [Ask(RISK, risk_stream(person_id), note)]


def _drop(fact: Fact, *reasons: Reason) -> list[Ask]:
    told: SubscriptionContract = fact.body
    person_id = PersonId(told.person_id)
    causes = tuple(Cause(told.subscription_id, reason) for reason in reasons)
    return [Ask(RISK, risk_stream(person_id), commands.DropCauses(person_id, causes))]


def when_past_due_note(fact: Fact) -> list[Ask]:
    return _note(fact, "payment_failing")


def when_recovered_drop(fact: Fact) -> list[Ask]:
    return _drop(fact, "payment_failing")


def when_cancellation_scheduled_note(fact: Fact) -> list[Ask]:
    return _note(fact, "leaving")


def when_cancellation_withdrawn_drop(fact: Fact) -> list[Ask]:
    return _drop(fact, "leaving")


def when_subscription_ended_drop(fact: Fact) -> list[Ask]:
    """Who is gone is at risk no more, and an erased person's subscriptions end."""
    return _drop(fact, *REASONS)


def when_member_merged_end(fact: Fact) -> list[Ask]:
    merged: MemberMerged = fact.body
    person_id = PersonId(merged.taken_in)
    return [Ask(RISK, risk_stream(person_id), commands.EndRisk(person_id))]


REACTIONS = (
    Reaction("analytics.risk.when_member_merged_end", MemberMerged, when_member_merged_end),
    Reaction("analytics.risk.when_past_due_note", SubscriptionPastDue, when_past_due_note),
    Reaction("analytics.risk.when_recovered_drop", SubscriptionRecovered, when_recovered_drop),
    Reaction(
        "analytics.risk.when_cancellation_scheduled_note",
        CancellationScheduled,
        when_cancellation_scheduled_note,
    ),
    Reaction(
        "analytics.risk.when_cancellation_withdrawn_drop",
        CancellationWithdrawn,
        when_cancellation_withdrawn_drop,
    ),
    Reaction(
        "analytics.risk.when_subscription_ended_drop",
        SubscriptionEnded,
        when_subscription_ended_drop,
    ),
)
