"""The organisations of a community and who represents them; and one of them as of now."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.membership.organisation import events
from services.membership.organisation.decider import (
    ORGANISATION,
    Organisation,
    organisation_stream,
)
from services.membership.organisation.events import Papers
from shared.decider import NotFound
from shared.event_store import Fact
from shared.ids import PLATFORM
from shared.projection import Projection
from shared.service import Service

DDL = """
CREATE TABLE organisations_v1 (
    organisation_id     uuid        PRIMARY KEY,
    community_id        uuid        NOT NULL,
    name                text        NOT NULL,
    country             text        NOT NULL,
    registration_number text,
    vat_number          text,
    registered_at       timestamptz NOT NULL
);
CREATE INDEX organisations_v1_community ON organisations_v1 (community_id, organisation_id);
CREATE TABLE organisations_v1_representatives (
    organisation_id uuid        NOT NULL,
    person_id       uuid        NOT NULL,
    community_id    uuid        NOT NULL,
    named_at        timestamptz NOT NULL,
    PRIMARY KEY (organisation_id, person_id)
);
CREATE INDEX organisations_v1_representatives_person
    ON organisations_v1_representatives (person_id);
"""
_REGISTERED = "INSERT INTO organisations_v1 VALUES ($1, $2, $3, $4, $5, $6, $7)"
_CORRECTED = """
UPDATE organisations_v1 SET (name, country, registration_number, vat_number) = ($2, $3, $4, $5)
WHERE organisation_id = $1
"""
_NAMED = "INSERT INTO organisations_v1_representatives VALUES ($1, $2, $3, $4)"
_DISMISSED = """
DELETE FROM organisations_v1_representatives WHERE (organisation_id, person_id) = ($1, $2)
"""
_PAGE = """
SELECT o.organisation_id, name, country, registration_number, vat_number, registered_at,
    ARRAY(SELECT r.person_id FROM organisations_v1_representatives r
        WHERE r.organisation_id = o.organisation_id ORDER BY named_at, person_id) AS representatives
FROM organisations_v1 o WHERE o.community_id = $4 AND o.organisation_id > $1
AND ($2::uuid[] IS NULL OR EXISTS (SELECT FROM organisations_v1_representatives r
    WHERE r.organisation_id = o.organisation_id AND r.person_id = ANY ($2)))
ORDER BY o.organisation_id LIMIT $3
"""


@dataclass(frozen=True, slots=True)
class ListedOrganisation:
    organisation_id: UUID
    name: str
    country: str
    registration_number: str | None
    vat_number: str | None
    registered_at: datetime
    representatives: list[UUID]


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        match fact.body:
            case events.OrganisationRegistered(organisation_id, papers):
                words = _words(papers)
                await connection.execute(
                    _REGISTERED, organisation_id, fact.community_id, *words, fact.at
                )
            case events.OrganisationCorrected(organisation_id, papers):
                await connection.execute(_CORRECTED, organisation_id, *_words(papers))
            case events.RepresentativeNamed(organisation_id, person_id):
                await connection.execute(
                    _NAMED, organisation_id, person_id, fact.community_id, fact.at
                )
            case events.RepresentativeDismissed(organisation_id, person_id):
                await connection.execute(_DISMISSED, organisation_id, person_id)


def _words(papers: Papers) -> tuple[str | None, ...]:
    return papers.name, papers.country, papers.registration_number, papers.vat_number


ORGANISATIONS = Projection(
    name="organisations",
    version=1,
    ddl=DDL,
    tables=("organisations_v1", "organisations_v1_representatives"),
    facts=(
        events.OrganisationRegistered,
        events.OrganisationCorrected,
        events.RepresentativeNamed,
        events.RepresentativeDismissed,
    ),
    apply=apply,
)


async def organisations_after(
    connection: Any,
    community_id: UUID,
    after: UUID | None,
    limit: int,
    people: Collection[UUID] | None = None,
) -> list[ListedOrganisation]:
    """Those of the community, or those of them that these people represent."""
    rows = await connection.fetch(_PAGE, after or PLATFORM, people, limit, community_id)
    return [ListedOrganisation(**row) for row in rows]


async def organisation_by_id(
    connection: Any, community_id: UUID, organisation_id: UUID
) -> ListedOrganisation:
    """NotFound when the community has no such organisation."""
    sql = _PAGE.replace("o.organisation_id > $1", "o.organisation_id = $1")
    row = await connection.fetchrow(sql, organisation_id, None, 1, community_id)
    if row is None:
        raise NotFound("organisation_not_found", "There is no such organisation.")
    return ListedOrganisation(**row)


async def registered_at(service: Service, payer_id: UUID) -> datetime | None:
    """Since when it is known; None where the id is a person's."""
    told = await service.store.read_stream(organisation_stream(payer_id))
    return told[0].at if told else None


async def organisation_now(service: Service, community_id: UUID, payer_id: UUID) -> Organisation:
    """Who acts for it as of now; nobody, and no papers, where the id is a person's."""
    organisation: Organisation
    stream_id = organisation_stream(payer_id)
    organisation, _ = await service.handler.state(ORGANISATION, stream_id, community_id)
    return organisation
