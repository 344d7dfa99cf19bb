"""Who has a seat in a community's groups, and what there waits for somebody to act."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from services.membership.group.events import GroupId
from services.membership.group_seat import events
from services.membership.group_seat.decider import GROUP_SEAT, GroupSeat, stream_of
from shared.event_store import Fact
from shared.ids import PersonId
from shared.personal_value import Sealed
from shared.projection import Projection
from shared.service import Service

TaskKind = Literal["removal", "invite"]

SENTENCES: Mapping[events.Problem, str] = {
    "number_refused": "WhatsApp does not take this number: give another.",
    "number_unreachable": "WhatsApp does not reach this number: see that it is on WhatsApp, or give another.",
    "messages_stopped": "You have told WhatsApp to stop our messages: enter from the app.",
    "held_back": "WhatsApp held the message back: enter from the app, or ask for it again tomorrow.",
    "no_word": "WhatsApp never said whether it sent the message: enter from the app, or ask for it again.",
}
REMOVAL = "WhatsApp lets no program do this: take them out of the group in the app, then say that you have."

DDL = """
CREATE TABLE group_seats_v2 (
    person_id    uuid PRIMARY KEY,
    community_id uuid NOT NULL,
    number       jsonb,
    withdrawn    boolean NOT NULL DEFAULT false
);
CREATE INDEX group_seats_v2_community ON group_seats_v2 (community_id);
CREATE TABLE group_seats_v2_tasks (
    person_id    uuid        NOT NULL,
    group_id     uuid        NOT NULL,
    kind         text        NOT NULL,
    community_id uuid        NOT NULL,
    problem      text,
    since        timestamptz NOT NULL,
    place        bigint      NOT NULL,
    PRIMARY KEY (person_id, group_id, kind)
);
CREATE INDEX group_seats_v2_tasks_place ON group_seats_v2_tasks (community_id, place);
"""


@dataclass(frozen=True, slots=True)
class Task:
    """`place` is where it stands in the list, oldest first; `number` the person's last one."""

    person_id: PersonId
    group_id: GroupId
    kind: TaskKind
    problem: events.Problem | None
    since: datetime
    place: int
    number: Sealed | None


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        match fact.body:
            case events.GroupSeatWanted() | events.NumberGiven():
                await _seat(connection, fact)
            case events.NumberReleased(person_id):
                await connection.execute(
                    "UPDATE group_seats_v2 SET number = NULL WHERE person_id = $1", person_id
                )
                await _drop(connection, person_id)
            case events.NumberWithdrawn(person_id):
                await connection.execute(
                    "UPDATE group_seats_v2 SET withdrawn = true WHERE person_id = $1", person_id
                )
                await _drop(connection, person_id, "invite")
            case events.GroupInvitesRetried(person_id):
                await _drop(connection, person_id, "invite")
            case events.GroupInviteStuck(_, _, group_id, problem):
                await _add(connection, fact, group_id, "invite", problem)
            case events.GroupRemovalDue(_, _, group_id):
                await _add(connection, fact, group_id, "removal")
            case events.GroupInviteDelivered(person_id, _, group_id):
                await _drop(connection, person_id, "invite", group_id)
            case events.GroupRemovalCalledOff(person_id, group_id) | events.RemovedFromGroup(
                person_id, group_id
            ):
                await _drop(connection, person_id, "removal", group_id)


async def _seat(connection: Any, fact: Fact) -> None:
    """What is stuck is sent again by a new number, and is nobody's task where the person may not enter."""
    person_id = fact.body.person_id
    await connection.execute(
        "INSERT INTO group_seats_v2 VALUES ($1, $2) ON CONFLICT DO NOTHING",
        person_id,
        fact.community_id,
    )
    match fact.body:
        case events.NumberGiven(_, _, number):
            await connection.execute(
                "UPDATE group_seats_v2 SET number = $2, withdrawn = false WHERE person_id = $1",
                person_id,
                number.to_json(),
            )
            await _drop(connection, person_id, "invite")
        case events.GroupSeatWanted(_, groups, open_groups):
            await connection.execute(
                "DELETE FROM group_seats_v2_tasks WHERE person_id = $1 AND NOT"
                " group_id = ANY (CASE kind WHEN 'removal' THEN $2::uuid[] ELSE $3::uuid[] END)",
                person_id,
                list(open_groups),
                list(groups),
            )


async def _add(
    connection: Any,
    fact: Fact,
    group_id: GroupId,
    kind: TaskKind,
    problem: events.Problem | None = None,
) -> None:
    await connection.execute(
        "INSERT INTO group_seats_v2_tasks VALUES ($1, $2, $3, $4, $5, $6, $7)"
        " ON CONFLICT (person_id, group_id, kind) DO UPDATE"
        " SET (problem, since, place) = (excluded.problem, excluded.since, excluded.place)",
        fact.body.person_id,
        group_id,
        kind,
        fact.community_id,
        problem,
        fact.at,
        fact.position,
    )


async def _drop(
    connection: Any,
    person_id: PersonId,
    kind: TaskKind | None = None,
    group_id: GroupId | None = None,
) -> None:
    await connection.execute(
        "DELETE FROM group_seats_v2_tasks WHERE person_id = $1"
        " AND ($2::text IS NULL OR kind = $2) AND ($3::uuid IS NULL OR group_id = $3)",
        person_id,
        kind,
        group_id,
    )


GROUP_SEATS = Projection(
    name="group_seats",
    version=2,
    ddl=DDL,
    tables=("group_seats_v2", "group_seats_v2_tasks"),
    facts=(
        events.GroupSeatWanted,
        events.NumberGiven,
        events.NumberWithdrawn,
        events.NumberReleased,
        events.GroupInvitesRetried,
        events.GroupInviteStuck,
        events.GroupInviteDelivered,
        events.GroupRemovalDue,
        events.GroupRemovalCalledOff,
        events.RemovedFromGroup,
    ),
    apply=apply,
)


async def group_seat_now(service: Service, community_id: UUID, person_id: PersonId) -> GroupSeat:
    """A person's seat as of now, read strongly."""
    seat: GroupSeat
    seat, _ = await service.handler.state(GROUP_SEAT, stream_of(person_id), community_id)
    return seat


async def group_seats_of(connection: Any, community_id: UUID) -> list[PersonId]:
    """Everybody who has or had a seat."""
    rows = await connection.fetch(
        "SELECT person_id FROM group_seats_v2 WHERE community_id = $1", community_id
    )
    return [PersonId(row["person_id"]) for row in rows]


async def tasks_of(
    connection: Any, community_id: UUID, *, kind: str | None, after: int, limit: int
) -> list[Task]:
    """What waits for somebody to act, oldest first."""
    rows = await connection.fetch(
        "SELECT t.person_id, group_id, kind, problem, since, place, number"
        " FROM group_seats_v2_tasks t JOIN group_seats_v2 s USING (person_id)"
        " WHERE t.community_id = $1 AND place > $2 AND ($3::text IS NULL OR kind = $3)"
        " ORDER BY place LIMIT $4",
        community_id,
        after,
        kind,
        limit,
    )
    return [
        Task(**{**row, "number": row["number"] and Sealed.from_json(row["number"])}) for row in rows
    ]


async def numbers_given(connection: Any, community_id: UUID) -> set[PersonId]:
    """Everybody in the community who may be written to at a number."""
    rows = await connection.fetch(
        "SELECT person_id FROM group_seats_v2"
        " WHERE community_id = $1 AND number IS NOT NULL AND NOT withdrawn",
        community_id,
    )
    return {PersonId(row["person_id"]) for row in rows}
