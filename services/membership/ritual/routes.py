"""Promising what recurs, saying what became of it, and showing what is to come and how many promises were kept."""

from datetime import date, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from services.membership.access.projections import standing_now
from services.membership.community.projections import community_now
from services.membership.member.projections import known_among, standing_of
from services.membership.ritual import commands
from services.membership.ritual.decider import RITUAL, Phase, is_for
from services.membership.ritual.events import Plan, SkipReason
from services.membership.ritual.projections import (
    Coming,
    Kept,
    OccurrenceRow,
    RitualRow,
    coming_of,
    kept_of,
    occurrences_of,
    rituals_of,
)
from services.membership.tier.events import TierId
from services.membership.tiers_named import unknown_tiers
from services.membership.zones import TimeZone
from shared.decider import NotFound
from shared.http import Body, Caller, Page, Written, by_moment, needs, paging
from shared.ids import Code, Label, PersonId
from shared.problem import Problem, error
from shared.reaction import Ask
from shared.visibility.gate import Visitor

router = APIRouter()

Staff = Annotated[Caller, needs("rituals.write")]
Reader = Annotated[Caller, needs("rituals.read")]
Days = Annotated[int, Query(ge=1, le=92)]


class DescribeRitual(Body):
    """`rule` is an RFC 5545 RRULE of FREQ (DAILY, WEEKLY, MONTHLY), INTERVAL, BYDAY and BYMONTHDAY.

    The `time_zone` of its wall clock stays what it is where none is named, and is the community's at first.
    """

    name: str = Field(min_length=1, max_length=200)
    rule: str = Field(max_length=200)
    local_time: str = Field(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$")
    starts_on: date
    until: date | None = None
    grace_hours: int = 24
    tiers: tuple[UUID, ...] = Field(default=(), max_length=50)
    public: bool = False
    reminded: bool = False
    time_zone: TimeZone | None = None


class Hold(Body):
    attended: int | None = Field(default=None, ge=0)
    people: tuple[UUID, ...] = Field(default=(), max_length=500)


class Skip(Body):
    reason: SkipReason


class Ritual(BaseModel):
    ritual_id: UUID
    plan: Plan
    phase: Phase
    promised_at: datetime
    kept: list[Kept]


class Rituals(BaseModel):
    """`kept` of all together; each has its own."""

    items: list[Ritual]
    kept: list[Kept]


class Occurrences(BaseModel):
    items: list[OccurrenceRow]
    next: str | None


class ComingOccurrence(BaseModel):
    """`skipped` tells why it will not take place."""

    ritual_id: UUID
    name: str
    day: date
    planned_at: datetime
    time_zone: str
    for_tiers: tuple[UUID, ...]
    skipped: SkipReason | None


class ComingOccurrences(BaseModel):
    items: list[ComingOccurrence]


@router.post("/rituals", status_code=201, operation_id="promise_ritual")
async def promise_ritual(body: DescribeRitual, caller: Staff) -> Written:
    ritual_id = caller.new_id("ritual")
    plan = await _plan(caller, body)
    others = sum(ritual.phase != "ended" for ritual in await _rituals(caller))
    promise = commands.PromiseRitual(plan, others, caller.now)
    return await caller.ask(Ask(RITUAL, ritual_id, promise), ritual_id=ritual_id)


@router.put("/rituals/{ritual_id}", operation_id="change_ritual")
async def change_ritual(ritual_id: UUID, body: DescribeRitual, caller: Staff) -> Written:
    """From the next occurrence on; what has begun keeps its plan."""
    ritual = await caller.state(RITUAL, ritual_id)
    zone = ritual.plan.time_zone if ritual.plan else None
    change = commands.ChangeRitual(await _plan(caller, body, zone), caller.now)
    return await caller.ask(Ask(RITUAL, ritual_id, change), ritual_id=ritual_id)


@router.post("/rituals/{ritual_id}/pause", operation_id="pause_ritual")
async def pause_ritual(ritual_id: UUID, caller: Staff) -> Written:
    return await caller.ask(Ask(RITUAL, ritual_id, commands.PauseRitual(caller.now)))


@router.post("/rituals/{ritual_id}/resumption", operation_id="resume_ritual")
async def resume_ritual(ritual_id: UUID, caller: Staff) -> Written:
    return await caller.ask(Ask(RITUAL, ritual_id, commands.ResumeRitual(caller.now)))


@router.post("/rituals/{ritual_id}/end", operation_id="end_ritual")
async def end_ritual(ritual_id: UUID, caller: Staff) -> Written:
    return await caller.ask(Ask(RITUAL, ritual_id, commands.EndRitual(caller.now)))


@router.post("/rituals/{ritual_id}/occurrences/{day}/held", operation_id="hold_occurrence")
async def hold_occurrence(ritual_id: UUID, day: date, body: Hold, caller: Staff) -> Written:
    """How many attended, or who; each who is named has taken part."""
    await _check_people(caller, body.people)
    people = tuple(PersonId(person_id) for person_id in body.people)
    hold = commands.HoldOccurrence(day, body.attended, people, caller.now)
    return await caller.ask(Ask(RITUAL, ritual_id, hold))


@router.post("/rituals/{ritual_id}/occurrences/{day}/skip", operation_id="skip_occurrence")
async def skip_occurrence(ritual_id: UUID, day: date, body: Skip, caller: Staff) -> Written:
    """Announced before it begins: neither kept nor missed."""
    skip = commands.SkipOccurrence(day, body.reason, caller.now)
    return await caller.ask(Ask(RITUAL, ritual_id, skip))


@router.get("/rituals", operation_id="list_rituals")
async def list_rituals(caller: Reader) -> Rituals:
    """All of them, and how many promises were kept in the last 30, 90 and 365 days."""
    async with caller.read() as connection:
        rows = await rituals_of(connection, caller.community_id)
        together, each = await kept_of(connection, caller.community_id, caller.now)
    items = [
        Ritual(
            ritual_id=row.ritual_id,
            plan=row.plan,
            phase=row.phase,
            promised_at=row.promised_at,
            kept=each.get(row.ritual_id, []),
        )
        for row in rows
    ]
    return Rituals(items=items, kept=together)


@router.get("/rituals/{ritual_id}/occurrences", operation_id="list_occurrences")
async def list_occurrences(
    ritual_id: UUID, caller: Reader, page: Annotated[Page, Depends(paging)]
) -> Occurrences:
    """What was planned and what became of it, the newest first."""
    if ritual_id not in {ritual.ritual_id for ritual in await _rituals(caller)}:
        raise NotFound("ritual_not_found", "There is no such ritual.")
    async with caller.read() as connection:
        rows = await occurrences_of(connection, ritual_id, page.cursor(by_moment), page.limit + 1)
    return Occurrences(**page.answer(rows, lambda row: f"{row.planned_at.isoformat()} {ritual_id}"))


@router.get("/rituals/upcoming", operation_id="list_upcoming")
async def list_upcoming(
    caller: Annotated[Caller, needs("person")], days: Days = 31
) -> ComingOccurrences:
    """What the person is promised in the next days, the next first."""
    person_id = PersonId(caller.person_id)
    access = await standing_now(caller.service, caller.community_id, person_id)
    member = await standing_of(caller.service, caller.community_id, person_id)
    before = caller.now + timedelta(days=days)
    async with caller.read() as connection:
        rows = await coming_of(connection, caller.community_id, caller.now, before)
    return _shown(rows, is_member=member == "joined", tiers=access.tiers)


@router.get("/public/communities/{community_id}/rituals", operation_id="list_public_upcoming")
async def list_public_upcoming(
    community_id: UUID, caller: Visitor, days: Days = 31
) -> ComingOccurrences:
    """What everybody may know of, the next first."""
    before = caller.now + timedelta(days=days)
    async with caller.read(community_id) as connection:
        rows = await coming_of(connection, community_id, caller.now, before)
    return _shown(rows, is_member=False, tiers=frozenset())


def _shown(rows: list[Coming], *, is_member: bool, tiers: frozenset[TierId]) -> ComingOccurrences:
    shown = [
        ComingOccurrence(
            ritual_id=row.ritual_id,
            name=row.plan.name,
            day=row.day,
            planned_at=row.planned_at,
            time_zone=row.plan.time_zone,
            for_tiers=row.plan.tiers,
            skipped=row.reason,
        )
        for row in rows
        if is_for(row.plan, is_member=is_member, tiers=tiers)
    ]
    return ComingOccurrences(items=shown)


async def _rituals(caller: Caller) -> list[RitualRow]:
    async with caller.read() as connection:
        return await rituals_of(connection, caller.community_id)


async def _plan(caller: Caller, body: DescribeRitual, zone: Code | None = None) -> Plan:
    """What is described, by the wall clock of the zone it was promised in, once all its tiers are known to exist."""
    named = ((f"/tiers/{number}", tier_id) for number, tier_id in enumerate(body.tiers))
    _refuse(await unknown_tiers(caller, named))
    community = await community_now(caller.service, caller.community_id)
    return Plan(
        Label(body.name),
        Code(body.rule),
        Code(body.local_time),
        Code(body.time_zone) if body.time_zone else zone or community.time_zone,
        body.starts_on,
        body.until,
        body.grace_hours,
        tuple(TierId(tier_id) for tier_id in body.tiers),
        body.public,
        body.reminded,
    )


async def _check_people(caller: Caller, people: tuple[UUID, ...]) -> None:
    async with caller.read() as connection:
        known = await known_among(connection, set(people))
    _refuse(
        [
            error("person_not_found", "There is no such person.", f"/people/{number}")
            for number, person_id in enumerate(people)
            if person_id not in known
        ]
    )


def _refuse(wrong: list[dict[str, Any]]) -> None:
    if wrong:
        raise Problem(422, "invalid_request", "It names what does not exist.", errors=wrong)
