from datetime import timedelta
from uuid import UUID

from services.analytics.retention.projections import Door, Gate, count_access, count_members
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

gold = UUID(int=60)
door = Door(community, today)
gate = Gate(community, gold, today)


def told(
    contract: type[MemberContract], person: UUID = ada, after: timedelta = timedelta()
) -> Fact:
    return heard(
        contract(community_id=community, person_id=person, occurred_at=today + after), person
    )


def granted(person: UUID = ada, *, first: bool) -> Fact:
    return heard(
        AccessGranted(
            community_id=community,
            occurred_at=today,
            person_id=person,
            tier_id=gold,
            reason_kind="subscription",
            reason_id=UUID(int=61),
            first=first,
        ),
        person,
    )


def revoked(person: UUID = ada, *, last: bool) -> Fact:
    return heard(
        AccessRevoked(
            community_id=community,
            occurred_at=today,
            person_id=person,
            tier_id=gold,
            reason_kind="subscription",
            reason_id=UUID(int=61),
            last=last,
        ),
        person,
    )


def test_who_joins_is_counted_in() -> None:
    members: set[UUID] = set()
    assert count_members([told(MemberJoined), told(MemberJoined, bob)], members) == (
        {door: 2},
        {},
    )
    assert members == {ada, bob}


def test_who_leaves_is_banned_and_erased_has_left_once() -> None:
    members = {ada, bob}
    goodbyes = [told(MemberLeft), told(MemberBanned), told(PersonErased)]
    assert count_members(goodbyes, members) == ({}, {door: 1})
    assert members == {bob}


def test_who_was_no_member_cannot_leave() -> None:
    assert count_members([told(PersonErased)], set()) == ({}, {})


def test_who_comes_back_is_counted_in_again() -> None:
    facts = [told(MemberJoined), told(MemberLeft), told(MemberJoined, after=timedelta(hours=1))]
    joined, left = count_members(facts, set())
    assert joined == {door: 1, Door(community, today + timedelta(hours=1)): 1}
    assert left == {door: 1}


def test_access_begins_with_the_first_reason_and_ends_with_the_last() -> None:
    facts = [granted(first=True), granted(first=False), revoked(last=False), revoked(last=True)]
    assert count_access(facts) == ({gate: 1}, {gate: 1})


def test_each_person_has_access_of_their_own() -> None:
    assert count_access([granted(first=True), granted(bob, first=True)]) == ({gate: 2}, {})
