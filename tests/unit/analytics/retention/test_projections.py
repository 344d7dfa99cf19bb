from datetime import timedelta
from itertools import permutations
from uuid import UUID

from services.analytics.doors import Door, count
from services.analytics.presence import Merge
from services.analytics.retention.projections import access_to, membership_of
from shared.contracts.membership_access import AccessGranted, AccessRevoked
from shared.contracts.membership_member import (
    MemberBanned,
    MemberContract,
    MemberJoined,
    MemberLeft,
    PersonErased,
)
from shared.event_store import Fact
from tests.unit.analytics.heard import ada, bob, community, heard, today

gold, paid, gift = UUID(int=60), UUID(int=61), UUID(int=62)
hour = timedelta(hours=1)
bob_into_ada = {bob: Merge(bob, community, ada, today + 5 * hour)}


def door(hours: int = 0) -> Door:
    return Door(community, community, today + hours * hour)


def gate(hours: int = 0) -> Door:
    return Door(community, gold, today + hours * hour)


def told(contract: type[MemberContract], person: UUID = ada, hours: int = 0) -> Fact:
    at = today + hours * hour
    return heard(contract(community_id=community, person_id=person, occurred_at=at), person)


def access(
    contract: type[AccessGranted | AccessRevoked],
    person: UUID = ada,
    hours: int = 0,
    reason_id: UUID = paid,
) -> Fact:
    body = contract.model_validate(
        {
            "community_id": community,
            "occurred_at": today + hours * hour,
            "person_id": person,
            "tier_id": gold,
            "reason_kind": "subscription",
            "reason_id": reason_id,
            "first": True,
            "last": True,
        }
    )
    return heard(body, person)


def members(*facts: Fact, merges: dict[UUID, Merge] | None = None) -> object:
    return count([membership_of(fact) for fact in facts], merges or {})


def entered(*facts: Fact, merges: dict[UUID, Merge] | None = None) -> object:
    return count([access_to(fact) for fact in facts], merges or {})


def test_who_joins_is_counted_in() -> None:
    assert members(told(MemberJoined), told(MemberJoined, bob)) == ({door(): 2}, {})


def test_who_leaves_is_banned_and_erased_has_left_once() -> None:
    goodbyes = told(MemberLeft, hours=1), told(MemberBanned, hours=2), told(PersonErased, hours=3)
    assert members(told(MemberJoined), *goodbyes) == ({door(): 1}, {door(1): 1})


def test_who_was_no_member_cannot_leave() -> None:
    assert members(told(PersonErased)) == ({}, {})


def test_who_comes_back_is_counted_in_again() -> None:
    facts = told(MemberJoined), told(MemberLeft, hours=1), told(MemberJoined, hours=2)
    assert members(*facts) == ({door(): 1, door(2): 1}, {door(1): 1})


def test_two_who_were_merged_joined_once_when_the_earlier_did_and_nobody_left() -> None:
    for facts in permutations([told(MemberJoined, hours=2), told(MemberJoined, bob, 1)]):
        assert members(*facts, merges=bob_into_ada) == ({door(1): 1}, {})


def test_who_was_merged_leaves_once_and_goes_as_all_that_they_are() -> None:
    joined = told(MemberJoined), told(MemberJoined, bob, 1)
    left = told(MemberLeft, hours=7), told(PersonErased, bob, 8)
    assert members(*joined, *left, merges=bob_into_ada) == ({door(): 1}, {door(7): 1})


def test_what_is_erased_of_who_was_taken_in_is_no_leaver() -> None:
    facts = told(MemberJoined), told(MemberJoined, bob, 1), told(PersonErased, bob, 8)
    assert members(*facts, merges=bob_into_ada) == ({door(): 1}, {})


def test_access_begins_with_the_first_reason_and_ends_with_the_last() -> None:
    given = access(AccessGranted), access(AccessGranted, hours=1, reason_id=gift)
    taken = access(AccessRevoked, hours=2), access(AccessRevoked, hours=3, reason_id=gift)
    assert entered(*given, *taken) == ({gate(): 1}, {gate(3): 1})


def test_each_person_has_access_of_their_own() -> None:
    assert entered(access(AccessGranted), access(AccessGranted, bob)) == ({gate(): 2}, {})


def test_what_is_handed_over_at_a_merge_is_no_move_and_ends_with_who_has_it_now() -> None:
    given = access(AccessGranted, bob, 1)
    over = access(AccessRevoked, bob, 5), access(AccessGranted, ada, 6)
    ended = access(AccessRevoked, ada, 9)
    for facts in permutations([given, *over]):
        assert entered(*facts, merges=bob_into_ada) == ({gate(1): 1}, {})
        assert entered(*facts, ended, merges=bob_into_ada) == ({gate(1): 1}, {gate(9): 1})


def test_what_ends_of_who_was_taken_in_and_is_not_handed_over_has_ended() -> None:
    facts = access(AccessGranted, bob, 1), access(AccessRevoked, bob, 6)
    assert entered(*facts, merges=bob_into_ada) == ({gate(1): 1}, {gate(6): 1})


def test_two_who_could_enter_are_one_who_can() -> None:
    facts = access(AccessGranted), access(AccessGranted, bob, 1), access(AccessRevoked, bob, 5)
    assert entered(*facts, merges=bob_into_ada) == ({gate(): 1}, {})
