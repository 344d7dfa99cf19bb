"""How often a person did what on which day."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date
from typing import Any
from uuid import UUID

from services.membership.activity.events import Kind, SignalRecorded
from services.membership.content.events import ContentOpened
from shared.event_store import Fact
from shared.ids import PersonId
from shared.projection import Projection

DDL = """
CREATE TABLE activity_v1 (
    person_id    uuid NOT NULL,
    day          date NOT NULL,
    kind         text NOT NULL,
    community_id uuid NOT NULL,
    times        int  NOT NULL,
    PRIMARY KEY (person_id, day, kind)
);
"""

_ADD = (
    "INSERT INTO activity_v1 AS a SELECT * FROM"
    " unnest($1::uuid[], $2::date[], $3::text[], $4::uuid[], $5::int[])"
    " ON CONFLICT (person_id, day, kind) DO UPDATE SET times = a.times + excluded.times"
)


@dataclass(frozen=True, slots=True)
class Tally:
    kind: str
    times: int
    last_day: date


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    counted: Counter[tuple[UUID, date, str, UUID]] = Counter()
    for fact in facts:
        match fact.body:
            case SignalRecorded(signal):
                day = signal.seen_at.astimezone(UTC).date()
                counted[signal.person_id, day, signal.kind, fact.community_id] += 1
            case ContentOpened(person_id, _, _, day):
                counted[person_id, day, "content_opened", fact.community_id] += 1
    if counted:
        rows = [(*key, times) for key, times in sorted(counted.items())]
        await connection.execute(_ADD, *map(list, zip(*rows, strict=True)))


ACTIVITY_DAYS = Projection(
    name="activity",
    version=1,
    ddl=DDL,
    tables=("activity_v1",),
    facts=(SignalRecorded, ContentOpened),
    apply=apply,
)


async def activity_of(connection: Any, person_id: UUID, since: date) -> list[Tally]:
    """What the person did since a day, by kind."""
    rows = await connection.fetch(
        "SELECT kind, sum(times)::int AS times, max(day) AS last_day FROM activity_v1"
        " WHERE person_id = $1 AND day >= $2 GROUP BY kind ORDER BY kind",
        person_id,
        since,
    )
    return [Tally(**row) for row in rows]


async def has_done(connection: Any, person_id: UUID, kind: Kind) -> bool:
    """Whether they ever did."""
    sql = "SELECT EXISTS (SELECT FROM activity_v1 WHERE person_id = $1 AND kind = $2)"
    return bool(await connection.fetchval(sql, person_id, kind))


async def habits_of(
    connection: Any, since: Mapping[PersonId, date]
) -> Mapping[PersonId, Sequence[tuple[str, int, int]]]:
    """Of each person from their day on: of which kind, how often in one day, and on how many days so often."""
    rows = await connection.fetch(
        "SELECT person_id, kind, times, count(*)::int AS days FROM activity_v1"
        " JOIN unnest($1::uuid[], $2::date[]) AS wanted (person_id, since) USING (person_id)"
        " WHERE day >= since GROUP BY person_id, kind, times",
        list(since),
        list(since.values()),
    )
    habits: dict[PersonId, list[tuple[str, int, int]]] = defaultdict(list)
    for person_id, kind, times, days in rows:
        habits[person_id].append((kind, times, days))
    return habits
