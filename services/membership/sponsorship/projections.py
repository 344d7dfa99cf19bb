"""The sponsorships of a community, their placements and their contacts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.membership.sponsorship import events
from services.membership.sponsorship.decider import SPONSORSHIP, Sponsorship
from services.membership.sponsorship.events import SponsorshipId
from shared.event_store import Fact
from shared.ids import Label
from shared.projection import Projection
from shared.service import Service

DDL = """
CREATE TABLE sponsorships_v1 (
    sponsorship_id uuid        PRIMARY KEY,
    community_id   uuid        NOT NULL,
    name           text        NOT NULL,
    made_at        timestamptz NOT NULL
);
CREATE INDEX sponsorships_v1_newest ON sponsorships_v1 (community_id, made_at DESC, sponsorship_id DESC);
CREATE TABLE sponsorships_v1_placements (
    sponsorship_id uuid        NOT NULL,
    community_id   uuid        NOT NULL,
    link_id        uuid        NOT NULL,
    PRIMARY KEY (sponsorship_id, link_id)
);
CREATE TABLE sponsorships_v1_contacts (
    sponsorship_id uuid        NOT NULL,
    community_id   uuid        NOT NULL,
    account_id     uuid        NOT NULL,
    PRIMARY KEY (sponsorship_id, account_id)
);
CREATE INDEX sponsorships_v1_contacts_account ON sponsorships_v1_contacts (community_id, account_id);
"""


@dataclass(frozen=True, slots=True)
class SponsorshipRow:
    sponsorship_id: UUID
    name: str
    made_at: datetime
    placements: list[UUID]
    contacts: list[UUID]


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        about = fact.stream_id, fact.community_id
        match fact.body:
            case events.SponsorshipMade(name):
                await connection.execute(
                    "INSERT INTO sponsorships_v1 VALUES ($1, $2, $3, $4)", *about, name, fact.at
                )
            case events.PlacementGiven(link_id):
                await connection.execute(
                    "INSERT INTO sponsorships_v1_placements VALUES ($1, $2, $3)", *about, link_id
                )
            case events.PlacementTaken(link_id):
                await connection.execute(
                    "DELETE FROM sponsorships_v1_placements"
                    " WHERE sponsorship_id = $1 AND link_id = $2",
                    fact.stream_id,
                    link_id,
                )
            case events.ContactNamed(account_id):
                await connection.execute(
                    "INSERT INTO sponsorships_v1_contacts VALUES ($1, $2, $3)", *about, account_id
                )
            case events.ContactDismissed(account_id):
                await connection.execute(
                    "DELETE FROM sponsorships_v1_contacts"
                    " WHERE sponsorship_id = $1 AND account_id = $2",
                    fact.stream_id,
                    account_id,
                )


SPONSORSHIPS = Projection(
    name="sponsorships",
    version=1,
    ddl=DDL,
    tables=("sponsorships_v1", "sponsorships_v1_placements", "sponsorships_v1_contacts"),
    facts=(
        events.SponsorshipMade,
        events.PlacementGiven,
        events.PlacementTaken,
        events.ContactNamed,
        events.ContactDismissed,
    ),
    apply=apply,
)


async def sponsorships_of(
    connection: Any,
    community_id: UUID,
    *,
    contact: UUID | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[SponsorshipRow]:
    """The newest before a place in this list; of one contact, or all."""
    made_at, sponsorship_id = before or (None, None)
    rows = await connection.fetch(
        "SELECT sponsorship_id, name, made_at, ARRAY(SELECT link_id FROM sponsorships_v1_placements p"
        " WHERE p.sponsorship_id = s.sponsorship_id ORDER BY 1) AS placements,"
        " ARRAY(SELECT account_id FROM sponsorships_v1_contacts c"
        " WHERE c.sponsorship_id = s.sponsorship_id ORDER BY 1) AS contacts FROM sponsorships_v1 s"
        " WHERE community_id = $1 AND ($2::uuid IS NULL OR EXISTS (SELECT FROM"
        " sponsorships_v1_contacts c WHERE c.sponsorship_id = s.sponsorship_id"
        " AND c.account_id = $2))"
        " AND ($3::timestamptz IS NULL OR (made_at, sponsorship_id) < ($3, $4::uuid))"
        " ORDER BY made_at DESC, sponsorship_id DESC LIMIT $5",
        community_id,
        contact,
        made_at,
        sponsorship_id,
        limit,
    )
    return [SponsorshipRow(**row) for row in rows]


async def sponsorships_with(connection: Any, community_id: UUID, contact: UUID) -> list[UUID]:
    """All of which this account is a contact."""
    rows = await connection.fetch(
        "SELECT sponsorship_id FROM sponsorships_v1_contacts"
        " WHERE community_id = $1 AND account_id = $2 ORDER BY sponsorship_id",
        community_id,
        contact,
    )
    return [row["sponsorship_id"] for row in rows]


async def sponsor_name(
    service: Service, community_id: UUID, sponsorship_id: SponsorshipId | None
) -> Label | None:
    """As of now, read strongly; None where the community never had such a sponsorship."""
    if sponsorship_id is None:
        return None
    sponsorship: Sponsorship
    sponsorship, _ = await service.handler.state(SPONSORSHIP, sponsorship_id, community_id)
    return sponsorship.name
