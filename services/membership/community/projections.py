"""The public page of a community, by the name in its address; and its staff, as of this very moment."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from services.membership.community import events
from services.membership.community.decider import COMMUNITY, Community
from services.membership.member.events import Language
from shared.auth import Principal, staff_roles
from shared.decider import NotFound
from shared.event_store import Fact
from shared.ids import AccountId, CommunityId
from shared.projection import Projection
from shared.service import Service
from shared.visibility.gate import visibility

DDL = """
CREATE TABLE communities_v3 (
    community_id uuid        PRIMARY KEY,
    slug         text        NOT NULL,
    slug_since   timestamptz NOT NULL,
    kind         text        NOT NULL,
    name         text        NOT NULL,
    colour       text        NOT NULL,
    logo         text,
    currency     text        NOT NULL,
    time_zone    text        NOT NULL,
    mode         text        NOT NULL,
    language     text        NOT NULL,
    audience     text        NOT NULL,
    accent       text
);
CREATE INDEX communities_v3_slug ON communities_v3 (slug, slug_since);
"""


@dataclass(frozen=True, slots=True)
class CommunityPage:
    community_id: CommunityId
    slug: str
    kind: events.CommunityKind
    name: str
    colour: str
    logo: str | None
    currency: str
    time_zone: str
    mode: events.Mode
    language: Language
    audience: events.Audience
    accent: str | None


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        match fact.body:
            case events.CommunityCreated() as created:
                await connection.execute(
                    "INSERT INTO communities_v3 VALUES"
                    " ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
                    fact.stream_id, created.slug, fact.at, created.kind, created.name,
                    created.brand.colour, created.brand.logo, created.currency,
                    created.time_zone, created.mode, created.language, created.audience,
                    created.brand.accent,
                )  # fmt: skip
            case events.CommunityMoved(slug):
                await _set(connection, fact, "slug = $2, slug_since = $3", slug, fact.at)
            case events.CommunityDescribed() as now:
                change = "name = $2, currency = $3, language = $4, audience = $5, time_zone = $6"
                change += ", kind = coalesce($7, kind)"
                values = now.name, now.currency, now.language, now.audience, now.time_zone, now.kind
                await _set(connection, fact, change, *values)
            case events.CommunityRebranded(brand):
                change = "colour = $2, logo = $3, accent = $4"
                await _set(connection, fact, change, brand.colour, brand.logo, brand.accent)


async def _set(connection: Any, fact: Fact, change: str, *values: object) -> None:
    await connection.execute(
        f"UPDATE communities_v3 SET {change} WHERE community_id = $1",  # noqa: S608  Words of our own.
        fact.stream_id,
        *values,
    )


COMMUNITIES = Projection(
    name="communities",
    version=3,
    ddl=DDL,
    tables=("communities_v3",),
    facts=(
        events.CommunityCreated,
        events.CommunityMoved,
        events.CommunityRebranded,
        events.CommunityDescribed,
    ),
    apply=apply,
    tenant=False,
)

STAFF_ROLES = staff_roles(events.StaffRoleGranted, events.StaffRoleRevoked)
VISIBILITY = visibility(events.CommunityCreated, events.VisibilityChosen)

_PAGE = (
    "SELECT community_id, slug, kind, name, colour, logo, currency, time_zone, mode,"
    " language, audience, accent FROM communities_v3"
)


async def page_of(connection: Any, community_id: UUID) -> CommunityPage | None:
    """The community's own page."""
    row = await connection.fetchrow(f"{_PAGE} WHERE community_id = $1", community_id)
    return CommunityPage(**row) if row else None


async def page_at(connection: Any, slug: str) -> CommunityPage | None:
    """The page at this address; the newest holder's, while a name is changing hands."""
    row = await connection.fetchrow(
        f"{_PAGE} WHERE slug = $1 ORDER BY slug_since DESC LIMIT 1", slug
    )
    return CommunityPage(**row) if row else None


async def community_now(service: Service, community_id: UUID) -> Community:
    """The community with its staff as of now, not as a read model has it; NotFound when there is none."""
    community: Community
    community, _ = await service.handler.state(COMMUNITY, community_id, community_id)
    if community.slug is None:
        raise NotFound("community_not_found", "There is no such community.")
    return community


async def spoken(service: Service, community_id: UUID, asked: Language | None) -> Language:
    """What somebody asked to be written to in; else what the community speaks."""
    return asked or (await community_now(service, community_id)).language


def acting_in(
    community_id: UUID, community: Community, account: Principal, person_id: UUID | None = None
) -> Principal:
    """The same account with all that it is in the community, so that the very next call works."""
    return replace(
        account,
        community_id=community_id,
        person_id=person_id,
        roles=community.roles_of(AccountId(account.account_id)),
        roles_version=community.roles_version,
        mode=community.mode,
    )
