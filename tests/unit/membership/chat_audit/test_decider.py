from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from services.membership.chat.events import SeatNow
from services.membership.chat_audit.commands import (
    ApproveRepair,
    BeginAudit,
    RecordComparison,
    RecordNoServer,
    RecordRefusal,
    ScheduleAudits,
)
from services.membership.chat_audit.decider import (
    CHAT_AUDIT,
    EVERY,
    FIRST_AFTER,
    MOST_LISTED,
    MOST_REMOVALS,
    compared,
)
from services.membership.chat_audit.events import (
    ChatAuditBegun,
    ChatAuditRefused,
    ChatAuditScheduled,
    ChatAuditStopped,
    ChatRepairApproved,
    ChatServerCompared,
    Comparison,
    Difference,
    Outcome,
)
from shared.ids import Code, PersonId
from shared.testing import given

here, there = Code("10"), Code("11")
gold, silver, moderator = Code("20"), Code("21"), Code("22")
ada, bob = PersonId(UUID(int=1)), PersonId(UUID(int=2))
noon = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
scheduled = ChatAuditScheduled(noon + FIRST_AFTER)
by_clock, by_staff = ChatAuditBegun(1, by_clock=True), ChatAuditBegun(1, by_clock=False)


def comparison(differences: int = 0, removals: int = 0, server: Code = here) -> Comparison:
    return Comparison(server, 5, 3, differences, removals, 0, ())


def told(
    number: int, found: Comparison, outcome: Outcome, *, is_news: bool = False
) -> ChatServerCompared:
    return ChatServerCompared(number, found, outcome, is_news)


def test_a_server_that_is_connected_is_looked_at_soon_and_by_one_clock() -> None:
    given(CHAT_AUDIT).when(ScheduleAudits(noon)).then(scheduled)
    given(CHAT_AUDIT, scheduled).when(ScheduleAudits(noon)).then_nothing()


def test_an_audit_begins_when_it_is_due_and_not_by_a_clock_that_was_replaced() -> None:
    given(CHAT_AUDIT, scheduled).when(BeginAudit(scheduled.due)).then(by_clock)
    given(CHAT_AUDIT, scheduled).when(BeginAudit(noon)).then_nothing()
    given(CHAT_AUDIT, scheduled, by_clock).when(BeginAudit(scheduled.due)).then_nothing()


def test_staff_look_when_they_like_but_not_twice_at_once() -> None:
    given(CHAT_AUDIT).when(BeginAudit()).then(by_staff)
    given(CHAT_AUDIT, by_staff).when(BeginAudit()).then_nothing()


def test_one_that_never_ends_does_not_keep_the_clock_from_going_on() -> None:
    second = ChatAuditBegun(2, by_clock=True)
    stale = RecordComparison(1, comparison(), noon)
    begun = given(CHAT_AUDIT, scheduled, by_staff).when(BeginAudit(scheduled.due))
    begun.then(second)
    given(CHAT_AUDIT, scheduled, by_staff, second).when(stale).then_nothing()


def test_by_the_clock_the_next_is_a_day_later() -> None:
    again = ChatAuditScheduled(noon + EVERY)
    clean = told(1, comparison(), "clean")
    record = RecordComparison(1, comparison(), noon)
    given(CHAT_AUDIT, scheduled, by_clock).when(record).then(clean, again)
    given(CHAT_AUDIT, scheduled, by_staff).when(record).then(clean)
    refused = ChatAuditRefused(1, "bot_not_on_server")
    refusal = RecordRefusal(1, "bot_not_on_server", noon)
    given(CHAT_AUDIT, scheduled, by_clock).when(refusal).then(refused, again)


def test_without_a_server_the_clock_stops_and_a_new_one_starts_it_again() -> None:
    stopped = ChatAuditStopped(1)
    given(CHAT_AUDIT, scheduled, by_clock).when(RecordNoServer(1)).then(stopped)
    history = (scheduled, by_clock, stopped)
    given(CHAT_AUDIT, *history).when(ScheduleAudits(noon)).then(scheduled)
    given(CHAT_AUDIT, *history).when(BeginAudit()).then(ChatAuditBegun(2, by_clock=False))


def test_what_differs_waits_for_somebodys_word_and_is_news_once() -> None:
    first = told(1, comparison(2), "reported", is_news=True)
    record = RecordComparison(1, comparison(2), noon)
    given(CHAT_AUDIT, by_staff).when(record).then(first)
    second = ChatAuditBegun(2, by_clock=False)
    still = told(2, comparison(2), "reported")
    record = RecordComparison(2, comparison(2), noon)
    given(CHAT_AUDIT, by_staff, first, second).when(record).then(still)


