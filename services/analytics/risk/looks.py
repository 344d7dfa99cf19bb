"""How everybody stands whom a look could move."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from services.analytics.risk.commands import Activity, SeeRisk
from services.analytics.risk.decider import lull_of
from services.analytics.risk.events import Cause
from shared.ids import PersonId

# Two who were merged are one, who did what either did and pays for what either pays.
_DAYS = """
SELECT coalesce(t.person_id, d.person_id) AS person_id,
    count(DISTINCT day) FILTER (WHERE day >= $2::date - 28)::int AS recent,
    count(DISTINCT day) FILTER (WHERE day >= $2::date - 56 AND day < $2::date - 28)::int AS before,
    count(DISTINCT day) FILTER (WHERE day >= $2::date - 112 AND day < $2::date - 28)::int AS earlier,
    $2::date - min(day) AS known
FROM risks_v1_days d LEFT JOIN taken_in_v1 t ON t.taken_in = d.person_id
WHERE d.community_id = $1 AND day < $2::date GROUP BY 1
"""
_CAUSES = """
SELECT coalesce(t.person_id, c.person_id) AS person_id, subscription_id, reason
FROM risks_v1_causes c LEFT JOIN taken_in_v1 t ON t.taken_in = c.person_id
WHERE c.community_id = $1 ORDER BY at, reason
"""
_PEOPLE = """
SELECT p.person_id, p.is_member AND t.taken_in IS NULL AS is_member, is_recorded
FROM risks_v1_people p LEFT JOIN taken_in_v1 t ON t.taken_in = p.person_id WHERE p.community_id = $1
"""


def _activity(row: Any) -> Activity:
    """What is usual is of as many windows of 28 days as are known, of at most three."""
    windows = max(1, min(3, (row["known"] - 28) // 28))
    return Activity(row["recent"], row["before"], row["earlier"] // windows, row["known"])


async def looks_at(
    connection: Any, community_id: UUID, due: datetime, *, is_watched: bool
) -> list[SeeRisk]:
    """Of everybody whom a look could move; whoever else stands where they stood costs nothing."""
    today = due.astimezone(UTC).date()
    people = {row["person_id"]: row for row in await connection.fetch(_PEOPLE, community_id)}
    causes: dict[UUID, list[Cause]] = defaultdict(list)
    for row in await connection.fetch(_CAUSES, community_id):
        causes[row["person_id"]].append(Cause(row["subscription_id"], row["reason"]))
    days = await connection.fetch(_DAYS, community_id, today)
    activity = {row["person_id"]: _activity(row) for row in days}
    noticed = await connection.fetch(
        "SELECT person_id FROM risks_v1 WHERE community_id = $1", community_id
    )
    less = {person for person, seen in activity.items() if lull_of(seen, None)}
    looked_at = causes.keys() | less | {row["person_id"] for row in noticed}

    def looks() -> Iterator[SeeRisk]:
        for person_id in sorted(looked_at):
            person = people.get(person_id)
            yield SeeRisk(
                PersonId(person_id),
                tuple(causes[person_id]),
                activity.get(person_id, Activity()),
                is_member=person is not None and person["is_member"],
                is_watched=is_watched,
                is_recorded=person is None or person["is_recorded"],
            )

    return list(looks())
