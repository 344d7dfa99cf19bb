from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given as each
from hypothesis import strategies as st

from services.membership.activity.commands import RecordSignals
from services.membership.activity.decider import (
    ACTIVITY,
    AHEAD,
    OLDEST,
    Page,
    check_times,
    page_of,
)
from services.membership.activity.events import Signal, SignalRecorded
from shared.decider import Rejected
from shared.ids import Code, PersonId
from shared.testing import given

ada = PersonId(UUID(int=1))
community = UUID(int=2)
noon = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def signal(number: int) -> Signal:
    return Signal(UUID(int=number), ada, "comment", Code("discord"), noon)


def test_every_signal_is_recorded() -> None:
    given(ACTIVITY).when(RecordSignals((signal(1), signal(2)))).then(
        SignalRecorded(signal(1)), SignalRecorded(signal(2))
    )


def test_a_signal_counts_once_in_a_batch_and_over_batches() -> None:
    given(ACTIVITY).when(RecordSignals((signal(1), signal(1)))).then(SignalRecorded(signal(1)))
    given(ACTIVITY, SignalRecorded(signal(1))).when(RecordSignals((signal(1), signal(2)))).then(
        SignalRecorded(signal(2))
    )


def test_a_batch_that_was_sent_before_changes_nothing() -> None:
    given(ACTIVITY, SignalRecorded(signal(1))).when(RecordSignals((signal(1),))).then_nothing()


def test_of_who_wants_nothing_recorded_nothing_is_not_even_that_somebody_answered_them() -> None:
    bob = PersonId(UUID(int=9))
    answer = replace(signal(1), kind="reply", towards=bob)
    theirs = replace(signal(2), person_id=bob)
    record = RecordSignals((answer, theirs), declined=frozenset((bob,)))
    given(ACTIVITY).when(record).then(SignalRecorded(replace(answer, towards=None)))


@each(st.lists(st.uuids(), max_size=200))
def test_a_page_remembers_all_it_has_seen_in_few_sets(ids: list[UUID]) -> None:
    page = Page()
    for signal_id in ids:
        if not page.has(signal_id):
            page = page.plus(signal_id)
    assert all(page.has(signal_id) for signal_id in ids)
    assert sum(map(len, page.seen)) == len(set(ids))
    assert len(page.seen) <= len(ids).bit_length()


def test_the_hours_of_a_community_have_pages_of_their_own() -> None:
    assert page_of(community, noon) == page_of(community, noon + timedelta(minutes=59))
    assert page_of(community, noon) != page_of(community, noon + timedelta(hours=1))
    assert page_of(community, noon) != page_of(UUID(int=3), noon)


@pytest.mark.parametrize("seen_at", [noon + AHEAD * 2, noon - OLDEST * 2])
def test_what_is_too_old_or_still_to_come_is_refused_by_its_place(seen_at: datetime) -> None:
    with pytest.raises(Rejected) as refused:
        check_times((noon, seen_at), noon)
    assert refused.value.pointer == "/signals/1/seen_at"
