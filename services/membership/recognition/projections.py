"""Who stands at which level, who rose to it lately, and what everybody's activity is worth today."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from services.membership import ladder
from services.membership.activity.projections import habits_of
from services.membership.member.events import MemberLeft, PersonErased
from services.membership.member.projections import standings_of
from services.membership.recognition import events
from services.membership.recognition.commands import LookAtScore
from services.membership.recognition.decider import (
    RECOGNITION,
    Forecast,
    Recognition,
    foretell,
    stream_of,
)
from services.membership.recognition.events import Badge
from services.membership.recognition_rules.events import Rules
from shared.decider import members
from shared.event_store import Fact
from shared.ids import PersonId
from shared.projection import Projection
from shared.service import Service

AT_ONCE = 1_000

DDL = """
CREATE TABLE recognitions_v1 (
    person_id    uuid        PRIMARY KEY,
    community_id uuid        NOT NULL,
    level        text,
    label        text,
    rank         int         NOT NULL DEFAULT 0,
    tiers        uuid[]      NOT NULL DEFAULT '{}',
    since        timestamptz,
    ends_at      timestamptz,
    declined     boolean     NOT NULL DEFAULT false,
    left_on      date,
    rules        int         NOT NULL DEFAULT 0
);
CREATE INDEX recognitions_v1_highest ON recognitions_v1 (community_id, rank DESC, person_id DESC);
"""


@dataclass(frozen=True, slots=True)
class RecognitionRow:
    """`now` is the person's state as far as it decides; nothing up to the day `left_on` counts."""

    now: Recognition
    left_on: date | None


@dataclass(frozen=True, slots=True)
class Holder:
    person_id: PersonId
    badge: Badge
    since: datetime
    ends_at: datetime | None


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        match fact.body:
            case PersonErased(person_id) | events.LevelLost(person_id, cause="erased"):
                await connection.execute(
                    "DELETE FROM recognitions_v1 WHERE person_id = $1", person_id
                )
            case _:
                await _put(connection, fact, *_changed(fact))


def _changed(fact: Fact) -> tuple[PersonId, dict[str, object]]:
    """Whose row it is, and the columns that are others now."""
    changed: dict[str, object] = {"ends_at": None}
    match fact.body:
        case MemberLeft():
            return PersonId(fact.stream_id), {"left_on": fact.at.astimezone(UTC).date()}
        case (
            events.LevelReached(badge=held, rules=rules) | events.LevelLost(left=held, rules=rules)
        ):
            changed |= {"since": fact.at, **_held(held, rules)}
        case events.LevelRevised(badge=held, rules=rules):
            changed = _held(held, rules)
        case events.LevelEndangered(ends_at=ends_at):
            changed = {"ends_at": ends_at}
        case events.RecognitionDeclined():
            changed = {"declined": True}
        case events.RecognitionWelcomed():
            changed = {"declined": False}
    return fact.body.person_id, changed


def _held(badge: Badge | None, rules: int) -> dict[str, object]:
    if badge is None:
        return {"level": None, "label": None, "rank": 0, "tiers": (), "rules": rules}
    return {**asdict(badge), "rules": rules}


async def _put(
    connection: Any, fact: Fact, person_id: PersonId, columns: Mapping[str, object]
) -> None:
    names = ", ".join(columns)
    values = ", ".join(f"${number}" for number in range(3, 3 + len(columns)))
    new = ", ".join(f"excluded.{name}" for name in columns)
    await connection.execute(
        f"INSERT INTO recognitions_v1 (person_id, community_id, {names}) VALUES ($1, $2, {values})"  # noqa: S608  Columns of our own.
        f" ON CONFLICT (person_id) DO UPDATE SET ({names}) = ROW ({new})",
        person_id,
        fact.community_id,
        *columns.values(),
    )


RECOGNITIONS = Projection(
    name="recognitions",
    version=1,
    ddl=DDL,
    tables=("recognitions_v1",),
    facts=(*members(events.RecognitionEvent), MemberLeft, PersonErased),
    apply=apply,
)


