"""What each tier gives and gave, and since when: with the reasons for access, that is what each person has of it."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from services.membership import grants
from services.membership.benefit.events import PerksSet
from services.membership.chat_server.events import (
    ChatRulesSet,
    ChatServerConnected,
    ChatServerDisconnected,
)
from services.membership.content.events import (
    ContentDrafted,
    ContentPublished,
    ContentRevised,
    ContentWithdrawn,
    Item,
)
from services.membership.grants import Offered, Shelved, Stopped
from services.membership.group.events import GroupChanged, GroupClosed, GroupOpened
from shared.contracts.events_gathering import (
    GatheringCancelled,
    GatheringPublished,
    GatheringRescheduled,
)
from shared.event_store import Fact
from shared.projection import Projection

_ITEM = TypeAdapter(Item)

DDL = """
CREATE TABLE benefits_given_v1 (
    source       uuid        NOT NULL,
    tier_id      uuid        NOT NULL,
    kind         text        NOT NULL,
    subject      text        NOT NULL,
    since        timestamptz NOT NULL,
    community_id uuid        NOT NULL,
    name         text,
    until        timestamptz,
    stopped      text,
    PRIMARY KEY (source, tier_id, kind, subject, since)
);
CREATE INDEX benefits_given_v1_tier ON benefits_given_v1 (tier_id);
CREATE TABLE benefits_given_v1_items (
    content_id   uuid PRIMARY KEY,
    community_id uuid NOT NULL,
    item         text NOT NULL,
    visible_from timestamptz
);
"""
_REVISE = "UPDATE benefits_given_v1_items SET item = $2 WHERE content_id = $1"
_OPEN = "UPDATE benefits_given_v1_items SET visible_from = $2 WHERE content_id = $1"
_SHELVED = "SELECT item, visible_from FROM benefits_given_v1_items WHERE content_id = $1"
_UNBEGUN = "DELETE FROM benefits_given_v1 WHERE source = $1 AND since > $2"
_STOP = """
UPDATE benefits_given_v1 SET until = $2, stopped = $3
WHERE source = $1 AND (until IS NULL OR until > $2) AND NOT EXISTS (
    SELECT FROM unnest($4::uuid[], $5::text[], $6::text[]) AS kept (tier, of_kind, which)
    WHERE (tier, of_kind, which) = (tier_id, kind, subject)
)
"""
_GO_ON = """
UPDATE benefits_given_v1 SET name = $6, until = $7, stopped = $8
WHERE (source, tier_id, kind, subject) = ($1, $2, $3, $4) AND (until IS NULL OR until > $5)
RETURNING source
"""
_BEGIN = """
INSERT INTO benefits_given_v1 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (source, tier_id, kind, subject, since)
DO UPDATE SET (name, until, stopped) = (excluded.name, excluded.until, excluded.stopped)
"""


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        match fact.body:
            case ContentDrafted() | ContentRevised() | ContentPublished() | ContentWithdrawn():
                await _apply_content(connection, fact)
            case GatheringPublished() as told:
                await _give(connection, fact, told.gathering_id, grants.of_gathering(told, fact.at))
            case GatheringRescheduled(gathering_id=source, ends_at=ends_at):
                await connection.execute(
                    "UPDATE benefits_given_v1 SET until = $2 WHERE source = $1"
                    " AND kind <> 'presale' AND stopped = 'over'",
                    source,
                    ends_at,
                )
            case GatheringCancelled(gathering_id=source):
                await _give(connection, fact, source, (), "cancelled")
            case GroupOpened(group_id=source) | GroupChanged(group_id=source) | GroupClosed(source):
                await _give(connection, fact, source, _set_up(fact))
            case _:
                await _give(connection, fact, fact.stream_id, _set_up(fact))


def _set_up(fact: Fact) -> Iterator[Offered]:
    """What is given from now on, where that is said all anew."""
    match fact.body:
        case ChatRulesSet(roles):
            for one in roles:
                yield Offered(one.tier_id, "chat_role", one.role, None, fact.at)
        case GroupOpened(group_id, door) | GroupChanged(group_id, door):
            for tier_id in door.tiers:
                yield Offered(tier_id, "group", str(group_id), door.name, fact.at)
        case PerksSet(tier_id, perks):
            for perk in perks:
                yield Offered(tier_id, "perk", perk.title.casefold(), perk.title, fact.at)


async def _apply_content(connection: Any, fact: Fact) -> None:
    """What it gives follows from the item and from when it is open, which are said apart."""
    content_id = fact.stream_id
    match fact.body:
        case ContentDrafted(item):
            await connection.execute(
                "INSERT INTO benefits_given_v1_items VALUES ($1, $2, $3)",
                content_id,
                fact.community_id,
                _ITEM.dump_json(item).decode(),
            )
        case ContentRevised(item):
            await connection.execute(_REVISE, content_id, _ITEM.dump_json(item).decode())
        case ContentPublished(visible_from=visible_from):
            await connection.execute(_OPEN, content_id, visible_from)
        case _:
            await connection.execute(_OPEN, content_id, None)
    shelved = await connection.fetchrow(_SHELVED, content_id)
    item, visible_from = _ITEM.validate_json(shelved["item"]), shelved["visible_from"]
    given = grants.of_content(content_id, item, visible_from) if visible_from else ()
    await _give(connection, fact, content_id, given)


async def _give(
    connection: Any,
    fact: Fact,
    source: UUID,
    given: Iterable[Offered],
    stopped: Stopped = "set_up_anew",
) -> None:
    """From now on this and nothing else comes of the source; what had not begun is as if it had never been said."""
    wanted = [one for one in given if one.until is None or one.until > fact.at]
    await connection.execute(_UNBEGUN, source, fact.at)
    await connection.execute(
        _STOP, source, fact.at, stopped,
        *([getattr(one, name) for one in wanted] for name in ("tier_id", "kind", "subject")),
    )  # fmt: skip
    for one in wanted:
        key = source, one.tier_id, one.kind, one.subject
        if not await connection.fetchval(_GO_ON, *key, fact.at, one.name, one.until, one.stopped):
            since = max(one.since, fact.at)
            await connection.execute(
                _BEGIN, *key, since, fact.community_id, one.name, one.until, one.stopped
            )


BENEFITS_GIVEN = Projection(
    name="benefits_given",
    version=1,
    ddl=DDL,
    tables=("benefits_given_v1", "benefits_given_v1_items"),
    facts=(
        ChatServerConnected,
        ChatRulesSet,
        ChatServerDisconnected,
        GroupOpened,
        GroupChanged,
        GroupClosed,
        ContentDrafted,
        ContentRevised,
        ContentPublished,
        ContentWithdrawn,
        PerksSet,
        GatheringPublished,
        GatheringRescheduled,
        GatheringCancelled,
    ),
    apply=apply,
)


async def offered_by(connection: Any, tiers: Iterable[UUID]) -> list[Offered]:
    """What these tiers give and gave, the oldest first."""
    rows = await connection.fetch(
        "SELECT tier_id, kind, subject, name, since, until, stopped FROM benefits_given_v1"
        " WHERE tier_id = ANY ($1) ORDER BY since",
        list(tiers),
    )
    return [Offered(**row) for row in rows]


async def shelf_of(connection: Any, items: Iterable[UUID]) -> dict[UUID, Shelved]:
    """These items of content as they stand."""
    rows = await connection.fetch(
        "SELECT content_id, item, visible_from FROM benefits_given_v1_items"
        " WHERE content_id = ANY ($1)",
        list(items),
    )
    return {
        row["content_id"]: Shelved(
            _ITEM.validate_json(row["item"]).words[0].title, row["visible_from"]
        )
        for row in rows
    }
