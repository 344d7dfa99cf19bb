"""What is taken over, at what, and what follows from how theirs stands, whoever has touched it meanwhile."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.billing.discount.events import Reduction
from services.billing.elsewhere import Rebate, Theirs, obstacles, remarks
from services.billing.payer.events import Instrument
from services.billing.subscription.events import Brought, boundary
from services.billing.takeover import commands, events
from services.billing.takeover.decider import TAKEOVER
from shared.ids import Code, derive
from shared.testing import given
from tests.unit.billing.cast import ada, community_id, euros
from tests.unit.billing.takeover.elsewhere import account, anchor, monthly, target, theirs, utc

takeover_id = events.takeover_of(community_id, theirs.subscription)
subscription_id = derive(takeover_id, "subscription", "1")
day = timedelta(days=1)
before, after = theirs.period_end - day, theirs.period_end + day

seen = events.TheirsSeen(theirs, account)
begun = events.TakeoverBegun(
    subscription_id,
    replace(monthly, price_version=3),
    Instrument(Code("pm_visa"), Code("cus_elsewhere"), account),
    Brought(theirs.period, anchor, anchor),
    None,
)
confirmed = events.TheirsSetToEnd(theirs.period_end)
asked_back = events.ReversalAsked()
set_to_end = replace(theirs, ends=True, takeover_id=takeover_id)
ended = replace(set_to_end, status="canceled", ended_at=theirs.period_end)
renewed = replace(theirs, period_start=theirs.period_end, period_end=boundary(anchor, monthly, 15))


def take_over(**more: Any) -> commands.TakeOver:
    asked = commands.TakeOver(
        takeover_id, ada, target, twice=False, subscribed=False, time_zone=utc, at=before
    )
    return replace(asked, **more)


def stands(how: Theirs | None, refused: str | None = None) -> commands.RecordTheirs:
    at = before if how is None or not how.is_gone else after
    return commands.RecordTheirs(takeover_id, how, at, Code(refused) if refused else None)


def test_what_is_read_is_noted_and_what_is_begun_is_not_planned_again() -> None:
    note = commands.NoteTheirs(theirs, account)
    given(TAKEOVER).when(note).then(seen)
    given(TAKEOVER, seen).when(note).then_nothing()
    other = replace(theirs, quantity=2)
    given(TAKEOVER, seen).when(commands.NoteTheirs(other, account)).then(
        events.TheirsSeen(other, account)
    )
    given(TAKEOVER, seen, begun).when(commands.NoteTheirs(other, account)).then_nothing()


def test_ours_begins_in_the_period_that_runs_there() -> None:
    given(TAKEOVER, seen).when(take_over()).then(begun)
    given(TAKEOVER, seen, begun).when(take_over()).then_nothing()
    given(TAKEOVER).when(take_over()).then_rejected("takeover_not_found")
    given(TAKEOVER, seen).when(take_over(at=after)).then_rejected("plan_out_of_date")
    for wrong in ({"person_id": None}, {"target": None}, {"twice": True}, {"subscribed": True}):
        given(TAKEOVER, seen).when(take_over(**wrong)).then_rejected("cannot_be_taken_over")


def test_after_it_went_back_it_can_be_taken_over_as_another() -> None:
    back = events.TakeoverReverted(subscription_id)
    second = replace(begun, subscription_id=derive(takeover_id, "subscription", "2"))
    given(TAKEOVER, seen, begun, asked_back, back).when(take_over()).then(second)


def test_it_is_confirmed_only_by_how_it_stands() -> None:
    given(TAKEOVER, seen, begun).when(stands(set_to_end)).then(confirmed)
    given(TAKEOVER, seen, begun, confirmed).when(stands(set_to_end)).then_nothing()
    held = events.TheirsHeldUp(theirs.subscription, Code("set_to_go_on"), before + day)
    given(TAKEOVER, seen, begun).when(stands(theirs)).then(held)
    refused = events.TheirsHeldUp(theirs.subscription, Code("no_such_right"), before + day)
    given(TAKEOVER, seen, begun).when(stands(theirs, "no_such_right")).then(refused)
    given(TAKEOVER, seen, begun, held).when(stands(theirs)).then_nothing()
    a_day_later = commands.RecordTheirs(takeover_id, theirs, held.look_at)
    again = replace(held, look_at=held.look_at + day, again=True)
    given(TAKEOVER, seen, begun, held).when(a_day_later).then(again)


def test_it_is_ours_once_theirs_has_ended_as_it_was_told() -> None:
    ours = events.TheirsEnded(subscription_id, theirs.period_end)
    for history in ([], [confirmed]):
        given(TAKEOVER, seen, begun, *history).when(stands(ended)).then(ours)
    given(TAKEOVER, seen, begun, confirmed, ours).when(stands(ended)).then_nothing()


@pytest.mark.parametrize(
    "otherwise",
    [
        None,
        replace(ended, ended_at=before),
        replace(ended, takeover_id=None),
        replace(ended, takeover_id=UUID(int=9)),
        replace(theirs, ends=True),
        replace(set_to_end, takeover_id=UUID(int=9)),
    ],
    ids=["unknown", "at once", "by the payer", "for another", "will end", "will for another"],
)
def test_what_ends_by_anybody_elses_wish_is_charged_nowhere(otherwise: Theirs | None) -> None:
    failed = events.TakeoverFailed(subscription_id)
    given(TAKEOVER, seen, begun, confirmed).when(stands(otherwise)).then(failed)
    given(TAKEOVER, seen, begun, failed).when(take_over()).then_rejected("plan_out_of_date")
    given(TAKEOVER, seen, begun, failed).when(commands.NoteTheirs(theirs, account)).then(seen)


def test_a_period_that_was_charged_there_moves_ours_on() -> None:
    moved = events.TheirsRenewed(subscription_id, renewed.period)
    given(TAKEOVER, seen, begun, confirmed).when(stands(renewed)).then(moved)
    told = replace(renewed, ends=True, takeover_id=takeover_id)
    given(TAKEOVER, seen, begun).when(stands(told)).then(
        moved, events.TheirsSetToEnd(renewed.period_end)
    )


def test_ours_waits_while_nobody_knows() -> None:
    overdue = replace(set_to_end, status="past_due")
    held = events.TheirsHeldUp(theirs.subscription, Code("past_due"), before + day)
    given(TAKEOVER, seen, begun, confirmed).when(stands(overdue)).then(held)
    late = commands.RecordTheirs(takeover_id, set_to_end, after)
    waits = events.TheirsHeldUp(
        theirs.subscription, Code("not_over_yet"), after + timedelta(hours=1)
    )
    given(TAKEOVER, seen, begun, confirmed).when(late).then(waits)
    given(TAKEOVER, seen, begun, confirmed).when(commands.LookAgain()).then(events.TheirsDue())
    given(TAKEOVER, seen).when(commands.LookAgain()).then_nothing()


def test_it_goes_back_until_its_period_is_over() -> None:
    back = commands.Revert(leaving=False, at=before)
    given(TAKEOVER).when(back).then_rejected("takeover_not_found")
    given(TAKEOVER, seen).when(back).then_nothing()
    given(TAKEOVER, seen, begun, confirmed).when(back).then(asked_back)
    given(TAKEOVER, seen, begun, asked_back).when(back).then_nothing()
    leaving = commands.Revert(leaving=True, at=before)
    given(TAKEOVER, seen, begun).when(leaving).then_rejected("cancelled_here")
    late = commands.Revert(leaving=False, at=after)
    given(TAKEOVER, seen, begun).when(late).then_rejected("takeover_final")
    ours = events.TheirsEnded(subscription_id, theirs.period_end)
    given(TAKEOVER, seen, begun, ours).when(back).then_rejected("takeover_final")


def test_ours_ends_only_when_theirs_is_seen_to_go_on() -> None:
    history = (seen, begun, confirmed, asked_back)
    given(TAKEOVER, *history).when(stands(set_to_end)).then_nothing()
    back = events.TakeoverReverted(subscription_id)
    given(TAKEOVER, *history).when(stands(theirs)).then(back)
    given(TAKEOVER, *history).when(stands(ended)).then(
        events.ReversalMissed(), events.TheirsEnded(subscription_id, theirs.period_end)
    )
    given(TAKEOVER, *history, back).when(stands(theirs)).then_nothing()
    given(TAKEOVER, *history, back).when(stands(set_to_end)).then(asked_back)


def test_what_is_dearer_or_cheaper_than_the_offer_is_kept_at_its_amount() -> None:
    cheap = replace(theirs, amount=euros(7))
    terms = replace(monthly, price=euros(7), price_version=0)
    history = events.TheirsSeen(cheap, account)
    given(TAKEOVER, history).when(take_over()).then(replace(begun, terms=terms))
    assert remarks(cheap, target) == ("grandfathered",)


@pytest.mark.parametrize(
    ("lasts", "days", "payments"),
    [("once", None, 2), ("forever", None, None), ("until", 40, 3), ("until", 1, 2)],
)
def test_a_coupon_is_carried_for_the_payments_it_still_lasts(
    lasts: Any, days: int | None, payments: int | None
) -> None:
    until = theirs.period_end + timedelta(days=days) if days else None
    rebate = Rebate(Code("TEN"), 10, None, lasts, until)
    discounted = replace(theirs, rebate=rebate)
    reduction = Reduction(derive(takeover_id, "coupon"), 10, None, payments)
    terms = replace(begun.terms, reduction=reduction)
    history = events.TheirsSeen(discounted, account)
    given(TAKEOVER, history).when(take_over()).then(replace(begun, terms=terms))


def test_a_coupon_that_is_over_with_the_period_is_not_carried() -> None:
    rebate = Rebate(Code("TEN"), 10, None, "until", theirs.period_end)
    history = events.TheirsSeen(replace(theirs, rebate=rebate), account)
    given(TAKEOVER, history).when(take_over()).then(begun)


def test_a_quarter_there_is_three_months_here_and_a_year_twelve() -> None:
    quarter = replace(theirs, every=3)
    fits = replace(target, interval="quarter")
    assert obstacles(quarter, ada, fits, twice=False, subscribed=False) == ()
    assert (
        obstacles(
            replace(theirs, interval="year"),
            ada,
            replace(target, every=12),
            twice=False,
            subscribed=False,
        )
        == ()
    )
    for other in (replace(theirs, interval="day"), replace(theirs, every=2)):
        assert obstacles(other, ada, target, twice=False, subscribed=False) == ("offer_unfit",)


def test_what_was_seen_before_it_moved_on_is_no_news() -> None:
    asked = events.ReversalAsked()
    stale = commands.RecordTheirs(takeover_id, theirs, before, heading=(1, "end"))
    given(TAKEOVER, seen, begun, asked).when(stale).then_nothing()
    since = replace(stale, heading=(1, "go_on"))
    reverted = events.TakeoverReverted(begun.subscription_id)
    given(TAKEOVER, seen, begun, asked).when(since).then(reverted)


def test_after_a_reversal_it_is_looked_at_once_more() -> None:
    back = (seen, begun, events.ReversalAsked(), events.TakeoverReverted(begun.subscription_id))
    given(TAKEOVER, *back).when(commands.LookAgain()).then(events.TheirsDue())
