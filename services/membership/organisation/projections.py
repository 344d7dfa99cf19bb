"""The organisations of a community, who represents them and who is asked to; and one of them as of now."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.membership.organisation import commands, events
from services.membership.organisation.decider import ORGANISATION, organisation_stream
from services.membership.organisation.events import Papers
from services.membership.organisation.rules.state import Organisation
from shared.decider import NotFound
from shared.event_store import Fact
from shared.ids import PLATFORM, PersonId
from shared.projection import Projection
from shared.reaction import Ask
from shared.service import Service

DDL = """
CREATE TABLE organisations_v2 (
    organisation_id     uuid        PRIMARY KEY,
    community_id        uuid        NOT NULL,
    name                text        NOT NULL,
    country             text        NOT NULL,
    registration_number text,
    vat_number          text,
    registered_at       timestamptz NOT NULL
);
CREATE INDEX organisations_v2_community ON organisations_v2 (community_id, organisation_id);
CREATE TABLE organisations_v2_representatives (
    organisation_id uuid        NOT NULL,
    person_id       uuid        NOT NULL,
    community_id    uuid        NOT NULL,
    named_at        timestamptz NOT NULL,
    PRIMARY KEY (organisation_id, person_id)
);
CREATE INDEX organisations_v2_representatives_person
    ON organisations_v2_representatives (person_id);
CREATE TABLE organisations_v2_invited (
    organisation_id uuid        NOT NULL,
    person_id       uuid        NOT NULL,
    community_id    uuid        NOT NULL,
    expires_at      timestamptz NOT NULL,
    PRIMARY KEY (person_id, organisation_id)
);
CREATE INDEX organisations_v2_invited_by ON organisations_v2_invited (organisation_id, person_id);
"""
_REGISTERED = "INSERT INTO organisations_v2 VALUES ($1, $2, $3, $4, $5, $6, $7)"
_CORRECTED = """
UPDATE organisations_v2 SET (name, country, registration_number, vat_number) = ($2, $3, $4, $5)
WHERE organisation_id = $1
"""
_NAMED = "INSERT INTO organisations_v2_representatives VALUES ($1, $2, $3, $4)"
_DISMISSED = """
DELETE FROM organisations_v2_representatives WHERE (organisation_id, person_id) = ($1, $2)
"""
_INVITED = """
INSERT INTO organisations_v2_invited VALUES ($1, $2, $3, $4)
ON CONFLICT (person_id, organisation_id) DO UPDATE SET expires_at = excluded.expires_at
"""
_ANSWERED = "DELETE FROM organisations_v2_invited WHERE (organisation_id, person_id) = ($1, $2)"
_PAGE = """
SELECT o.organisation_id, name, country, registration_number, vat_number, registered_at,
    ARRAY(SELECT r.person_id FROM organisations_v2_representatives r
        WHERE r.organisation_id = o.organisation_id ORDER BY named_at, person_id) AS representatives,
    ARRAY(SELECT i.person_id FROM organisations_v2_invited i
        WHERE i.organisation_id = o.organisation_id ORDER BY expires_at, person_id) AS invited
FROM organisations_v2 o WHERE o.community_id = $4 AND o.organisation_id > $1
AND ($2::uuid[] IS NULL OR EXISTS (SELECT FROM organisations_v2_representatives r
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
    invited: list[UUID]


@dataclass(frozen=True, slots=True)
class Naming:
    """What somebody is asked to act for, and until when they may say so."""

    organisation_id: UUID
    name: str
    country: str
    expires_at: datetime


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
            case events.RepresentativeInvited(organisation_id, person_id, expires_at=until):
                await connection.execute(
                    _INVITED, organisation_id, person_id, fact.community_id, until
                )
            case events.RepresentativeNotNamed(organisation_id, person_id):
                await connection.execute(_ANSWERED, organisation_id, person_id)
            case events.RepresentativeNamed(organisation_id, person_id):
                await connection.execute(_ANSWERED, organisation_id, person_id)
                await connection.execute(
                    _NAMED, organisation_id, person_id, fact.community_id, fact.at
                )
            case events.RepresentativeDismissed(organisation_id, person_id):
                await connection.execute(_DISMISSED, organisation_id, person_id)


def _words(papers: Papers) -> tuple[str | None, ...]:
    return papers.name, papers.country, papers.registration_number, papers.vat_number


ORGANISATIONS = Projection(
    name="organisations",
    version=2,
    ddl=DDL,
    tables=(
        "organisations_v2",
        "organisations_v2_representatives",
        "organisations_v2_invited",
    ),
    facts=(
        events.OrganisationRegistered,
        events.OrganisationCorrected,
        events.RepresentativeInvited,
        events.RepresentativeNotNamed,
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


async def namings_of(
    connection: Any, person_id: UUID, after: UUID | None, limit: int
) -> list[Naming]:
    """What the person is asked to act for and has not answered."""
    rows = await connection.fetch(
        "SELECT organisation_id, name, country, expires_at FROM organisations_v2_invited i"
        " JOIN organisations_v2 o USING (organisation_id)"
        " WHERE i.person_id = $1 AND organisation_id > $2 ORDER BY organisation_id LIMIT $3",
        person_id,
        after or PLATFORM,
        limit,
    )
    return [Naming(**row) for row in rows]


def accepting(organisation_id: UUID, person_id: PersonId, at: datetime) -> Ask:
    """The step by which a request of who was asked says yes to the organisation."""
    accept = commands.AcceptNaming(organisation_id, person_id, at)
    return Ask(ORGANISATION, organisation_stream(organisation_id), accept)


def declining(organisation_id: UUID, person_id: PersonId) -> Ask:
    """The same, for a no."""
    decline = commands.DeclineNaming(organisation_id, person_id)
    return Ask(ORGANISATION, organisation_stream(organisation_id), decline)


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
