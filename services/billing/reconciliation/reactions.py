"""An account is compared a page at a time, each when the one before is recorded: a crash compares a page again."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from services.billing.comparison import (
    Charged,
    Drift,
    Page,
    compared_here,
    compared_there,
    settled_among,
    without,
)
from services.billing.gateways.gateway import Declined
from services.billing.gateways.processors import books_at, name_of
from services.billing.merchant.events import AccountConnected, PaypalConnected
from services.billing.payment.projections import booked_among, booked_between
from services.billing.reconciliation import commands, events
from services.billing.reconciliation.decider import FOLLOWING, RECONCILIATION
from services.billing.reconciliation.events import Side, daily_of
from shared.event_store import Fact
from shared.ids import Code
from shared.reaction import Action, ActionContext, Ask, At, Call, Reaction

A_DAY = timedelta(days=1)
BEGUN_AFTER = timedelta(hours=3)
FIRST_LOOK_AFTER = timedelta(hours=1)
OURS_AT_ONCE = 50

Compared = tuple[Page, tuple[Drift, ...]]


@dataclass(frozen=True, slots=True)
class ComparePage:
    reconciliation_id: UUID
    number: int
    side: Side
    account: Code
    start: datetime
    end: datetime
    after: Code | None


@dataclass(frozen=True, slots=True)
class CompareDrifts:
    reconciliation_id: UUID
    look: int
    account: Code
    drifts: tuple[Drift, ...]


def when_account_connected_begin_days(fact: Fact) -> list[At]:
    connected: AccountConnected | PaypalConnected = fact.body
    today = datetime.combine(fact.at.astimezone(UTC).date(), time(), UTC)
    return [_daily(fact.community_id, connected.account, today)]


def when_reconciliation_begun_begin_next_day(fact: Fact) -> list[At]:
    begun: events.ReconciliationBegun = fact.body
    return [_daily(fact.community_id, begun.account, begun.end)] if begun.by_clock else []


def _daily(community_id: UUID, account: Code, day: datetime) -> At:
    """A day ends at midnight UTC, and is compared when its reports have had time to come."""
    end = day + A_DAY
    due = end + BEGUN_AFTER
    begin = commands.BeginReconciliation(account, day, end, due, by_clock=True)
    return At(due, Ask(RECONCILIATION, daily_of(community_id, day, name_of(account)), begin))


def when_reconciliation_begun_compare_page(fact: Fact) -> list[Call]:
    begun: events.ReconciliationBegun = fact.body
    account, start, end = begun.account, begun.start, begun.end
    return [Call(ComparePage(fact.stream_id, 1, "there", account, start, end, None))]


def when_page_compared_compare_next(fact: Fact) -> list[Call]:
    """Each side to its end, one after another."""
    told: events.PageCompared = fact.body
    after = told.page.after
    if after is None and told.side == "here":
        return []
    side = told.side if after else FOLLOWING[told.side]
    following = ComparePage(
        fact.stream_id, told.number + 1, side, told.account, told.start, told.end, after
    )
    return [Call(following)]


def when_comparing_is_over_look_again(fact: Fact) -> list[At]:
    """Whatever was under way, or could be put right without anybody, is by then."""
    over: events.ReconciliationEnded | events.ReconciliationFailed = fact.body
    is_same = isinstance(over, events.ReconciliationEnded) and not over.drifts
    return [] if is_same else [At(fact.at + FIRST_LOOK_AFTER, _look(fact, 1))]


def when_drifts_stand_look_again(fact: Fact) -> list[At]:
    told: events.DriftsStand = fact.body
    return [At(fact.at + A_DAY, _look(fact, told.look + 1))] if told.drifts else []


def _look(fact: Fact, look: int) -> Ask:
    return Ask(RECONCILIATION, fact.stream_id, commands.LookAgain(look))


def when_drifts_looked_for_compare_them(fact: Fact) -> list[Call]:
    told: events.DriftsLookedFor = fact.body
    return [Call(CompareDrifts(fact.stream_id, told.look, told.account, told.drifts))]


async def compare_page(action: ComparePage, context: ActionContext) -> Ask:
    compare = _compare_here if action.side == "here" else _compare_there
    answer: commands.RecordPage | commands.FailReconciliation
    try:
        page, drifts = await compare(action, context)
        answer = commands.RecordPage(action.number, action.side, page, drifts)
    except Declined as no:
        answer = commands.FailReconciliation(action.number, no.code)
    return Ask(RECONCILIATION, action.reconciliation_id, answer)


async def _compare_there(action: ComparePage, context: ActionContext) -> Compared:
    books, community_id = books_at(context.gateways, action.account), context.community_id
    ask = books.page if action.side == "there" else books.refunded
    listed = await ask(action.account, community_id, action.start, action.end, action.after)
    async with context.service.pool.acquire() as connection:
        booked = await booked_among(
            connection, community_id, [one.payment_id for one in listed.ours]
        )
    seen = await _seen(action, context)
    if action.side == "refunds":
        listed = without(listed, seen)
    return compared_there(listed, booked, seen)


async def _compare_here(action: ComparePage, context: ActionContext) -> Compared:
    """What was not listed may be an intent of another day: each is asked for."""
    community_id, window = context.community_id, (action.start, action.end)
    lists = books_at(context.gateways, action.account).lists
    after = UUID(action.after) if action.after else None
    async with context.service.pool.acquire() as connection:
        booked = await booked_between(
            connection,
            community_id,
            action.account,
            window,
            after,
            OURS_AT_ONCE,
            unpaid_too=not lists,
        )
    seen = await _seen(action, context)
    unseen = [one for one in booked if one.payment_id not in seen]
    fetched = await _fetched((one.intent for one in unseen), action.account, context)
    last = Code(str(booked[-1].payment_id)) if len(booked) == OURS_AT_ONCE else None
    return compared_here(unseen, fetched, last)


async def _seen(action: ComparePage, context: ActionContext) -> frozenset[UUID]:
    run, _ = await context.service.handler.state(
        RECONCILIATION, action.reconciliation_id, context.community_id
    )
    seen: frozenset[UUID] = run.seen
    return seen


async def compare_drifts(action: CompareDrifts, context: ActionContext) -> Ask:
    """What the processor no longer lets us read stands."""
    try:
        fetched = await _fetched((one.intent for one in action.drifts), action.account, context)
    except Declined:
        nothing = commands.RecordLook(action.look, ())
        return Ask(RECONCILIATION, action.reconciliation_id, nothing)
    async with context.service.pool.acquire() as connection:
        booked = await booked_among(
            connection, context.community_id, [one.payment_id for one in action.drifts]
        )
    settled = settled_among(action.drifts, booked, fetched)
    record = commands.RecordLook(action.look, settled)
    return Ask(RECONCILIATION, action.reconciliation_id, record)


async def _fetched(
    intents: Iterable[Code | None], account: Code, context: ActionContext
) -> dict[Code, Charged]:
    """Each of them that the processor has, as it stands now."""
    books = books_at(context.gateways, account)
    found = [await books.fetch(one, account, context.community_id) for one in intents if one]
    return {one.intent: one for one in found if one}


REACTIONS = (
    Reaction(
        "billing.reconciliation.when_account_connected_begin_days",
        AccountConnected,
        when_account_connected_begin_days,
    ),
    Reaction(
        "billing.reconciliation.when_paypal_connected_begin_days",
        PaypalConnected,
        when_account_connected_begin_days,
    ),
    Reaction(
        "billing.reconciliation.when_reconciliation_begun_begin_next_day",
        events.ReconciliationBegun,
        when_reconciliation_begun_begin_next_day,
    ),
    Reaction(
        "billing.reconciliation.when_reconciliation_begun_compare_page",
        events.ReconciliationBegun,
        when_reconciliation_begun_compare_page,
    ),
    Reaction(
        "billing.reconciliation.when_page_compared_compare_next",
        events.PageCompared,
        when_page_compared_compare_next,
    ),
    Reaction(
        "billing.reconciliation.when_reconciliation_ended_look_again",
        events.ReconciliationEnded,
        when_comparing_is_over_look_again,
    ),
    Reaction(
        "billing.reconciliation.when_reconciliation_failed_look_again",
        events.ReconciliationFailed,
        when_comparing_is_over_look_again,
    ),
    Reaction(
        "billing.reconciliation.when_drifts_stand_look_again",
        events.DriftsStand,
        when_drifts_stand_look_again,
    ),
    Reaction(
        "billing.reconciliation.when_drifts_looked_for_compare_them",
        events.DriftsLookedFor,
        when_drifts_looked_for_compare_them,
    ),
)

ACTIONS = (Action(ComparePage, compare_page), Action(CompareDrifts, compare_drifts))
