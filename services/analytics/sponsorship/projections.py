"""Which campaigns a sponsorship is behind, and which accounts see what they bring."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from shared.contracts.membership_sponsorship import (
    ContactDismissed,
    ContactNamed,
    PlacementGiven,
    PlacementTaken,
)
from shared.event_store import Fact
from shared.projection import Projection

DDL = """
CREATE TABLE sponsorships_v1_placements (
    sponsorship_id uuid NOT NULL,
    community_id   uuid NOT NULL,
    link_id        uuid NOT NULL,
    PRIMARY KEY (sponsorship_id, link_id)
);
CREATE TABLE sponsorships_v1_contacts (
    sponsorship_id uuid NOT NULL,
    community_id   uuid NOT NULL,
    account_id     uuid NOT NULL,
    PRIMARY KEY (sponsorship_id, account_id)
);
CREATE INDEX sponsorships_v1_contacts_account ON sponsorships_v1_contacts (community_id, account_id);
"""


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    """The facts of a sponsorship come in their order: they are of one stream."""
    for fact in facts:
        match fact.body:
            case PlacementGiven(sponsorship_id=sponsorship_id, link_id=link_id):
                await connection.execute(
                    "INSERT INTO sponsorships_v1_placements VALUES ($1, $2, $3)"
                    " ON CONFLICT DO NOTHING",
                    sponsorship_id, fact.community_id, link_id,
                )  # fmt: skip
            case PlacementTaken(sponsorship_id=sponsorship_id, link_id=link_id):
                await connection.execute(
                    "DELETE FROM sponsorships_v1_placements"
                    " WHERE sponsorship_id = $1 AND link_id = $2",
                    sponsorship_id, link_id,
                )  # fmt: skip
            case ContactNamed(sponsorship_id=sponsorship_id, account_id=account_id):
                await connection.execute(
                    "INSERT INTO sponsorships_v1_contacts VALUES ($1, $2, $3)"
                    " ON CONFLICT DO NOTHING",
                    sponsorship_id, fact.community_id, account_id,
                )  # fmt: skip
            case ContactDismissed(sponsorship_id=sponsorship_id, account_id=account_id):
                await connection.execute(
                    "DELETE FROM sponsorships_v1_contacts"
                    " WHERE sponsorship_id = $1 AND account_id = $2",
                    sponsorship_id, account_id,
                )  # fmt: skip


SPONSORSHIPS = Projection(
    name="sponsorships",
    version=1,
    ddl=DDL,
    tables=("sponsorships_v1_placements", "sponsorships_v1_contacts"),
    facts=(PlacementGiven, PlacementTaken, ContactNamed, ContactDismissed),
    apply=apply,
)


async def placements_seen_by(
    connection: Any, community_id: UUID, account_id: UUID
) -> dict[UUID, list[UUID]]:
    """The placements of each sponsorship whose contact the account is."""
    rows = await connection.fetch(
        "SELECT sponsorship_id, ARRAY(SELECT link_id FROM sponsorships_v1_placements p"
        " WHERE p.sponsorship_id = c.sponsorship_id ORDER BY 1) AS placements"
        " FROM sponsorships_v1_contacts c WHERE community_id = $1 AND account_id = $2 ORDER BY 1",
        community_id,
        account_id,
    )
    return {row["sponsorship_id"]: row["placements"] for row in rows}
