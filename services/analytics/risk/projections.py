"""Who is at risk; and what a look goes by: what subscriptions say, and on which days somebody did something."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from services.analytics.risk import events
from services.analytics.risk.commands import Activity, SeeRisk
from services.analytics.risk.decider import lull_of
from services.analytics.risk.events import Cause
from shared.contracts.billing_subscription import (
    CancellationScheduled,
    CancellationWithdrawn,
    SubscriptionEnded,
    SubscriptionPastDue,
    SubscriptionRecovered,
)
from shared.contracts.membership_activity import ActivityRecorded
from shared.contracts.membership_activity_choice import ActivityDeclined, ActivityWelcomed
from shared.contracts.membership_member import MemberBanned, MemberJoined, MemberLeft, PersonErased
from shared.event_store import Fact
from shared.ids import PersonId
from shared.projection import Projection

DDL = """
CREATE TABLE risks_v1 (
    person_id    uuid        PRIMARY KEY,
    community_id uuid        NOT NULL,
    reasons      text[]      NOT NULL,
    recent       int,
    usual        int,
    since        timestamptz NOT NULL
);
CREATE INDEX risks_v1_community ON risks_v1 (community_id, person_id);
CREATE TABLE risks_v1_causes (
    subscription_id uuid        NOT NULL,
    reason          text        NOT NULL,
    community_id    uuid        NOT NULL,
    person_id       uuid        NOT NULL,
    at              timestamptz NOT NULL,
    PRIMARY KEY (subscription_id, reason)
);
CREATE INDEX risks_v1_causes_community ON risks_v1_causes (community_id);
CREATE TABLE risks_v1_days (
    community_id uuid NOT NULL,
    person_id    uuid NOT NULL,
    day          date NOT NULL,
    PRIMARY KEY (person_id, day)
);
CREATE INDEX risks_v1_days_community ON risks_v1_days (community_id, day);
CREATE TABLE risks_v1_people (
    person_id    uuid    PRIMARY KEY,
    community_id uuid    NOT NULL,
    is_member    boolean NOT NULL DEFAULT false,
    is_recorded  boolean NOT NULL DEFAULT true
);
CREATE INDEX risks_v1_people_community ON risks_v1_people (community_id);
"""
ENDS: Mapping[type, tuple[str, ...]] = {
    SubscriptionRecovered: ("payment_failing",),
    CancellationWithdrawn: ("leaving",),
    SubscriptionEnded: ("payment_failing", "leaving"),
}


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        match fact.body:
            case SubscriptionPastDue(subscription_id=subscription_id):
                await _note(connection, fact, subscription_id, "payment_failing")
            case CancellationScheduled(subscription_id=subscription_id):
                await _note(connection, fact, subscription_id, "leaving")
            case SubscriptionRecovered() | CancellationWithdrawn() | SubscriptionEnded() as ended:
                await _drop(connection, ended.subscription_id, ENDS[type(ended)])
            case ActivityRecorded(person_id=person_id, occurred_at=at):
                await connection.execute(
                    "INSERT INTO risks_v1_days VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                    fact.community_id, person_id, at.astimezone(UTC).date(),
                )  # fmt: skip
            case ActivityDeclined() | ActivityWelcomed() as chosen:
                await _choose(connection, fact, chosen)
            case MemberJoined() | MemberLeft() | MemberBanned() | PersonErased():
                await _move(connection, fact)
            case events.AtRiskSeen() as seen:
                await _see(connection, fact, seen)
            case events.RiskOver(person_id):
                await connection.execute("DELETE FROM risks_v1 WHERE person_id = $1", person_id)


async def _note(connection: Any, fact: Fact, subscription_id: UUID, reason: str) -> None:
    await connection.execute(
        "INSERT INTO risks_v1_causes VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
        subscription_id, reason, fact.community_id, fact.body.person_id, fact.at,
    )  # fmt: skip


async def _move(connection: Any, fact: Fact) -> None:
    await _person(connection, fact, "is_member", value=isinstance(fact.body, MemberJoined))
    if isinstance(fact.body, PersonErased):
        await _forget_days(connection, fact.body.person_id)


async def _choose(connection: Any, fact: Fact, chosen: ActivityDeclined | ActivityWelcomed) -> None:
    """What was recorded before says nothing of who is recorded no more."""
    declined = isinstance(chosen, ActivityDeclined)
    if declined:
        await _forget_days(connection, chosen.person_id)
    await _person(connection, fact, "is_recorded", value=not declined)


async def _forget_days(connection: Any, person_id: UUID) -> None:
    await connection.execute("DELETE FROM risks_v1_days WHERE person_id = $1", person_id)


async def _drop(connection: Any, subscription_id: UUID, reasons: Sequence[str]) -> None:
    await connection.execute(
        "DELETE FROM risks_v1_causes WHERE subscription_id = $1 AND reason = ANY ($2)",
        subscription_id,
        list(reasons),
    )


async def _person(connection: Any, fact: Fact, column: str, *, value: bool) -> None:
    await connection.execute(
        f"INSERT INTO risks_v1_people (person_id, community_id, {column}) VALUES ($1, $2, $3)"  # noqa: S608  A word of ours.
        f" ON CONFLICT (person_id) DO UPDATE SET {column} = excluded.{column}",
        fact.body.person_id,
        fact.community_id,
        value,
    )


async def _see(connection: Any, fact: Fact, seen: events.AtRiskSeen) -> None:
    lull = seen.lull
    reasons = [cause.reason for cause in seen.causes] + (["doing_less"] if lull else [])
    await connection.execute(
        "INSERT INTO risks_v1 VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (person_id) DO UPDATE"
        " SET (reasons, recent, usual) = (excluded.reasons, excluded.recent, excluded.usual)",
        seen.person_id, fact.community_id, list(dict.fromkeys(reasons)),
        lull.recent if lull else None, lull.usual if lull else None, fact.at,
    )  # fmt: skip


RISKS = Projection(
    name="risks",
    version=1,
    ddl=DDL,
    tables=("risks_v1", "risks_v1_causes", "risks_v1_days", "risks_v1_people"),
    facts=(
        SubscriptionPastDue, CancellationScheduled, *ENDS, ActivityRecorded, ActivityDeclined,
        ActivityWelcomed, MemberJoined, MemberLeft, MemberBanned, PersonErased, events.AtRiskSeen,
        events.RiskOver,
    ),
    apply=apply,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class RiskRow:
    person_id: UUID
    reasons: list[str]
    recent: int | None
    usual: int | None
    since: datetime


async def risks_of(
    connection: Any, community_id: UUID, after: UUID | None, limit: int
) -> list[RiskRow]:
    """Who is at risk, by their ids; whoever is no member, or somebody else by now, has no membership to end."""
    rows = await connection.fetch(
        "SELECT person_id, reasons, recent, usual, since"
        " FROM risks_v1 r JOIN risks_v1_people p USING (person_id)"
        " WHERE r.community_id = $1 AND ($2::uuid IS NULL OR person_id > $2) AND p.is_member"
        " AND NOT EXISTS (SELECT FROM taken_in_v1 WHERE taken_in = p.person_id)"
        " ORDER BY person_id LIMIT $3",
        community_id,
        after,
        limit,
    )
    return [RiskRow(**row) for row in rows]


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
