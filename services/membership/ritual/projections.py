"""The rituals of a community, what became of their occurrences, and how many promises were kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from pydantic import TypeAdapter

from services.membership.ritual import events
from services.membership.ritual.decider import Phase, is_for, moments
from services.membership.ritual.events import Plan, SkipReason
from services.membership.tier.events import TierId
from shared.event_store import Fact
from shared.ids import Label
from shared.projection import Projection

_PLAN = TypeAdapter(Plan)

PERIODS = (30, 90, 365)

DDL = """
CREATE TABLE rituals_v1 (
    ritual_id    uuid        PRIMARY KEY,
    community_id uuid        NOT NULL,
    plan         text        NOT NULL,
    phase        text        NOT NULL,
    promised_at  timestamptz NOT NULL
);
CREATE INDEX rituals_v1_community ON rituals_v1 (community_id, promised_at, ritual_id);
CREATE TABLE rituals_v1_occurrences (
    ritual_id    uuid        NOT NULL,
    day          date        NOT NULL,
    community_id uuid        NOT NULL,
    planned_at   timestamptz NOT NULL,
    closes_at    timestamptz,
    standing     text        NOT NULL,
    reason       text,
    attended     int,
    corrected    boolean     NOT NULL DEFAULT false,
    PRIMARY KEY (ritual_id, day)
);
CREATE INDEX rituals_v1_occurrences_community ON rituals_v1_occurrences (community_id, planned_at);
"""

Standing = Literal["planned", "begun", "held", "skipped", "missed"]


@dataclass(frozen=True, slots=True)
class RitualRow:
    ritual_id: UUID
    plan: Plan
    phase: Phase
    promised_at: datetime


@dataclass(frozen=True, slots=True)
class OccurrenceRow:
    """`closes_at` until when it must be said that it was held; `corrected` when that was said after it was missed."""

    day: date
    planned_at: datetime
    closes_at: datetime | None
    standing: Standing
    reason: SkipReason | None
    attended: int | None
    corrected: bool


@dataclass(frozen=True, slots=True)
class Coming:
    """One to come, by the rule of its ritual; `reason` when it will be skipped."""

    ritual_id: UUID
    plan: Plan
    day: date
    planned_at: datetime
    reason: SkipReason | None


@dataclass(frozen=True, slots=True)
class Kept:
    """Of what was promised in so many days until now; what was skipped beforehand is neither.

    `percent` is a whole number, halves rounded up; None when nothing was promised.
    """

    days: int
    kept: int
    missed: int
    percent: int | None


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        for statement, *values in _changes(fact):
            await connection.execute(statement, fact.stream_id, *values)


_Change = tuple[str, *tuple[object, ...]]


def _changes(fact: Fact) -> list[_Change]:
    match fact.body:
        case events.RitualPromised(plan):
            insert = "INSERT INTO rituals_v1 VALUES ($1, $2, $3, 'running', $4)"
            return [(insert, fact.community_id, _PLAN.dump_json(plan).decode(), fact.at)]
        case events.RitualChanged(plan):
            change = "UPDATE rituals_v1 SET plan = $2 WHERE ritual_id = $1"
            return [(change, _PLAN.dump_json(plan).decode()), _CALL_OFF]
        case events.RitualPaused():
            return [(_PHASE, "paused"), _CALL_OFF]
        case events.RitualResumed():
            return [(_PHASE, "running")]
        case events.RitualEnded():
            return [(_PHASE, "ended"), _CALL_OFF]
        case _:
            return [_occurrence(fact)]


_PHASE = "UPDATE rituals_v1 SET phase = $2 WHERE ritual_id = $1"
_CALL_OFF = ("DELETE FROM rituals_v1_occurrences WHERE ritual_id = $1 AND standing = 'planned'",)
_INSERT = (
    "INSERT INTO rituals_v1_occurrences"
    " (ritual_id, day, community_id, planned_at, closes_at, standing, reason)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (ritual_id, day) DO UPDATE"
    " SET (planned_at, closes_at, standing, reason)"
    " = (excluded.planned_at, excluded.closes_at, excluded.standing, excluded.reason)"
)
_UPDATE, _ITS = "UPDATE rituals_v1_occurrences SET", "WHERE (ritual_id, day) = ($1, $2)"


def _occurrence(fact: Fact) -> _Change:
    match fact.body:
        case events.OccurrencePlanned(on, planned_at, closes_at):
            return _INSERT, on, fact.community_id, planned_at, closes_at, "planned", None
        case events.OccurrenceSkipped(on, planned_at, reason):
            return _INSERT, on, fact.community_id, planned_at, None, "skipped", reason
        case events.OccurrenceBegan(on):
            return f"{_UPDATE} standing = 'begun' {_ITS}", on
        case events.OccurrenceHeld(on, _, attended, _, corrected):
            held = "standing = 'held', attended = $3, corrected = $4"
            return f"{_UPDATE} {held} {_ITS}", on, attended, corrected
        case missed:
            return f"{_UPDATE} standing = 'missed' {_ITS}", missed.on


RITUALS = Projection(
    name="rituals",
    version=1,
    ddl=DDL,
    tables=("rituals_v1", "rituals_v1_occurrences"),
    facts=(
        events.RitualPromised,
        events.RitualChanged,
        events.RitualPaused,
        events.RitualResumed,
        events.RitualEnded,
        events.OccurrencePlanned,
        events.OccurrenceBegan,
        events.OccurrenceSkipped,
        events.OccurrenceHeld,
        events.OccurrenceMissed,
    ),
    apply=apply,
)


async def rituals_of(connection: Any, community_id: UUID) -> list[RitualRow]:
    """Every ritual, what has ended too, the oldest first."""
    rows = await connection.fetch(
        "SELECT ritual_id, plan, phase, promised_at FROM rituals_v1"
        " WHERE community_id = $1 ORDER BY promised_at, ritual_id",
        community_id,
    )
    return [
        RitualRow(
            row["ritual_id"], _PLAN.validate_json(row["plan"]), row["phase"], row["promised_at"]
        )
        for row in rows
    ]


async def coming_of(
    connection: Any, community_id: UUID, after: datetime, before: datetime
) -> list[Coming]:
    """What falls due in this time by the rules that run, the next first; what will be skipped too."""
    rows = await connection.fetch(
        "SELECT ritual_id, day, planned_at, reason FROM rituals_v1_occurrences"
        " WHERE community_id = $1 AND (planned_at > $2 AND standing = 'skipped'"
        " OR planned_at BETWEEN $3 AND $2)",
        community_id,
        after,
        after - timedelta(days=2),
    )
    said = {(row["ritual_id"], row["day"]): row for row in rows}
    found = [
        Coming(ritual.ritual_id, ritual.plan, day, planned_at, row["reason"] if row else None)
        for ritual in await rituals_of(connection, community_id)
        if ritual.phase == "running"
        for day, planned_at in moments(ritual.plan, after, before)
        # Where a change moves it to later on the same day, that day has had its occurrence.
        if (row := said.get((ritual.ritual_id, day))) is None or row["reason"]
    ]
    return sorted(found, key=lambda coming: (coming.planned_at, coming.ritual_id))


async def occurrences_of(
    connection: Any, ritual_id: UUID, before: tuple[datetime, UUID] | None, limit: int
) -> list[OccurrenceRow]:
    """What was planned of one ritual and what became of it, the newest first."""
    rows = await connection.fetch(
        "SELECT day, planned_at, closes_at, standing, reason, attended, corrected"
        " FROM rituals_v1_occurrences WHERE ritual_id = $1"
        " AND ($2::timestamptz IS NULL OR planned_at < $2) ORDER BY planned_at DESC LIMIT $3",
        ritual_id,
        before and before[0],
        limit,
    )
    return [OccurrenceRow(**row) for row in rows]


async def occurrence_for(
    connection: Any, ritual_id: UUID, day: date, *, is_member: bool, tiers: frozenset[TierId]
) -> tuple[Label, Standing, datetime, bool] | None:
    """What one occurrence is called, what became of it, when it was planned for, and whether it was for who asks."""
    row = await connection.fetchrow(
        "SELECT plan, standing, planned_at FROM rituals_v1 JOIN rituals_v1_occurrences"
        " USING (ritual_id) WHERE (ritual_id, day) = ($1, $2)",
        ritual_id,
        day,
    )
    if row is None:
        return None
    plan = _PLAN.validate_json(row["plan"])
    is_theirs = is_for(plan, is_member=is_member, tiers=tiers)
    return plan.name, row["standing"], row["planned_at"], is_theirs


async def kept_of(
    connection: Any, community_id: UUID, now: datetime
) -> tuple[list[Kept], dict[UUID, list[Kept]]]:
    """For each of the periods: of all rituals together, and of each."""
    together: list[Kept] = []
    each: dict[UUID, list[Kept]] = {}
    for period in PERIODS:
        rows = await connection.fetch(
            "SELECT ritual_id, count(*) FILTER (WHERE standing = 'held') AS kept,"
            " count(*) FILTER (WHERE standing = 'missed') AS missed FROM rituals_v1_occurrences"
            " WHERE community_id = $1 AND planned_at > $2 GROUP BY ritual_id",
            community_id,
            now - timedelta(days=period),
        )
        for row in rows:
            each.setdefault(row["ritual_id"], []).append(_kept(period, row["kept"], row["missed"]))
        kept, missed = (sum(row[name] for row in rows) for name in ("kept", "missed"))
        together.append(_kept(period, kept, missed))
    return together, each


def _kept(period: int, kept: int, missed: int) -> Kept:
    promised = kept + missed
    percent = (200 * kept + promised) // (2 * promised) if promised else None
    return Kept(period, kept, missed, percent)
