"""What is past due and what is paid is counted for who pays, and weighed by the limits the seller has."""

from dataclasses import dataclass

from services.billing.arrears import commands, events
from services.billing.arrears.decider import ARREARS
from services.billing.arrears.events import arrears_stream
from services.billing.arrears.projections import debtors_of
from services.billing.policy.events import PolicySet
from services.billing.policy.projections import policy_now
from services.billing.subscription.events import (
    SubscriptionActivated,
    SubscriptionEnded,
    SubscriptionPastDue,
    SubscriptionRecovered,
    SubscriptionRenewed,
    TrialStarted,
)
from shared.command_handler import Origin
from shared.event_store import Fact, Meta, Mode
from shared.ids import PersonId, derive
from shared.reaction import Action, ActionContext, Ask, Call, Reaction


@dataclass(frozen=True, slots=True)
class WeighByPolicy:
    """Look up the limits that hold now."""

    person_id: PersonId


@dataclass(frozen=True, slots=True)
class WeighEverybody:
    """The limits may have changed: whoever owes something is weighed by them."""

    mode: Mode


def when_subscription_runs_count_it(fact: Fact) -> list[Ask]:
    return [_ask(fact, commands.CountSubscription(fact.body.terms.person_id, fact.stream_id))]


def when_subscription_ended_uncount_it(fact: Fact) -> list[Ask]:
    return [_ask(fact, commands.UncountSubscription(fact.body.terms.person_id, fact.stream_id))]


def when_subscription_past_due_count_bill(fact: Fact) -> list[Ask]:
    late: SubscriptionPastDue = fact.body
    amount = late.terms.amount if late.due is None else late.due
    return [_ask(fact, commands.CountBill(late.terms.person_id, fact.stream_id, amount))]


def when_subscription_recovered_settle_bill(fact: Fact) -> list[Ask]:
    return [_ask(fact, commands.SettleBill(fact.body.terms.person_id, fact.stream_id))]


def _ask(fact: Fact, command: commands.ArrearsCommand) -> Ask:
    return Ask(ARREARS, arrears_stream(fact.body.terms.person_id), command)


def when_bill_overdue_weigh_arrears(fact: Fact) -> list[Call]:
    return [Call(WeighByPolicy(fact.body.person_id))]


def when_policy_set_weigh_everybody(fact: Fact) -> list[Call]:
    return [Call(WeighEverybody(fact.meta.mode))]


async def weigh_by_policy(action: WeighByPolicy, context: ActionContext) -> Ask:
    policy = await policy_now(context.service, context.community_id)
    weigh = commands.WeighArrears(action.person_id, policy.arrears)
    return Ask(ARREARS, arrears_stream(action.person_id), weigh)


async def weigh_everybody(action: WeighEverybody, context: ActionContext) -> None:
    """By what holds now: of two changes the later counts, in whichever order they are heard of."""
    service, community_id = context.service, context.community_id
    limits = (await policy_now(service, community_id)).arrears
    async with service.pool.acquire() as connection:
        debtors = await debtors_of(connection, community_id)
    for debtor in map(PersonId, debtors):
        command_id = derive(context.key, str(debtor))
        meta = Meta(command_id, context.key, mode=action.mode)
        weigh = Ask(ARREARS, arrears_stream(debtor), commands.WeighArrears(debtor, limits))
        origin = Origin(command_id, community_id, context.now, meta)
        await service.handler.handle([weigh], origin)


REACTIONS = (
    *(
        Reaction(f"billing.arrears.when_{name}_count_it", to, when_subscription_runs_count_it)
        for name, to in (
            ("trial_started", TrialStarted),
            ("subscription_activated", SubscriptionActivated),
            ("subscription_renewed", SubscriptionRenewed),
        )
    ),
    Reaction(
        "billing.arrears.when_subscription_ended_uncount_it",
        SubscriptionEnded,
        when_subscription_ended_uncount_it,
    ),
    Reaction(
        "billing.arrears.when_subscription_past_due_count_bill",
        SubscriptionPastDue,
        when_subscription_past_due_count_bill,
    ),
    Reaction(
        "billing.arrears.when_subscription_recovered_settle_bill",
        SubscriptionRecovered,
        when_subscription_recovered_settle_bill,
    ),
    Reaction(
        "billing.arrears.when_bill_overdue_weigh_arrears",
        events.BillOverdue,
        when_bill_overdue_weigh_arrears,
    ),
    Reaction(
        "billing.arrears.when_policy_set_weigh_everybody",
        PolicySet,
        when_policy_set_weigh_everybody,
    ),
)

ACTIONS = (
    Action(WeighByPolicy, weigh_by_policy),
    Action(WeighEverybody, weigh_everybody),
)
