"""Who is a member, and how access to tiers was given and taken."""

from datetime import date
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from services.analytics.days import Window
from services.analytics.doors import doors
from services.analytics.presence import Move
from shared.contracts.membership_access import AccessGranted, AccessRevoked
from shared.contracts.membership_member import (
    MemberBanned,
    MemberJoined,
    MemberLeft,
    PersonErased,
)
from shared.event_store import Fact


def membership_of(fact: Fact) -> Move:
    """Who leaves, is banned and is then erased has left once: they were there for one reason."""
    body: MemberJoined | MemberLeft | MemberBanned | PersonErased = fact.body
    place, begins = fact.community_id, isinstance(body, MemberJoined)
    return Move(place, place, body.person_id, place, fact.at, fact.version, begins)


def access_to(fact: Fact) -> Move:
    body: AccessGranted | AccessRevoked = fact.body
    begins = isinstance(body, AccessGranted)
    return Move(
        fact.community_id,
        body.tier_id,
        body.person_id,
        body.reason_id,
        fact.at,
        fact.version,
        begins,
    )


MEMBERS = doors("members", 2, (MemberJoined, MemberLeft, MemberBanned, PersonErased), membership_of)
ACCESS = doors("access", 2, (AccessGranted, AccessRevoked), access_to)


class MembersOnDay(BaseModel):
    day: date
    joined: int
    left: int


class Members(BaseModel):
    """`end` is `start` plus those who joined less those who left, were banned or were erased; who merged is one."""

    start: int
    joined: int
    left: int
    end: int
    days: list[MembersOnDay]


async def members_of(connection: Any, community_id: UUID, window: Window) -> Members:
    start = await connection.fetchval(
        "SELECT coalesce(sum(came - gone), 0)::int FROM members_v2_doors"
        " WHERE community_id = $1 AND slot < $2",
        community_id, window.start,
    )  # fmt: skip
    rows = await connection.fetch(
        "SELECT (slot AT TIME ZONE $4)::date AS day, sum(came)::int AS came,"
        " sum(gone)::int AS gone FROM members_v2_doors"
        " WHERE community_id = $1 AND slot >= $2 AND slot < $3"
        " GROUP BY 1 HAVING sum(came) > 0 OR sum(gone) > 0 ORDER BY 1",
        community_id, window.start, window.end, window.time_zone,
    )  # fmt: skip
    days = [MembersOnDay(day=row["day"], joined=row["came"], left=row["gone"]) for row in rows]
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
        "SELECT place AS tier_id, sum(came - gone)::int AS live FROM access_v2_doors"
        " WHERE community_id = $1 AND slot < $2 GROUP BY 1 ORDER BY 1",
        community_id, window.end,
    )  # fmt: skip
    days = await connection.fetch(
        "SELECT (slot AT TIME ZONE $4)::date AS day, place AS tier_id,"
        " sum(came)::int AS given, sum(gone)::int AS taken FROM access_v2_doors"
        " WHERE community_id = $1 AND slot >= $2 AND slot < $3"
        " GROUP BY 1, 2 HAVING sum(came) > 0 OR sum(gone) > 0 ORDER BY 1, 2",
        community_id, window.start, window.end, window.time_zone,
    )  # fmt: skip
    return Access(
        tiers=[TierAccess(**row) for row in tiers], days=[AccessOnDay(**row) for row in days]
    )
