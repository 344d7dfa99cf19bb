from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

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
    MOST_DRIFTS,
)
from services.membership.chat_audit.events import (
    MOST_REMOVALS,
    ChatAuditBegun,
    ChatAuditRefused,
    ChatAuditScheduled,
    ChatAuditStopped,
    ChatDriftFound,
    ChatDriftSettled,
    ChatRepairApproved,
    ChatServerCompared,
    Comparison,
    Drift,
    Outcome,
)
from shared.ids import Code, PersonId
from shared.testing import given

here, there = Code("10"), Code("11")
gold, silver = Code("20"), Code("21")
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
approved = ChatRepairApproved(1, here, MOST_REMOVALS)
begun_again = ChatAuditBegun(2, by_clock=False)


def test_what_is_reported_can_be_approved_once() -> None:
    given(CHAT_AUDIT, by_staff, reported).when(ApproveRepair(1, here)).then(approved)
    again = given(CHAT_AUDIT, by_staff, reported, approved).when(ApproveRepair(1, here))
    again.then_rejected("nothing_to_approve")


def test_of_another_server_nothing_is_approved() -> None:
    for server in (there, None):
        moved = given(CHAT_AUDIT, by_staff, reported).when(ApproveRepair(1, server))
        moved.then_rejected("another_server")


def test_what_is_approved_takes_no_more_roles_than_was_told() -> None:
    many = told(1, comparison(60, MOST_REMOVALS + 9), "reported", is_news=True)
    agreed = given(CHAT_AUDIT, by_staff, many).when(ApproveRepair(1, here))
    agreed.then(ChatRepairApproved(1, here, MOST_REMOVALS + 9))


@pytest.mark.parametrize("number", [0, 2])
def test_an_audit_that_never_was_is_not_approved(number: int) -> None:
    given(CHAT_AUDIT, by_staff, reported).when(ApproveRepair(number, here)).then_rejected(
        "audit_not_found"
    )


def test_a_later_audit_takes_the_place_of_the_one_that_waited() -> None:
    still = told(2, comparison(2), "reported")
    late = given(CHAT_AUDIT, by_staff, reported, begun_again, still).when(ApproveRepair(1, here))
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


def test_the_first_look_is_not_at_once() -> None:
    assert timedelta(0) < FIRST_AFTER < EVERY


missing = Drift("role_missing", "taken_by_hand", ada, role=gold)
given_to_her = Drift("role_extra", "given_by_hand", ada, role=silver)


def looked(number: int, *drifts: Drift, mapped: tuple[Code, ...] = (gold,)) -> RecordComparison:
    return RecordComparison(number, comparison(2), noon, mapped, drifts)


def after(number: int, mapped: tuple[Code, ...] = (gold,)) -> ChatServerCompared:
    return ChatServerCompared(number, comparison(2), "reported", number == 1, mapped)


def test_each_drift_is_told_once_with_its_cause() -> None:
    first = (after(1), ChatDriftFound(1, here, missing))
    given(CHAT_AUDIT, by_staff).when(looked(1, missing)).then(*first)
    history = (by_staff, *first, begun_again)
    given(CHAT_AUDIT, *history).when(looked(2, missing)).then(after(2))
    other = replace(missing, cause="access_changed")
    given(CHAT_AUDIT, *history).when(looked(2, other)).then(after(2))


def test_a_drift_that_is_found_no_longer_is_settled_and_may_come_again() -> None:
    found, settled = ChatDriftFound(1, here, missing), ChatDriftSettled(2, here, missing)
    history = (by_staff, after(1), found, begun_again)
    given(CHAT_AUDIT, *history).when(looked(2)).then(after(2), settled)
    third = (*history, after(2), settled, ChatAuditBegun(3, by_clock=False))
    again = ChatDriftFound(3, here, missing)
    given(CHAT_AUDIT, *third).when(looked(3, missing)).then(after(3), again)


def test_a_drift_of_who_was_not_looked_at_stays_open() -> None:
    found, theirs = (ChatDriftFound(1, here, replace(missing, person_id=who)) for who in (ada, bob))
    history = (by_staff, after(1), found, theirs, begun_again)
    passed_over = replace(looked(2), skipped=(ada,))
    settled = ChatDriftSettled(2, here, theirs.drift)
    given(CHAT_AUDIT, *history).when(passed_over).then(after(2), settled)
    third = (*history, after(2), settled, ChatAuditBegun(3, by_clock=False))
    given(CHAT_AUDIT, *third).when(looked(3, missing)).then(after(3))


@pytest.mark.parametrize("skipped", [(), (ada,)])
def test_what_was_open_on_another_server_is_settled_and_told_anew(
    skipped: tuple[PersonId, ...],
) -> None:
    history = (by_staff, after(1), ChatDriftFound(1, here, missing), begun_again)
    elsewhere = comparison(2, server=there)
    changed = RecordComparison(2, elsewhere, noon, (gold,), (missing,), skipped)
    compared = ChatServerCompared(2, elsewhere, "reported", is_news=False, mapped=(gold,))
    settled, found = ChatDriftSettled(2, here, missing), ChatDriftFound(2, there, missing)
    given(CHAT_AUDIT, *history).when(changed).then(compared, settled, found)
    third = (*history, compared, settled, found, ChatAuditBegun(3, by_clock=False))
    still = replace(compared, number=3)
    given(CHAT_AUDIT, *third).when(replace(changed, number=3)).then(still)


def test_a_role_that_no_tier_led_to_at_the_last_look_is_there_by_the_rules() -> None:
    history = (by_staff, after(1), begun_again)
    caused = ChatDriftFound(2, here, replace(given_to_her, cause="mapping_changed"))
    given(CHAT_AUDIT, *history).when(looked(2, given_to_her)).then(after(2), caused)
    known = (by_staff, after(1, (gold, silver)), begun_again)
    by_hand = ChatDriftFound(2, here, given_to_her)
    given(CHAT_AUDIT, *known).when(looked(2, given_to_her)).then(after(2), by_hand)


def test_so_many_drifts_are_open_at_once_and_others_take_the_place_of_the_settled() -> None:
    crowd = [replace(missing, person_id=PersonId(UUID(int=n))) for n in range(MOST_DRIFTS + 9)]
    found = [ChatDriftFound(1, here, one) for one in crowd[:MOST_DRIFTS]]
    given(CHAT_AUDIT, by_staff).when(looked(1, *crowd)).then(after(1), *found)
    settled = ChatDriftSettled(2, here, crowd[0])
    in_its_place = ChatDriftFound(2, here, crowd[MOST_DRIFTS])
    later = given(CHAT_AUDIT, by_staff, after(1), *found, begun_again).when(looked(2, *crowd[1:]))
    later.then(after(2), settled, in_its_place)


def test_without_a_server_nothing_differs_any_more() -> None:
    found = ChatDriftFound(1, here, missing)
    stopped = given(CHAT_AUDIT, by_staff, after(1), found, begun_again).when(RecordNoServer(2))
    stopped.then(ChatDriftSettled(2, here, missing), ChatAuditStopped(2))
