"""The account is compared page by page, each page once, and what differs is looked at until it is settled."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import assert_never
from uuid import UUID

from services.billing.comparison import Drift
from services.billing.reconciliation import commands, events
from services.billing.reconciliation.events import Side
from shared.decider import Decider, Rejected
from shared.ids import Code

LONGEST = timedelta(days=31)
SETTLED_AFTER = timedelta(hours=1)
MOST_PAGES = 300
MOST_DRIFTS = 100
MOST_LOOKS = 30

FOLLOWING: Mapping[Side, Side] = {"there": "refunds", "refunds": "here", "here": "here"}
TOO_MANY = Code("too_many")


@dataclass(frozen=True, slots=True)
class Run:
    """`page` is the last that was compared; the next is of `side`. `open` is what differs, by its payment.

    `seen` are the payments that the processor has listed with their money.
    """

    begun: events.ReconciliationBegun
    page: int = 0
    side: Side = "there"
    is_comparing: bool = True
    seen: frozenset[UUID] = frozenset()
    open: Mapping[UUID, Drift] = field(default_factory=dict)
    found: int = 0
    look: int = 0
    is_looking: bool = False


def decide(
    command: commands.ReconciliationCommand, run: Run | None
) -> list[events.ReconciliationEvent]:
    match command:
        case commands.BeginReconciliation():
            return [] if run else [_begin(command)]
        case _ if run is None:
            return []
        case commands.RecordPage(number, side):
            is_next = run.is_comparing and (number, side) == (run.page + 1, run.side)
            return _page(command, run) if is_next else []
        case commands.FailReconciliation(number, code):
            is_next = run.is_comparing and number == run.page + 1
            return [events.ReconciliationFailed(code)] if is_next else []
        case commands.LookAgain(look):
            is_next = not run.is_comparing and look == run.look + 1 <= MOST_LOOKS
            left = tuple(run.open.values())
            looked = events.DriftsLookedFor(look, run.begun.account, left)
            return [looked] if is_next and left else []
        case commands.RecordLook(look):
            return _look(command, run) if run.is_looking and look == run.look else []
        case _:
            assert_never(command)


def _begin(asked: commands.BeginReconciliation) -> events.ReconciliationBegun:
    if asked.account is None:
        raise Rejected("account_not_connected", "Connect the account first.")
    if asked.end <= asked.start:
        raise Rejected("window_empty", "It ends after it begins.", pointer="/end")
    if asked.end - asked.start > LONGEST:
        raise Rejected("window_too_long", "It is 31 days at most.", pointer="/end")
    if asked.end > asked.at - SETTLED_AFTER:
        detail = "It is over for an hour, so that the processor's reports have come."
        raise Rejected("window_not_over", detail, pointer="/end")
    return events.ReconciliationBegun(asked.account, asked.start, asked.end, asked.by_clock)


def _page(told: commands.RecordPage, run: Run) -> list[events.ReconciliationEvent]:
    begun, page = run.begun, told.page
    news = {one.payment_id: one for one in told.drifts if one.payment_id not in run.open}
    compared: list[events.ReconciliationEvent] = [
        events.PageCompared(told.number, told.side, begun.account, begun.start, begun.end, page),
        *map(events.DriftFound, news.values()),
    ]
    found = run.found + len(news)
    if page.after is None and told.side == "here":
        return [*compared, events.ReconciliationEnded(found)]
    if told.number >= MOST_PAGES or found >= MOST_DRIFTS:
        return [*compared, events.ReconciliationFailed(TOO_MANY)]
    return compared


def _look(told: commands.RecordLook, run: Run) -> list[events.ReconciliationEvent]:
    settled = [one for one in told.settled if one in run.open]
    left = len(run.open) - len(settled)
    # Whoever asked for a reconciliation reads it; what the clock found, nobody has seen.
    is_news = told.look == 1 and left > 0 and run.begun.by_clock
    return [
        *map(events.DriftSettled, settled),
        events.DriftsStand(told.look, left, is_news),
    ]


def evolve(run: Run | None, event: events.ReconciliationEvent) -> Run | None:
    match event:
        case events.ReconciliationBegun():
            return Run(event)
        case _ if run is None:
            return None
        case events.PageCompared(number, side, page=page):
            following = side if page.after else FOLLOWING[side]
            return replace(run, page=number, side=following, seen=run.seen | set(page.seen))
        case events.DriftFound(drift):
            return replace(run, open={**run.open, drift.payment_id: drift}, found=run.found + 1)
        case events.ReconciliationEnded() | events.ReconciliationFailed():
            return replace(run, is_comparing=False)
        case events.DriftsLookedFor(look):
            return replace(run, look=look, is_looking=True)
        case events.DriftSettled(payment_id):
            left = {key: one for key, one in run.open.items() if key != payment_id}
            return replace(run, open=left)
        case events.DriftsStand():
            return replace(run, is_looking=False)
        case _:
            assert_never(event)


RECONCILIATION: Decider[commands.ReconciliationCommand, Run | None, events.ReconciliationEvent] = (
    Decider(
        "reconciliation",
        initial=None,
        decide=decide,
        evolve=evolve,
        commands=commands.ReconciliationCommand,
        events=events.ReconciliationEvent,
    )
)