reported = told(1, comparison(2), "reported", is_news=True)
approved = ChatRepairApproved(1, here)
begun_again = ChatAuditBegun(2, by_clock=False)


def test_what_is_reported_can_be_approved_once() -> None:
    given(CHAT_AUDIT, by_staff, reported).when(ApproveRepair(1)).then(approved)
    again = given(CHAT_AUDIT, by_staff, reported, approved).when(ApproveRepair(1))
    again.then_rejected("nothing_to_approve")


@pytest.mark.parametrize("number", [0, 2])
def test_an_audit_that_never_was_is_not_approved(number: int) -> None:
    given(CHAT_AUDIT, by_staff, reported).when(ApproveRepair(number)).then_rejected(
        "audit_not_found"
    )


def test_a_later_audit_takes_the_place_of_the_one_that_waited() -> None:
    still = told(2, comparison(2), "reported")
    late = given(CHAT_AUDIT, by_staff, reported, begun_again, still).when(ApproveRepair(1))
    late.then_rejected("nothing_to_approve")


def test_a_server_that_was_approved_is_repaired_up_to_so_many_removals() -> None:
    history = (by_staff, reported, approved, begun_again)
    few, many = (comparison(40, most) for most in (MOST_REMOVALS, MOST_REMOVALS + 1))
    repairs = given(CHAT_AUDIT, *history).when(RecordComparison(2, few, noon))
    repairs.then(told(2, few, "repairing"))
    held = given(CHAT_AUDIT, *history).when(RecordComparison(2, many, noon))
    held.then(told(2, many, "held_back", is_news=True))


def test_another_server_is_only_reported_again() -> None:
    elsewhere = comparison(1, server=there)
    first = given(CHAT_AUDIT, by_staff, reported, approved, begun_again).when(
        RecordComparison(2, elsewhere, noon)
    )
    first.then(told(2, elsewhere, "reported", is_news=True))


def seat(
    person_id: PersonId = ada,
    held: tuple[Code, ...] = (),
    wanted: tuple[Code, ...] = (),
    *,
    asks: bool = False,
    absent: bool = False,
) -> tuple[SeatNow, str]:
    now = SeatNow(person_id, 1, frozenset(held), frozenset(wanted), asks, absent)
    return now, f"account {person_id.int}"


def differences(*seats: tuple[SeatNow, str], **roles: tuple[Code, ...]) -> Comparison:
    """Tiers lead to gold and silver; `roles` are what Ada and Bob have there."""
    accounts = {"ada": "account 1", "bob": "account 2", "zoe": "account 3"}
    found = {accounts[name]: frozenset(has) for name, has in roles.items()}
    return compared(here, [gold, silver], seats, found)


def test_a_seat_that_is_as_it_was_left_does_not_differ() -> None:
    assert differences(seat(held=(gold,), wanted=(gold,)), ada=(gold, moderator)).differences == 0


def test_a_role_that_was_taken_by_hand_is_missing() -> None:
    found = differences(seat(held=(gold,), wanted=(gold,)), ada=())
    assert found.found == (Difference(ada, "role_missing", gold),)
    assert found.removals == 0


def test_a_role_that_was_given_by_hand_is_too_much_if_a_tier_leads_to_it() -> None:
    found = differences(seat(wanted=(gold,)), ada=(gold, silver, moderator))
    assert found.found == (Difference(ada, "role_extra", silver),)
    assert found.removals == 1


def test_who_is_not_there_is_absent_if_they_should_have_something() -> None:
    found = differences(seat(held=(gold, silver), wanted=(gold,)), seat(bob))
    assert found.found == (Difference(ada, "absent"),)


def test_who_came_back_is_seen() -> None:
    gone = seat(wanted=(gold,), absent=True)
    assert differences(gone).differences == 0
    assert differences(gone, ada=()).found == (Difference(ada, "returned"),)


def test_a_seat_that_is_just_being_changed_is_left_alone() -> None:
    assert differences(seat(held=(gold,), asks=True), ada=()).differences == 0


def test_strangers_count_if_they_have_a_tiers_role() -> None:
    found = differences(seat(), ada=(), bob=(moderator,), zoe=(silver,))
    assert (found.members, found.seats, found.strangers) == (3, 1, 1)


def test_so_many_are_listed_and_all_are_counted() -> None:
    crowd = [seat(PersonId(UUID(int=number)), held=(gold,)) for number in range(1, 301)]
    found = compared(here, [gold], crowd, {})
    assert (found.differences, len(found.found)) == (300, MOST_LISTED)


def test_the_first_look_is_not_at_once() -> None:
    assert timedelta(0) < FIRST_AFTER < EVERY
