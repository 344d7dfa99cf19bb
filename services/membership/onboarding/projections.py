"""Who is on the way into which tier, and how far."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from services.membership.onboarding import events
from services.membership.onboarding.decider import ONBOARDING, Onboarding, stream_of
from shared.event_store import Fact
from shared.ids import PersonId
from shared.projection import Projection
from shared.service import Service

State = Literal["on_the_way", "completed", "stopped"]

DDL = """
CREATE TABLE onboardings_v1 (
    person_id    uuid        NOT NULL,
    tier_id      uuid        NOT NULL,
    community_id uuid        NOT NULL,
    state        text        NOT NULL,
    open         text[]      NOT NULL,
    steps        int         NOT NULL,
    done         int         NOT NULL,
    missed       int         NOT NULL,
    begun_at     timestamptz NOT NULL,
    place        bigint      NOT NULL,
    PRIMARY KEY (person_id, tier_id)
);
CREATE INDEX onboardings_v1_place ON onboardings_v1 (community_id, place);
"""


@dataclass(frozen=True, slots=True)
class OnboardingRow:
    """`open` are the keys of what waits to be done; `place` is where it stands in the list, oldest first."""

    person_id: UUID
    tier_id: UUID
    state: State
    open: tuple[str, ...]
    steps: int
    done: int
    missed: int
    begun_at: datetime
    place: int


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        match fact.body:
            case events.OnboardingBegun(person_id, tier_id, _, steps):
                await connection.execute(
                    "INSERT INTO onboardings_v1 VALUES"
                    " ($1, $2, $3, 'on_the_way', '{}', $4, 0, 0, $5, $6)"
                    " ON CONFLICT (person_id, tier_id) DO UPDATE SET"
                    " (state, open, steps, done, missed, begun_at, place) = ('on_the_way', '{}',"
                    " excluded.steps, 0, 0, excluded.begun_at, excluded.place)",
                    person_id,
                    tier_id,
                    fact.community_id,
                    len(steps),
                    fact.at,
                    fact.position,
                )
            case events.StepOpened(step=step):
                await _change(connection, fact, "open = array_append(open, $3)", step.key)
            case events.StepDone(key=key) | events.StepMissed(key=key):
                what = "done" if isinstance(fact.body, events.StepDone) else "missed"
                change = f"open = array_remove(open, $3), {what} = {what} + 1"
                await _change(connection, fact, change, key)
            case events.OnboardingCompleted():
                await _change(connection, fact, "state = $3", "completed")
            case events.OnboardingStopped():
                await _change(connection, fact, "open = '{}', state = $3", "stopped")


async def _change(connection: Any, fact: Fact, change: str, value: str) -> None:
    await connection.execute(
        f"UPDATE onboardings_v1 SET {change} WHERE (person_id, tier_id) = ($1, $2)",  # noqa: S608  Words of our own.
        fact.body.person_id,
        fact.body.tier_id,
        value,
    )


ONBOARDINGS = Projection(
    name="onboardings",
    version=1,
    ddl=DDL,
    tables=("onboardings_v1",),
    facts=(
        events.OnboardingBegun,
        events.StepOpened,
        events.StepDone,
        events.StepMissed,
        events.OnboardingCompleted,
        events.OnboardingStopped,
    ),
    apply=apply,
)


async def onboarding_now(service: Service, community_id: UUID, person_id: PersonId) -> Onboarding:
    """As of now, read strongly."""
    onboarding: Onboarding
    onboarding, _ = await service.handler.state(ONBOARDING, stream_of(person_id), community_id)
    return onboarding


async def onboardings_of(
    connection: Any, community_id: UUID, *, state: str | None, after: int, limit: int
) -> list[OnboardingRow]:
    """Those who began first, first."""
    rows = await connection.fetch(
        "SELECT person_id, tier_id, state, open, steps, done, missed, begun_at, place"
        " FROM onboardings_v1 WHERE community_id = $1 AND place > $2"
        " AND ($3::text IS NULL OR state = $3) ORDER BY place LIMIT $4",
        community_id,
        after,
        state,
        limit,
    )
    return [OnboardingRow(**{**row, "open": tuple(row["open"])}) for row in rows]
