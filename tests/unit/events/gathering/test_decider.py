from datetime import UTC, datetime, timedelta

import pytest

from services.events.gathering.commands import (
    CancelGathering,
    PublishGathering,
    RescheduleGathering,
)
from services.events.gathering.decider import GATHERING
from services.events.gathering.events import (
    GatheringCancelled,
    GatheringPublished,
    GatheringRescheduled,
)
from shared.ids import Label
from shared.money import Money
from shared.testing import given

today = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
doors_open = today + timedelta(days=7)
doors_close = doors_open + timedelta(hours=3)
a_day = timedelta(days=1)


def publish(
    *,
    starts_at: datetime = doors_open,
    ends_at: datetime = doors_close,
    capacity: int = 40,
    price: int = 1200,
) -> PublishGathering:
    return PublishGathering(
        Label("Spring dinner"), None, starts_at, ends_at, capacity, Money(price, "EUR"), today
    )


published = GatheringPublished(
    Label("Spring dinner"), None, doors_open, doors_close, 40, Money(1200, "EUR")
)
a_week_later = GatheringRescheduled(doors_open + 7 * a_day, doors_close + 7 * a_day)
cancelled = GatheringCancelled()


def test_a_gathering_is_published() -> None:
    given(GATHERING).when(publish()).then(published)


def test_a_gathering_may_be_free() -> None:
    given(GATHERING).when(publish(price=0)).then(
        GatheringPublished(
            Label("Spring dinner"), None, doors_open, doors_close, 40, Money(0, "EUR")
        )
    )


def test_a_gathering_is_published_once() -> None:
    given(GATHERING, published).when(publish(capacity=80)).then_nothing()


def test_a_gathering_starts_in_the_future() -> None:
    given(GATHERING).when(publish(starts_at=today)).then_rejected("starts_in_the_past")


def test_a_gathering_ends_after_it_starts() -> None:
    given(GATHERING).when(publish(ends_at=doors_open)).then_rejected("ends_before_it_starts")


@pytest.mark.parametrize("capacity", [0, 100_001])
def test_a_gathering_has_at_least_one_seat_and_no_more_than_a_stadium(capacity: int) -> None:
    given(GATHERING).when(publish(capacity=capacity)).then_rejected("capacity_out_of_range")


@pytest.mark.parametrize("price", [-1, 100_000_000])
def test_a_price_is_one_that_a_card_pays(price: int) -> None:
    given(GATHERING).when(publish(price=price)).then_rejected("price_out_of_range")


@pytest.mark.parametrize(
    "command", [RescheduleGathering(doors_open, doors_close, today), CancelGathering(today)]
)
def test_what_was_never_published_does_not_move_or_end(
    command: RescheduleGathering | CancelGathering,
) -> None:
    given(GATHERING).when(command).then_rejected("gathering_not_found")


def test_a_gathering_moves() -> None:
    given(GATHERING, published).when(
        RescheduleGathering(doors_open + 7 * a_day, doors_close + 7 * a_day, today)
    ).then(a_week_later)


def test_moving_to_where_it_is_changes_nothing() -> None:
    move = RescheduleGathering(doors_open + 7 * a_day, doors_close + 7 * a_day, today)
    given(GATHERING, published, a_week_later).when(move).then_nothing()


def test_a_gathering_does_not_move_into_the_past() -> None:
    given(GATHERING, published).when(
        RescheduleGathering(today - a_day, doors_close, today)
    ).then_rejected("starts_in_the_past")


def test_a_cancelled_gathering_does_not_move() -> None:
    given(GATHERING, published, cancelled).when(
        RescheduleGathering(doors_open + a_day, doors_close + a_day, today)
    ).then_rejected("gathering_cancelled")


def test_a_gathering_is_cancelled() -> None:
    given(GATHERING, published).when(CancelGathering(today)).then(cancelled)


def test_a_gathering_is_cancelled_once() -> None:
    given(GATHERING, published, cancelled).when(CancelGathering(today)).then_nothing()


def test_what_has_taken_place_cannot_be_cancelled() -> None:
    given(GATHERING, published).when(CancelGathering(doors_close)).then_rejected("gathering_over")


def test_a_gathering_that_moved_is_over_later() -> None:
    given(GATHERING, published, a_week_later).when(CancelGathering(doors_close)).then(cancelled)


def test_facts_about_nothing_leave_nothing() -> None:
    assert GATHERING.fold([a_week_later, cancelled]) is None
