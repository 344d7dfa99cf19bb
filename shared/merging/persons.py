"""Who is one human being with whom, as membership has told it: what a service asks when it asks whose something is."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from shared.contracts.membership_merging import MemberMerged
from shared.event_store import Fact
from shared.feature import Feature
from shared.http import Caller
from shared.projection import Projection


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    """Nobody is taken in twice."""
    await connection.executemany(
        "INSERT INTO taken_in_v1 VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        [(fact.body.taken_in, fact.body.community_id, fact.body.person_id) for fact in facts],
    )


TAKEN_IN = Projection(
    name="taken_in",
    version=1,
    ddl="""
        CREATE TABLE taken_in_v1 (
            taken_in uuid PRIMARY KEY,
            community_id uuid NOT NULL,
            person_id uuid NOT NULL
        );
        CREATE INDEX taken_in_v1_person ON taken_in_v1 (person_id);
    """,
    tables=("taken_in_v1",),
    facts=(MemberMerged,),
    apply=apply,
)

MERGED = Feature(name="merged", projections=(TAKEN_IN,))
"""What a service mounts that keeps things of people."""


async def all_of(connection: Any, person_id: UUID) -> list[UUID]:
    """Everybody the person is: themselves, and whom they have taken in."""
    rows = await connection.fetch(
        "SELECT taken_in FROM taken_in_v1 WHERE person_id = $1 ORDER BY taken_in", person_id
    )
    return [person_id, *(row["taken_in"] for row in rows)]


async def all_with(connection: Any, person_id: UUID) -> list[UUID]:
    """Everybody that whoever took the person in is; or that the person is, whom nobody did."""
    taken_in_by = await connection.fetchval(
        "SELECT person_id FROM taken_in_v1 WHERE taken_in = $1", person_id
    )
    return await all_of(connection, taken_in_by or person_id)


async def all_in(caller: Caller, community_id: UUID, person_id: UUID) -> list[UUID]:
    """Everybody the person is in a community."""
    async with caller.read(community_id) as connection:
        return await all_of(connection, person_id)
