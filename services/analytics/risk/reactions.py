"""What subscriptions tell is a cause of somebody's risk, or the end of one; where wanted, a look a day tells more."""

from typing import get_args

from services.analytics.community.projections import community_of
from services.analytics.risk import commands, events
from services.analytics.risk.decider import RISK, RISK_ROUNDS, risk_stream
from services.analytics.risk.events import Cause, Reason
from services.analytics.risk.projections import RISKS, looks_at
from shared.command_handler import Origin
from shared.contracts.billing_subscription import (
    CancellationScheduled,
    CancellationWithdrawn,
    SubscriptionContract,
    SubscriptionEnded,
    SubscriptionPastDue,
    SubscriptionRecovered,
)
from shared.contracts.membership_member import MemberBanned, MemberLeft, PersonErased
from shared.contracts.membership_merging import MemberMerged
from shared.event_store import Fact, Meta
from shared.ids import PersonId, derive
from shared.merging.persons import TAKEN_IN
from shared.reaction import Action, ActionContext, Ask, At, Call, Reaction
from shared.waiting.readers import caught_up

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
    """Whose subscription is gone is at risk of that no more."""
    return _drop(fact, *REASONS)


def when_member_merged_end(fact: Fact) -> list[Ask]:
    merged: MemberMerged = fact.body
    person_id = PersonId(merged.taken_in)
    return [Ask(RISK, risk_stream(person_id), commands.EndRisk(person_id))]


def when_gone_end(fact: Fact) -> list[Ask]:
    person_id = PersonId(fact.body.person_id)
    return [Ask(RISK, risk_stream(person_id), commands.EndRisk(person_id))]


def when_round_begun_look(fact: Fact) -> list[Call | At]:
    begun: events.RiskRoundBegun = fact.body
    following = commands.BeginRiskRound(begun.next_due)
    return [
        Call(commands.LookAtEverybody(begun.due, is_watched=True)),
        At(begun.next_due, Ask(RISK_ROUNDS, fact.stream_id, following)),
    ]


def when_watch_ended_look(fact: Fact) -> list[Call]:
    return [Call(commands.LookAtEverybody(fact.at, is_watched=False))]


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
    Reaction("analytics.risk.when_member_left_end", MemberLeft, when_gone_end),
    Reaction("analytics.risk.when_member_banned_end", MemberBanned, when_gone_end),
    Reaction("analytics.risk.when_person_erased_end", PersonErased, when_gone_end),
    Reaction("analytics.risk.when_round_begun_look", events.RiskRoundBegun, when_round_begun_look),
    Reaction("analytics.risk.when_watch_ended_look", events.RiskWatchEnded, when_watch_ended_look),
)


async def look_at_everybody(action: commands.LookAtEverybody, context: ActionContext) -> None:
    """Repeating it says nothing twice."""
    service, community_id = context.service, context.community_id
    await caught_up(service.pool, [RISKS.reader, TAKEN_IN.reader])
    async with service.pool.acquire() as connection:
        community = await community_of(connection, community_id)
        looks = await looks_at(connection, community_id, action.due, is_watched=action.is_watched)
    meta = Meta(context.key, context.key, mode=community.mode)
    for look in looks:
        command_id = derive(context.key, str(look.person_id))
        origin = Origin(command_id, community_id, context.now, meta)
        await service.handler.handle([Ask(RISK, risk_stream(look.person_id), look)], origin)


ACTIONS = (Action(of=commands.LookAtEverybody, perform=look_at_everybody),)