async def rows_of(connection: Any, community_id: UUID) -> dict[PersonId, RecognitionRow]:
    """Of everybody who ever had a level, declined to have one, or left."""
    rows = await connection.fetch(
        "SELECT * FROM recognitions_v1 WHERE community_id = $1", community_id
    )
    return {
        PersonId(row["person_id"]): RecognitionRow(
            Recognition(_badge(row), row["ends_at"], row["declined"], rules=row["rules"]),
            row["left_on"],
        )
        for row in rows
    }


def _badge(row: Any) -> Badge | None:
    held = row["level"], row["label"], row["rank"], tuple(row["tiers"])
    return Badge(*held) if row["rank"] else None


async def left_on(connection: Any, person_id: PersonId) -> date | None:
    """The day on which the person last left; None for who never did."""
    day: date | None = await connection.fetchval(
        "SELECT left_on FROM recognitions_v1 WHERE person_id = $1", person_id
    )
    return day


async def holders_of(
    connection: Any,
    community_id: UUID,
    *,
    level: str | None = None,
    before: tuple[int, UUID] | None = None,
    limit: int | None = None,
) -> list[Holder]:
    """Who holds a level, the highest before a place in this list."""
    rank, person_id = before or (None, None)
    rows = await connection.fetch(
        "SELECT * FROM recognitions_v1 WHERE community_id = $1 AND rank > 0"
        " AND ($2::text IS NULL OR level = $2)"
        " AND ($3::int IS NULL OR (rank, person_id) < ($3, $4::uuid))"
        " ORDER BY rank DESC, person_id DESC LIMIT $5",
        community_id,
        level,
        rank,
        person_id,
        limit,
    )
    return [
        Holder(row["person_id"], badge, row["since"], row["ends_at"])
        for row in rows
        if (badge := _badge(row))
    ]


async def labels_of(connection: Any, people: Collection[UUID]) -> dict[UUID, str]:
    """What the level of each is called who has one."""
    rows = await connection.fetch(
        "SELECT person_id, label FROM recognitions_v1 WHERE person_id = ANY ($1) AND rank > 0",
        list(people),
    )
    return {row["person_id"]: row["label"] for row in rows}


async def scores_of(
    connection: Any, rules: Rules, today: date, people: Mapping[PersonId, date | None]
) -> dict[PersonId, int]:
    """The points of each, given the day on which they last left; of whoever has none, 0."""
    everybody = list(people)
    scores: dict[PersonId, int] = {}
    for begin in range(0, len(everybody), AT_ONCE):
        some = everybody[begin : begin + AT_ONCE]
        since = {person: ladder.first_day(rules, today, people[person]) for person in some}
        habits = await habits_of(connection, since)
        scores |= {person: ladder.score(rules, habits.get(person, ())) for person in some}
    return scores


async def looks_at_everybody(
    connection: Any, community_id: UUID, rules: Rules, version: int, at: datetime, *, by_rules: bool
) -> list[tuple[LookAtScore, Recognition]]:
    """What is to be decided on all members and whoever else has a level, beside where they stand as the table knows."""
    standings = await standings_of(connection, community_id, since=None, before=None)
    rows = await rows_of(connection, community_id)
    joined = {person_id for person_id, standing in standings.items() if standing == "joined"}
    holders = {person_id for person_id, row in rows.items() if row.now.badge}
    people = {
        person_id: rows[person_id].left_on if person_id in rows else None
        for person_id in sorted(joined | holders)
    }
    scores = await scores_of(connection, rules, at.astimezone(UTC).date(), people)
    return [
        (
            LookAtScore(
                person_id, standings.get(person_id, "erased"), score, rules, version, by_rules, at
            ),
            rows[person_id].now if person_id in rows else Recognition(),
        )
        for person_id, score in scores.items()
    ]


async def foretold(
    connection: Any, community_id: UUID, rules: Rules, version: int, at: datetime
) -> Forecast:
    """What rules would do if they were written at that moment."""
    return foretell(
        await looks_at_everybody(connection, community_id, rules, version, at, by_rules=True)
    )


async def recognition_now(service: Service, community_id: UUID, person_id: UUID) -> Recognition:
    """As of now, read strongly."""
    recognition: Recognition
    stream = stream_of(person_id)
    recognition, _ = await service.handler.state(RECOGNITION, stream, community_id)
    return recognition
