"""An account is compared page by page, and what differs is looked at until it is settled."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from services.billing.comparison import Drift, Page
from services.billing.merchant.events import AccountConnected
from services.billing.payment.reactions import FetchIntent, when_drift_found_fetch_intent
from services.billing.reconciliation.commands import (
    BeginReconciliation,
    FailReconciliation,
    LookAgain,
    RecordLook,
    RecordPage,
)
from services.billing.reconciliation.decider import MOST_DRIFTS, MOST_LOOKS, MOST_PAGES
from services.billing.reconciliation.decider import RECONCILIATION as RUN
from services.billing.reconciliation.events import (
    DriftFound,
    DriftSettled,
    DriftsLookedFor,
    DriftsStand,
    PageCompared,
    ReconciliationBegun,
    ReconciliationEnded,
    ReconciliationFailed,
    Side,
)
from services.billing.reconciliation.publications import tell_staff_of_drifts
from services.billing.reconciliation.reactions import (
    when_account_connected_begin_days,
    when_page_compared_compare_next,
)
from shared.ids import Code
from shared.testing import given
from tests.unit.billing.cast import euros, fact, noon, stream_id

account, intent = Code("acct_club"), Code("pi_1")
payment_id = UUID(int=7)
day = timedelta(days=1)
start, end = noon - 2 * day, noon - day
begun = ReconciliationBegun(account, start, end, by_clock=True)
drift = Drift(payment_id, "succeeded_there", intent, euros(10), euros(0))


def page(after: str | None = None, seen: tuple[UUID, ...] = ()) -> Page:
    return Page(1, 0, seen, (euros(10),), (), Code(after) if after else None)


def read(number: int, side: Side, of: Page) -> PageCompared:
    return PageCompared(number, side, account, start, end, of)


listed, returned = read(1, "there", page()), read(2, "refunds", page())
booked = read(3, "here", page())
over = (begun, listed, DriftFound(drift), returned, booked, ReconciliationEnded(1))
first_look = DriftsLookedFor(1, account, (drift,))


def test_a_window_is_over_for_an_hour_and_a_month_at_most() -> None:
    begin = BeginReconciliation(account, start, end, noon, by_clock=True)
    given(RUN).when(begin).then(begun)
    given(RUN, begun).when(begin).then_nothing()
    hour = timedelta(hours=1)
    given(RUN).when(BeginReconciliation(account, noon - 31 * day - hour, noon - hour, noon)).then(
        ReconciliationBegun(account, noon - 31 * day - hour, noon - hour, by_clock=False)
    )
    for wrong, code in (
        (BeginReconciliation(None, start, end, noon), "account_not_connected"),
        (BeginReconciliation(account, start, start, noon), "window_empty"),
        (BeginReconciliation(account, end, start, noon), "window_empty"),
        (BeginReconciliation(account, end - 32 * day, end, noon), "window_too_long"),
        (BeginReconciliation(account, start, noon, noon), "window_not_over"),
    ):
        given(RUN).when(wrong).then_rejected(code)


def test_a_page_is_recorded_once_and_in_its_turn() -> None:
    record = RecordPage(1, "there", page("pi_9"), (drift,))
    recorded = read(1, "there", page("pi_9"))
    given(RUN, begun).when(record).then(recorded, DriftFound(drift))
    given(RUN, begun, recorded, DriftFound(drift)).when(record).then_nothing()
    given(RUN, begun).when(RecordPage(2, "there", page(), ())).then_nothing()
    given(RUN, begun).when(RecordPage(1, "here", page(), ())).then_nothing()
    given(RUN).when(record).then_nothing()
    last = RecordPage(3, "here", page(), (drift,))
    there = (begun, listed, DriftFound(drift), returned)
    given(RUN, *there).when(last).then(booked, ReconciliationEnded(1))
    given(RUN, *over).when(RecordPage(4, "here", page(), ())).then_nothing()


def test_what_is_too_much_for_one_fails_with_what_was_found() -> None:
    pages = [read(number, "there", page("pi_9")) for number in range(1, MOST_PAGES)]
    most = RecordPage(MOST_PAGES, "there", page("pi_9"), ())
    too_many = ReconciliationFailed(Code("too_many"))
    given(RUN, begun, *pages).when(most).then(read(MOST_PAGES, "there", page("pi_9")), too_many)
    drifts = tuple(
        Drift(UUID(int=number), "missing_there", None, euros(0), euros(1))
        for number in range(MOST_DRIFTS)
    )
    given(RUN, begun).when(RecordPage(1, "there", page(), drifts)).then(
        listed, *map(DriftFound, drifts), too_many
    )


def test_an_account_that_may_not_be_read_fails_once() -> None:
    refused = FailReconciliation(1, Code("account_invalid"))
    failed = ReconciliationFailed(Code("account_invalid"))
    given(RUN, begun).when(refused).then(failed)
    given(RUN, begun, failed).when(refused).then_nothing()
    given(RUN, begun, listed).when(refused).then_nothing()


def test_what_differs_is_looked_at_until_it_is_settled() -> None:
    given(RUN, *over).when(LookAgain(1)).then(first_look)
    given(RUN, *over, first_look).when(LookAgain(1)).then_nothing()
    settled = RecordLook(1, (payment_id, UUID(int=8)))
    done = (DriftSettled(payment_id), DriftsStand(1, 0, is_news=False))
    given(RUN, *over, first_look).when(settled).then(*done)
    given(RUN, *over, first_look, *done).when(settled).then_nothing()
    given(RUN, *over, first_look, *done).when(LookAgain(2)).then_nothing()
    given(RUN, begun, listed, DriftFound(drift)).when(LookAgain(1)).then_nothing()


def test_of_what_stands_staff_are_told_once_and_only_where_nobody_asked() -> None:
    stands = DriftsStand(1, 1, is_news=True)
    given(RUN, *over, first_look).when(RecordLook(1, ())).then(stands)
    second = DriftsLookedFor(2, account, (drift,))
    given(RUN, *over, first_look, stands, second).when(RecordLook(2, ())).then(
        DriftsStand(2, 1, is_news=False)
    )
    asked = ReconciliationBegun(account, start, end, by_clock=False)
    given(RUN, asked, *over[1:], first_look).when(RecordLook(1, ())).then(
        DriftsStand(1, 1, is_news=False)
    )
    letter = tell_staff_of_drifts(fact(stands))
    assert letter
    assert (letter.template, letter.values) == ("payments_drift", {"drifts": 1})
    assert tell_staff_of_drifts(fact(DriftsStand(2, 1, is_news=False))) is None


def test_nothing_is_looked_at_for_ever() -> None:
    looks = [
        one
        for number in range(1, MOST_LOOKS + 1)
        for one in (
            DriftsLookedFor(number, account, (drift,)),
            DriftsStand(number, 1, is_news=False),
        )
    ]
    given(RUN, *over, *looks).when(LookAgain(MOST_LOOKS + 1)).then_nothing()


@pytest.mark.parametrize("cause", ["missing_there", "refunded_there"])
def test_only_what_succeeded_there_is_fetched_again(cause: str) -> None:
    for found in (drift, replace(drift, cause="charged_twice")):
        fetch = when_drift_found_fetch_intent(fact(DriftFound(found)))
        assert [one.action for one in fetch] == [FetchIntent(payment_id, intent)]
    other = Drift(payment_id, cause, intent, euros(10), euros(0))  # type: ignore[arg-type]  # A cause.
    assert when_drift_found_fetch_intent(fact(DriftFound(other))) == []


def test_what_is_listed_comes_before_what_is_booked() -> None:
    more, (listing,) = read(1, "there", page("pi_9")), (listed,)
    (following,) = when_page_compared_compare_next(fact(more))
    assert (following.action.number, following.action.side, following.action.after) == (  # type: ignore[attr-defined]  # The only kind of action here.
        2,
        "there",
        "pi_9",
    )
    (turning,) = when_page_compared_compare_next(fact(listing))
    assert (turning.action.side, turning.action.after) == ("refunds", None)  # type: ignore[attr-defined]  # As above.
    (last,) = when_page_compared_compare_next(fact(returned))
    assert last.action.side == "here"  # type: ignore[attr-defined]  # As above.
    assert when_page_compared_compare_next(fact(booked)) == []


def test_the_first_day_is_the_one_on_which_the_account_was_connected() -> None:
    (at,) = when_account_connected_begin_days(fact(AccountConnected(account)))
    begin = at.ask.command
    assert isinstance(begin, BeginReconciliation)
    assert begin.start == noon.replace(hour=0)
    assert begin.end == begin.start + day
    assert at.due == begin.at == begin.end + timedelta(hours=3)
    given(RUN).when(begin).then(ReconciliationBegun(account, begin.start, begin.end, by_clock=True))
    assert stream_id != at.ask.stream_id
