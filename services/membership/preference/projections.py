"""Who does not want which kind of message, who wants it by which channel; and the way out that each one carries."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from dateutil.relativedelta import relativedelta

from services.membership.gateways.gateway import WayOut
from services.membership.member.events import PersonErased
from services.membership.preference import events
from services.membership.preference.decider import PREFERENCE, Preferences, Wish, stream_of
from shared.event_store import Fact
from shared.ids import PersonId
from shared.projection import Projection
from shared.reaction import ActionContext
from shared.service import Service

# Letters are found again years later, and whoever wants out must not have to sign in.
LINK_LIFE = relativedelta(years=10)

DDL = """
CREATE TABLE preferences_v1 (
    person_id    uuid        NOT NULL,
    channel      text        NOT NULL,
    kind         text        NOT NULL,
    community_id uuid        NOT NULL,
    out_since    timestamptz NOT NULL,
    PRIMARY KEY (person_id, channel, kind)
);
CREATE INDEX preferences_v1_out ON preferences_v1 (community_id, channel, kind);
"""


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        match fact.body:
            case events.OptedOut(person_id, channel, kind):
                await connection.execute(
                    "INSERT INTO preferences_v1 VALUES ($1, $2, $3, $4, $5)",
                    person_id, channel, kind, fact.community_id, fact.at,
                )  # fmt: skip
            case events.OptedIn(person_id, channel, kind):
                await connection.execute(
                    "DELETE FROM preferences_v1 WHERE (person_id, channel, kind) = ($1, $2, $3)",
                    person_id, channel, kind,
                )  # fmt: skip


PREFERENCES = Projection(
    name="preferences",
    version=1,
    ddl=DDL,
    tables=("preferences_v1",),
    facts=(events.OptedOut, events.OptedIn),
    apply=apply,
)


CHANNELS_DDL = """
CREATE TABLE channels_chosen_v1 (
    person_id    uuid   NOT NULL,
    kind         text   NOT NULL,
    community_id uuid   NOT NULL,
    channels     text[] NOT NULL,
    PRIMARY KEY (person_id, kind)
);
CREATE INDEX channels_chosen_v1_community ON channels_chosen_v1 (community_id, kind);
"""


async def apply_channels(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        match fact.body:
            case events.ChannelsChosen(person_id, kind, channels):
                await connection.execute(
                    "INSERT INTO channels_chosen_v1 VALUES ($1, $2, $3, $4)"
                    " ON CONFLICT (person_id, kind) DO UPDATE SET channels = excluded.channels",
                    person_id, kind, fact.community_id, list(channels),
                )  # fmt: skip
            case PersonErased():
                await connection.execute(
                    "DELETE FROM channels_chosen_v1 WHERE person_id = $1", fact.stream_id
                )


CHANNELS_CHOSEN = Projection(
    name="channels_chosen",
    version=1,
    ddl=CHANNELS_DDL,
    tables=("channels_chosen_v1",),
    facts=(events.ChannelsChosen, PersonErased),
    apply=apply_channels,
)


async def ways_chosen(
    connection: Any,
    community_id: UUID,
    kind: events.OptionalKind,
    linked: Mapping[events.Channel, Collection[PersonId]],
) -> dict[PersonId, events.Ways]:
    """How a message of this kind would go to each who has chosen channels for it."""
    rows = await connection.fetch(
        "SELECT person_id, channels FROM channels_chosen_v1 WHERE community_id = $1 AND kind = $2",
        community_id,
        kind,
    )
    out = await opted_out(connection, community_id, "email", kind)
    ways = {}
    for row in rows:
        person_id = PersonId(row["person_id"])
        wishes: frozenset[Wish] = frozenset({("email", kind)} if person_id in out else ())
        chosen = Preferences(wishes, {kind: frozenset(row["channels"])})
        open_ = frozenset(channel for channel, people in linked.items() if person_id in people)
        ways[person_id] = chosen.ways(kind, open_)
    return ways


async def opted_out(
    connection: Any, community_id: UUID, channel: events.OptOutChannel, kind: events.Kind
) -> set[PersonId]:
    """Everybody in the community who does not want it."""
    rows = await connection.fetch(
        "SELECT person_id FROM preferences_v1"
        " WHERE community_id = $1 AND channel = $2 AND kind = $3",
        community_id,
        channel,
        kind,
    )
    return {PersonId(row["person_id"]) for row in rows}


async def preferences_now(service: Service, community_id: UUID, person_id: UUID) -> Preferences:
    """What the person wants as of now: an opt-out counts for the very next letter."""
    preferences: Preferences
    preferences, _ = await service.handler.state(PREFERENCE, stream_of(person_id), community_id)
    return preferences


def way_out(context: ActionContext, person_id: PersonId, kind: events.Kind) -> WayOut | None:
    """Out of this kind without signing in, for whoever holds the letter; None from what is transactional."""
    if kind == "transactional":
        return None
    service, community_id = context.service, context.community_id
    expires_at = context.now + LINK_LIFE
    token = service.links.make("unsubscribe", person_id, community_id, expires_at)
    origin = service.settings.origin
    return WayOut(
        kind=kind,
        one_click=f"{origin}/api/membership/v1/public/unsubscriptions/{kind}/{token}",
        page=f"{origin}/unsubscribe/{kind}/{token}",
    )


async def opted_out_among(
    connection: Any, people: Sequence[UUID]
) -> dict[UUID, Sequence[events.Kind]]:
    """Which letters each of these does not want, for those who do not want some."""
    rows = await connection.fetch(
        "SELECT person_id, array_agg(kind ORDER BY kind) AS kinds FROM preferences_v1"
        " WHERE person_id = ANY ($1) AND channel = 'email' GROUP BY person_id",
        list(people),
    )
    return {row["person_id"]: row["kinds"] for row in rows}
