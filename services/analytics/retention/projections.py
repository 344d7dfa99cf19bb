"""Who is a member, and how access to tiers was given and taken."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from pydantic import BaseModel

from services.analytics.community.projections import quarter_hour
from services.analytics.days import Window
from shared.contracts.membership_access import AccessGranted, AccessRevoked
from shared.contracts.membership_member import (
    MemberBanned,
    MemberJoined,
    MemberLeft,
    PersonErased,
)
from shared.event_store import Fact
from shared.projection import Projection


class Door(NamedTuple):
    """Where people are counted in and out."""

    community_id: UUID
    slot: datetime


def count_members(facts: Sequence[Fact], members: set[UUID]) -> tuple[Counter[Door], Counter[Door]]:
    """How many joined and left by door; `members` are left as they are after the facts.

    Who leaves, is banned and is then erased has left once.
    """
    joined, left = Counter[Door](), Counter[Door]()
    for fact in facts:
        person_id, door = fact.body.person_id, Door(fact.body.community_id, quarter_hour(fact.at))
        is_member = isinstance(fact.body, MemberJoined)
        if is_member and person_id not in members:
            members.add(person_id)
            joined[door] += 1
        elif not is_member and person_id in members:
            members.remove(person_id)
            left[door] += 1
    return joined, left


async def apply_members(connection: Any, facts: Sequence[Fact]) -> None:
    people = {fact.body.person_id: fact.body.community_id for fact in facts}
    rows = await connection.fetch(
        "SELECT person_id FROM members_v1 WHERE person_id = ANY ($1)", list(people)
    )
    before = {row["person_id"] for row in rows}
    after = set(before)
    joined, left = count_members(facts, after)
    await connection.executemany(
        "INSERT INTO members_v1 VALUES ($1, $2)",
        [(person_id, people[person_id]) for person_id in sorted(after - before)],
    )
    await connection.execute(
        "DELETE FROM members_v1 WHERE person_id = ANY ($1)", list(before - after)
    )
    await connection.executemany(
        "INSERT INTO members_v1_doors VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (community_id, slot) DO UPDATE"
        " SET joined = members_v1_doors.joined + excluded.joined,"
        " gone = members_v1_doors.gone + excluded.gone",
        [(*door, joined[door], left[door]) for door in sorted(joined.keys() | left.keys())],
    )


MEMBERS = Projection(
    name="members",
    version=1,
    ddl="""
        CREATE TABLE members_v1 (
            person_id uuid PRIMARY KEY,
            community_id uuid NOT NULL
        );
        CREATE TABLE members_v1_doors (
            community_id uuid NOT NULL,
            slot timestamptz NOT NULL,
            joined int NOT NULL,
            gone int NOT NULL,
            PRIMARY KEY (community_id, slot)
        )
    """,
    tables=("members_v1", "members_v1_doors"),
    facts=(MemberJoined, MemberLeft, MemberBanned, PersonErased),
    apply=apply_members,
)


class Gate(NamedTuple):
    """Where access to a tier is counted."""

    community_id: UUID
    tier_id: UUID
    slot: datetime


def count_access(facts: Sequence[Fact]) -> tuple[Counter[Gate], Counter[Gate]]:
    """How often access began and ended by gate; a second reason for the same access counts for nothing."""
    given, taken = Counter[Gate](), Counter[Gate]()
    for fact in facts:
        gate = Gate(fact.body.community_id, fact.body.tier_id, quarter_hour(fact.at))
        match fact.body:
            case AccessGranted(first=True):
                given[gate] += 1
            case AccessRevoked(last=True):
                taken[gate] += 1
    return given, taken


async def apply_access(connection: Any, facts: Sequence[Fact]) -> None:
    given, taken = count_access(facts)
    await connection.executemany(
        "INSERT INTO access_v1 VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (community_id, tier_id, slot) DO UPDATE"
        " SET given = access_v1.given + excluded.given, taken = access_v1.taken + excluded.taken",
        [(*gate, given[gate], taken[gate]) for gate in sorted(given.keys() | taken.keys())],
    )


ACCESS = Projection(
    name="access",
    version=1,
    ddl="""
        CREATE TABLE access_v1 (
            community_id uuid NOT NULL,
            tier_id uuid NOT NULL,
            slot timestamptz NOT NULL,
            given int NOT NULL,
            taken int NOT NULL,
            PRIMARY KEY (community_id, tier_id, slot)
        )
    """,
    tables=("access_v1",),
    facts=(AccessGranted, AccessRevoked),
    apply=apply_access,
)


class MembersOnDay(BaseModel):
    day: date
    joined: int
    left: int


class Members(BaseModel):
    """`end` is `start` plus those who joined less those who left, were banned or were erased."""

    start: int
    joined: int
    left: int
    end: int
    days: list[MembersOnDay]


async def members_of(connection: Any, community_id: UUID, window: Window) -> Members:
    start = await connection.fetchval(
        "SELECT coalesce(sum(joined - gone), 0)::int FROM members_v1_doors"
        " WHERE community_id = $1 AND slot < $2",
        community_id, window.start,
    )  # fmt: skip
    rows = await connection.fetch(
        "SELECT (slot AT TIME ZONE $4)::date AS day, sum(joined)::int AS joined,"
        " sum(gone)::int AS gone FROM members_v1_doors"
        " WHERE community_id = $1 AND slot >= $2 AND slot < $3 GROUP BY 1 ORDER BY 1",
        community_id, window.start, window.end, window.time_zone,
    )  # fmt: skip
    days = [MembersOnDay(day=row["day"], joined=row["joined"], left=row["gone"]) for row in rows]
    joined, left = sum(day.joined for day in days), sum(day.left for day in days)
    return Members(start=start, joined=joined, left=left, end=start + joined - left, days=days)


class AccessOnDay(BaseModel):
    day: date
    tier_id: UUID
    given: int
    taken: int


class TierAccess(BaseModel):
    tier_id: UUID
    live: int


class Access(BaseModel):
    """`live` is how many people can enter each tier at the end of the window."""

    tiers: list[TierAccess]
    days: list[AccessOnDay]


async def access_of(connection: Any, community_id: UUID, window: Window) -> Access:
    tiers = await connection.fetch(
        "SELECT tier_id, sum(given - taken)::int AS live FROM access_v1"
        " WHERE community_id = $1 AND slot < $2 GROUP BY 1 ORDER BY 1",
        community_id, window.end,
    )  # fmt: skip
    days = await connection.fetch(
        "SELECT (slot AT TIME ZONE $4)::date AS day, tier_id, sum(given)::int AS given,"
        " sum(taken)::int AS taken FROM access_v1"
        " WHERE community_id = $1 AND slot >= $2 AND slot < $3 GROUP BY 1, 2 ORDER BY 1, 2",
        community_id, window.start, window.end, window.time_zone,
    )  # fmt: skip
    return Access(
        tiers=[TierAccess(**row) for row in tiers], days=[AccessOnDay(**row) for row in days]
    )
