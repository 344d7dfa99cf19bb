from uuid import UUID

from services.membership.chat.events import SeatNow
from services.membership.chat_audit.events import Comparison, Difference, Drift
from services.membership.chat_audit.rules.comparing import (
    MOST_LISTED,
    because,
    compared,
    drifted,
    overtaken,
    skipped,
)
from shared.ids import Code, PersonId

here = Code("10")
gold, silver, moderator = Code("20"), Code("21"), Code("22")
ada, bob = PersonId(UUID(int=1)), PersonId(UUID(int=2))
ACCOUNTS = {"ada": "account 1", "bob": "account 2", "zoe": "account 3"}
MARKS = {account: UUID(int=900 + number) for number, account in enumerate(ACCOUNTS.values())}


def seat(
    person_id: PersonId = ada,
    held: tuple[Code, ...] = (),
    wanted: tuple[Code, ...] = (),
    *,
    asks: bool = False,
    absent: bool = False,
    refused: tuple[Code, ...] = (),
    left: tuple[Code, ...] = (),
) -> tuple[SeatNow, str]:
    roles = frozenset(held), frozenset(wanted)
    now = SeatNow(person_id, 1, *roles, asks, absent, frozenset(refused), frozenset(left), 7)
    return now, f"account {person_id.int}"


def differences(*seats: tuple[SeatNow, str], **roles: tuple[Code, ...]) -> Comparison:
    """Tiers lead to gold and silver; `roles` are what Ada and Bob have there."""
    found = {ACCOUNTS[name]: frozenset(has) for name, has in roles.items()}
    return compared(here, [gold, silver], seats, found)


def drifts(*seats: tuple[SeatNow, str], **roles: tuple[Code, ...]) -> list[Drift]:
    found = {ACCOUNTS[name]: frozenset(has) for name, has in roles.items()}
    return drifted([gold, silver], seats, found, lambda account: MARKS[account])


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
    changing = seat(held=(gold,), asks=True)
    assert differences(changing, ada=()).differences == 0
    assert drifts(changing, ada=()) == []
    assert skipped([changing, seat(bob)]) == (ada,)


def test_strangers_count_if_they_have_a_tiers_role() -> None:
    found = differences(seat(), ada=(), bob=(moderator,), zoe=(silver,))
    assert (found.members, found.seats, found.strangers) == (3, 1, 1)


def test_so_many_are_listed_and_all_are_counted() -> None:
    crowd = [seat(PersonId(UUID(int=number)), held=(gold,)) for number in range(1, 301)]
    found = compared(here, [gold], crowd, {})
    assert (found.differences, len(found.found)) == (300, MOST_LISTED)


def test_what_somebody_did_by_hand_has_that_cause() -> None:
    assert drifts(seat(held=(gold,), wanted=(gold,)), ada=(silver,)) == [
        Drift("role_missing", "taken_by_hand", ada, role=gold),
        Drift("role_extra", "given_by_hand", ada, role=silver),
    ]


def test_who_left_and_who_came_back_have_no_role() -> None:
    assert drifts(seat(held=(gold, silver), wanted=(gold,))) == [
        Drift("absent", "left_server", ada)
    ]
    back = drifts(seat(wanted=(gold,), absent=True), ada=())
    assert back == [Drift("returned", "came_back", ada)]


def test_a_role_that_they_kept_when_they_unlinked_was_once_theirs_by_right() -> None:
    found = drifts(seat(left=(gold,)), ada=(gold, silver))
    assert [(one.role, one.cause) for one in found] == [
        (gold, "access_changed"),
        (silver, "given_by_hand"),
    ]


def test_a_call_that_the_vendor_refused_is_a_drift_that_no_repair_changes() -> None:
    owed, kept = (seat(wanted=(gold,), refused=(gold,)), seat(held=(gold,), refused=(gold,)))
    assert drifts(owed, ada=()) == [Drift("role_missing", "call_refused", ada, role=gold)]
    assert drifts(owed) == [Drift("role_missing", "call_refused", ada, role=gold)]
    assert drifts(kept, ada=(gold,)) == [Drift("role_extra", "call_refused", ada, role=gold)]
    assert differences(owed, ada=()).differences == differences(kept, ada=(gold,)).differences == 0
    assert drifts(owed, ada=(gold,)) == []


def test_a_stranger_is_known_by_their_mark_alone_and_by_tiers_roles() -> None:
    found = drifts(seat(), ada=(), bob=(moderator,), zoe=(silver, gold))
    mark = MARKS[ACCOUNTS["zoe"]]
    assert found == [
        Drift("role_extra", "account_unknown", None, mark, role) for role in (gold, silver)
    ]


def test_a_seat_that_does_not_follow_yet_says_what_has_changed() -> None:
    now, _ = seat(wanted=(gold,))
    assert overtaken(now, [gold], 8) is None
    assert overtaken(now, [], 7) == "access_changed"
    assert overtaken(now, [silver], 8) == "mapping_changed"


def test_what_has_changed_is_why_roles_differ_and_not_why_somebody_left() -> None:
    found = drifts(seat(held=(gold,)), seat(bob, held=(gold,)), ada=())
    causes = [(one.person_id, one.cause) for one in because(found, {ada: "access_changed"})]
    assert causes == [(ada, "access_changed"), (bob, "left_server")]
    left = because(drifts(seat(held=(gold,))), {ada: "access_changed"})
    assert [one.cause for one in left] == ["left_server"]
