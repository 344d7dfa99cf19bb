"""Who sent whom, what was paid and what went back are counted for the buyer; the hold ends by the clock."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.billing.commission import commands, events
from services.billing.commission.decider import COMMISSION
from services.billing.commission.events import commission_stream
from services.billing.commission_rules.projections import commission_rules_at
from services.billing.payment.events import (
    DisputeClosed,
    DisputeOpened,
    MoneyLine,
    PaymentSucceeded,
    RefundIssued,
)
from shared.contracts.membership_attribution import AttributionWithdrawn, PersonAttributed
from shared.event_store import Fact
from shared.ids import PersonId
from shared.reaction import Action, ActionContext, Ask, At, Call, Reaction


@dataclass(frozen=True, slots=True)
class CountByRules:
    """Look up the rules of the moment at which this was paid."""

    person_id: PersonId
    payment_id: UUID
    lines: tuple[MoneyLine, ...]
    at: datetime


def when_person_attributed_count_it(fact: Fact) -> list[Ask]:
    came: PersonAttributed = fact.body
    person_id = PersonId(came.person_id)
    owner = None if came.owner_id is None else PersonId(came.owner_id)
    since = came.since or fact.at
    sent = events.BuyerSent(person_id, came.link_id, came.kind, owner, since, came.until)
    return [Ask(COMMISSION, commission_stream(person_id), commands.CountBuyerSent(sent))]


def when_attribution_withdrawn_count_nobody(fact: Fact) -> list[Ask]:
    withdrawn: AttributionWithdrawn = fact.body
    person_id = PersonId(withdrawn.person_id)
    by_nobody = events.BuyerSent(person_id, None, None, None, fact.at, fact.at)
    return [Ask(COMMISSION, commission_stream(person_id), commands.CountBuyerSent(by_nobody))]


def when_payment_succeeded_count_by_rules(fact: Fact) -> list[Call]:
    paid: PaymentSucceeded = fact.body
    charge = paid.charge
    return [Call(CountByRules(charge.person_id, fact.stream_id, charge.lines, fact.at))]


def when_refund_issued_count_return(fact: Fact) -> list[Ask]:
    back: RefundIssued = fact.body
    news = events.ReturnCounted(back.person_id, fact.stream_id, back.refund_id, back.lines)
    return [Ask(COMMISSION, commission_stream(back.person_id), commands.CountReturn(news))]


def when_dispute_opened_count_it(fact: Fact) -> list[Ask]:
    opened: DisputeOpened = fact.body
    return _disputed(fact, opened, is_open=True, lost=())


def when_dispute_closed_count_it(fact: Fact) -> list[Ask]:
    closed: DisputeClosed = fact.body
    return _disputed(fact, closed, is_open=False, lost=closed.lost)


def _disputed(
    fact: Fact,
    dispute: DisputeOpened | DisputeClosed,
    *,
    is_open: bool,
    lost: tuple[MoneyLine, ...],
) -> list[Ask]:
    buyer = dispute.charge.person_id
    news = events.DisputeCounted(
        buyer, fact.stream_id, dispute.dispute, fact.version, is_open, lost
    )
    return [Ask(COMMISSION, commission_stream(buyer), commands.CountDispute(news))]


def when_commission_earned_end_hold(fact: Fact) -> list[At]:
    earned: events.CommissionEarned = fact.body
    one = earned.commission
    end = commands.EndHold(one.payment_id, one.due_at)
    return [At(one.due_at, Ask(COMMISSION, fact.stream_id, end))]


async def count_by_rules(action: CountByRules, context: ActionContext) -> Ask:
    """The rules that held then: another version does not change what is earned already."""
    terms = await commission_rules_at(context.service, context.community_id, action.at)
    news = events.PurchaseCounted(
        action.person_id, action.payment_id, action.lines, action.at, terms
    )
    return Ask(COMMISSION, commission_stream(action.person_id), commands.CountPurchase(news))


REACTIONS = (
    Reaction(
        "billing.commission.when_person_attributed_count_it",
        PersonAttributed,
        when_person_attributed_count_it,
    ),
    Reaction(
        "billing.commission.when_attribution_withdrawn_count_nobody",
        AttributionWithdrawn,
        when_attribution_withdrawn_count_nobody,
    ),
    Reaction(
        "billing.commission.when_payment_succeeded_count_by_rules",
        PaymentSucceeded,
        when_payment_succeeded_count_by_rules,
    ),
    Reaction(
        "billing.commission.when_refund_issued_count_return",
        RefundIssued,
        when_refund_issued_count_return,
    ),
    Reaction(
        "billing.commission.when_dispute_opened_count_it",
        DisputeOpened,
        when_dispute_opened_count_it,
    ),
    Reaction(
        "billing.commission.when_dispute_closed_count_it",
        DisputeClosed,
        when_dispute_closed_count_it,
    ),
    Reaction(
        "billing.commission.when_commission_earned_end_hold",
        events.CommissionEarned,
        when_commission_earned_end_hold,
    ),
)

ACTIONS = (Action(CountByRules, count_by_rules),)
