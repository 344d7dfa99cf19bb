"""Which organisations there are and who represents them, as membership has told it."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from shared.contracts.membership_organisation import (
    OrganisationRegistered,
    RepresentativeDismissed,
    RepresentativeNamed,
)
from shared.event_store import Fact
from shared.projection import Projection


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        match fact.body:
            case OrganisationRegistered(organisation_id=organisation_id):
                await connection.execute(
                    "INSERT INTO organisations_v1 VALUES ($1, $2) ON CONFLICT DO NOTHING",
                    organisation_id,
                    fact.community_id,
                )
            case RepresentativeNamed(organisation_id=organisation_id, person_id=person_id):
                await connection.execute(
                    "INSERT INTO organisations_v1_representatives VALUES ($1, $2, $3)"
                    " ON CONFLICT DO NOTHING",
                    organisation_id,
                    person_id,
                    fact.community_id,
                )
            case RepresentativeDismissed(organisation_id=organisation_id, person_id=person_id):
                await connection.execute(
                    "DELETE FROM organisations_v1_representatives"
                    " WHERE (organisation_id, person_id) = ($1, $2)",
                    organisation_id,
                    person_id,
                )


ORGANISATIONS = Projection(
    name="organisations",
    version=1,
    ddl="""
        CREATE TABLE organisations_v1 (
            organisation_id uuid PRIMARY KEY,
            community_id uuid NOT NULL
        );
        CREATE TABLE organisations_v1_representatives (
            organisation_id uuid NOT NULL,
            person_id uuid NOT NULL,
            community_id uuid NOT NULL,
            PRIMARY KEY (organisation_id, person_id)
        );
        CREATE INDEX organisations_v1_representatives_person
            ON organisations_v1_representatives (person_id);
    """,
    tables=("organisations_v1", "organisations_v1_representatives"),
    facts=(OrganisationRegistered, RepresentativeNamed, RepresentativeDismissed),
    apply=apply,
)


async def represented_by(connection: Any, people: Collection[UUID]) -> list[UUID]:
    """The organisations that any of these people acts for."""
    rows = await connection.fetch(
        "SELECT DISTINCT organisation_id FROM organisations_v1_representatives"
        " WHERE person_id = ANY ($1) ORDER BY organisation_id",
        people,
    )
    return [row["organisation_id"] for row in rows]


async def is_organisation(connection: Any, payer_id: UUID) -> bool:
    """Whether who pays is no person."""
    sql = "SELECT EXISTS (SELECT FROM organisations_v1 WHERE organisation_id = $1)"
    return bool(await connection.fetchval(sql, payer_id))
