"""The links of a community, and how often each was followed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.membership.link import events
from services.membership.link.decider import LINK, Link
from services.membership.link.events import LinkId, LinkKind
from shared.event_store import Fact
from shared.projection import Projection
from shared.service import Service

DDL = """
CREATE TABLE links_v1 (
    link_id      uuid        PRIMARY KEY,
    community_id uuid        NOT NULL,
    slug         text        NOT NULL,
    kind         text        NOT NULL,
    name         text        NOT NULL,
    owner        uuid,
    target       text        NOT NULL,
    days         int         NOT NULL,
    made_at      timestamptz NOT NULL,
    retired_at   timestamptz
);
CREATE INDEX links_v1_newest ON links_v1 (community_id, made_at DESC, link_id DESC);
"""


@dataclass(frozen=True, slots=True)
class LinkRow:
    """`visits` were counted as they came, by nobody's name."""

    link_id: UUID
    slug: str
    kind: LinkKind
    name: str
    owner: UUID | None
    target: str
    days: int
    made_at: datetime
    retired_at: datetime | None
    visits: int


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        match fact.body:
            case events.LinkMade(slug, kind, name, owner, target, days):
                await connection.execute(
                    "INSERT INTO links_v1 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                    fact.stream_id, fact.community_id, slug, kind, name, owner, target, days,
                    fact.at,
                )  # fmt: skip
            case events.LinkRetired():
                await connection.execute(
                    "UPDATE links_v1 SET retired_at = $2 WHERE link_id = $1",
                    fact.stream_id,
                    fact.at,
                )


LINKS = Projection(
    name="links",
    version=1,
    ddl=DDL,
    tables=("links_v1",),
    facts=(events.LinkMade, events.LinkRetired),
    apply=apply,
)


_LINK = (
    "SELECT link_id, slug, kind, name, owner, target, days, made_at, retired_at,"
    " (SELECT coalesce(sum(visits), 0)::bigint FROM link_visits v WHERE v.link_id = l.link_id)"
    " AS visits FROM links_v1 l"
)


async def links_of(
    connection: Any,
    community_id: UUID,
    *,
    owner: UUID | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[LinkRow]:
    """The newest before a place in this list; of one owner, or of all."""
    made_at, link_id = before or (None, None)
    rows = await connection.fetch(
        f"{_LINK} WHERE community_id = $1 AND ($2::uuid IS NULL OR owner = $2)"
        " AND ($3::timestamptz IS NULL OR (made_at, link_id) < ($3, $4::uuid))"
        " ORDER BY made_at DESC, link_id DESC LIMIT $5",
        community_id,
        owner,
        made_at,
        link_id,
        limit,
    )
    return [LinkRow(**row) for row in rows]


async def links_named(connection: Any, link_ids: Sequence[UUID]) -> list[LinkRow]:
    """Those that the community has."""
    rows = await connection.fetch(f"{_LINK} WHERE link_id = ANY ($1)", link_ids)
    return [LinkRow(**row) for row in rows]


async def link_now(service: Service, community_id: UUID, link_id: LinkId) -> Link | None:
    """As of now, read strongly; None where there never was one."""
    link: Link | None
    link, _ = await service.handler.state(LINK, link_id, community_id)
    return link
