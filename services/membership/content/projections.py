"""What a community has to read, see and hear: as a person may, as everybody may, as its staff prepare it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from services.membership.content import events
from services.membership.content.decider import CONTENT, Content, Reader, Standing, opens_at
from services.membership.content.events import ContentId, Item
from services.membership.tier.events import TierId
from shared.decider import NotFound
from shared.event_store import Fact
from shared.ids import Label
from shared.projection import Projection
from shared.service import Service

_ITEM = TypeAdapter(Item)

DDL = """
CREATE TABLE contents_v1 (
    content_id   uuid        PRIMARY KEY,
    community_id uuid        NOT NULL,
    item         text        NOT NULL,
    audience     text        NOT NULL,
    tiers        uuid[]      NOT NULL,
    early        uuid[]      NOT NULL,
    has_teaser   boolean     NOT NULL,
    standing     text        NOT NULL,
    drafted_at   timestamptz NOT NULL,
    visible_from timestamptz
);
CREATE INDEX contents_v1_newest ON contents_v1 (community_id, visible_from DESC, content_id DESC);
CREATE INDEX contents_v1_desk ON contents_v1 (community_id, drafted_at DESC, content_id DESC);
"""

Place = tuple[datetime, UUID]


@dataclass(frozen=True, slots=True)
class ContentRow:
    content_id: ContentId
    item: Item
    standing: Standing
    drafted_at: datetime
    visible_from: datetime | None


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        match fact.body:
            case events.ContentDrafted(item):
                await connection.execute(
                    "INSERT INTO contents_v1 VALUES ($1, $2, $3, $4, $5, $6, $7, 'draft', $8)",
                    fact.stream_id, fact.community_id, *_columns(item), fact.at,
                )  # fmt: skip
            case events.ContentRevised(item):
                await connection.execute(
                    "UPDATE contents_v1 SET (item, audience, tiers, early, has_teaser)"
                    " = ($2, $3, $4, $5, $6) WHERE content_id = $1",
                    fact.stream_id, *_columns(item),
                )  # fmt: skip
            case events.ContentPublished(visible_from=visible_from):
                await connection.execute(
                    "UPDATE contents_v1 SET standing = 'published', visible_from = $2"
                    " WHERE content_id = $1",
                    fact.stream_id, visible_from,
                )  # fmt: skip
            case events.ContentWithdrawn():
                await connection.execute(
                    "UPDATE contents_v1 SET standing = 'withdrawn' WHERE content_id = $1",
                    fact.stream_id,
                )


def _columns(item: Item) -> tuple[str, str, list[UUID], list[UUID], bool]:
    return (
        _ITEM.dump_json(item).decode(),
        item.audience,
        list(item.tiers),
        [early.tier_id for early in item.early],
        any(words.teaser for words in item.words),
    )


CONTENTS = Projection(
    name="contents",
    version=1,
    ddl=DDL,
    tables=("contents_v1",),
    facts=(
        events.ContentDrafted,
        events.ContentRevised,
        events.ContentPublished,
        events.ContentWithdrawn,
    ),
    apply=apply,
)

_SELECT = "SELECT content_id, item, standing, drafted_at, visible_from FROM contents_v1"
_NEWEST = (
    " AND ($2::timestamptz IS NULL OR (visible_from, content_id) < ($2, $3::uuid))"
    " ORDER BY visible_from DESC, content_id DESC LIMIT $4"
)


async def contents_for(
    connection: Any, community_id: UUID, reader: Reader, before: Place | None, limit: int
) -> list[ContentRow]:
    """What is or will be open to the reader, the newest first."""
    rows = await connection.fetch(
        f"{_SELECT} WHERE community_id = $1 AND standing = 'published' AND (audience = 'public'"
        " OR (audience = 'members' AND $5) OR tiers && $6 OR early && $6 OR content_id = ANY ($7))"
        + _NEWEST,
        community_id, *(before or (None, None)), limit,
        reader.is_member, list(reader.tiers), list(reader.bought),
    )  # fmt: skip
    return [_row(row) for row in rows]


async def teasers_of(
    connection: Any, community_id: UUID, before: Place | None, limit: int
) -> list[ContentRow]:
    """What everybody may know of: public content, and the rest where it has a teaser."""
    rows = await connection.fetch(
        f"{_SELECT} WHERE community_id = $1 AND standing = 'published'"
        " AND (audience = 'public' OR has_teaser)" + _NEWEST,
        community_id, *(before or (None, None)), limit,
    )  # fmt: skip
    return [_row(row) for row in rows]


async def desk_of(
    connection: Any, community_id: UUID, standing: str | None, before: Place | None, limit: int
) -> list[ContentRow]:
    """All there is, drafts too, the last drafted first."""
    rows = await connection.fetch(
        f"{_SELECT} WHERE community_id = $1 AND ($5::text IS NULL OR standing = $5)"
        " AND ($2::timestamptz IS NULL OR (drafted_at, content_id) < ($2, $3::uuid))"
        " ORDER BY drafted_at DESC, content_id DESC LIMIT $4",
        community_id, *(before or (None, None)), limit, standing,
    )  # fmt: skip
    return [_row(row) for row in rows]


def _row(row: Any) -> ContentRow:
    return ContentRow(
        row["content_id"], _ITEM.validate_json(row["item"]), row["standing"],
        row["drafted_at"], row["visible_from"],
    )  # fmt: skip


async def published_now(
    service: Service, community_id: UUID, content_id: UUID
) -> tuple[Item, datetime]:
    """What may be opened and from when, read strongly; NotFound when it is not published."""
    content: Content | None
    content, _ = await service.handler.state(CONTENT, content_id, community_id)
    if content is None or content.standing != "published" or content.visible_from is None:
        raise NotFound("content_not_found", "There is no such content.")
    return content.item, content.visible_from


async def item_now(service: Service, community_id: UUID, content_id: UUID) -> Item:
    """As its staff have it, published or not, read strongly; NotFound when there is none."""
    content: Content | None
    content, _ = await service.handler.state(CONTENT, content_id, community_id)
    if content is None:
        raise NotFound("content_not_found", "There is no such content.")
    return content.item


async def opening_now(
    service: Service,
    community_id: UUID,
    content_id: UUID,
    *,
    is_member: bool,
    tiers: frozenset[TierId],
    bought: frozenset[ContentId],
) -> tuple[Label, datetime | None]:
    """What it is called, and when it opens to who is that, if ever; NotFound when it is not published."""
    item, visible_from = await published_now(service, community_id, content_id)
    reader = Reader(is_member, tiers, bought)
    opening = opens_at(item, visible_from, ContentId(content_id), reader)
    return item.words[0].title, opening


async def opened_by_tier(connection: Any, community_id: UUID) -> dict[UUID, int]:
    """How many published items are open to each tier, and not to every member."""
    rows = await connection.fetch(
        "SELECT tier_id, count(*) AS items FROM contents_v1, unnest(tiers) AS tier_id"
        " WHERE community_id = $1 AND standing = 'published' AND audience = 'tiers'"
        " GROUP BY tier_id",
        community_id,
    )
    return {row["tier_id"]: row["items"] for row in rows}


async def opened_early_by_tier(connection: Any, community_id: UUID) -> dict[UUID, tuple[int, int]]:
    """How many published items open to each tier before the others, and at most how many hours."""
    rows = await connection.fetch(
        "SELECT (e ->> 'tier_id')::uuid AS tier_id, count(*) AS items, max((e ->> 'hours')::int) AS hours"
        " FROM contents_v1, json_array_elements(item::json -> 'early') AS e"
        " WHERE community_id = $1 AND standing = 'published' GROUP BY 1",
        community_id,
    )
    return {row["tier_id"]: (row["items"], row["hours"]) for row in rows}
