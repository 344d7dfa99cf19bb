"""The endpoints of a community; and one of them as of this very moment, with the secrets that sign."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.membership.endpoint import events
from services.membership.endpoint.decider import ENDPOINT, Endpoint
from services.membership.endpoint.events import EndpointId
from shared.decider import NotFound
from shared.event_store import Fact
from shared.ids import Code, keyed
from shared.projection import Projection
from shared.service import Service

DDL = """
CREATE TABLE endpoints_v1 (
    endpoint_id     uuid        PRIMARY KEY,
    community_id    uuid        NOT NULL,
    url             text        NOT NULL,
    types           text[]      NOT NULL,
    registered_at   timestamptz NOT NULL,
    after           bigint      NOT NULL,
    run             int         NOT NULL DEFAULT 0,
    enabled         boolean     NOT NULL DEFAULT true,
    disabled_cause  text,
    disabled_at     timestamptz,
    removed_at      timestamptz
);
CREATE INDEX endpoints_v1_community ON endpoints_v1 (community_id, registered_at);
"""


@dataclass(frozen=True, slots=True)
class EndpointRow:
    """Empty `event_types` are all of them; `disabled_cause` and `disabled_at` are there while it is off."""

    endpoint_id: UUID
    url: str
    event_types: list[str]
    enabled: bool
    registered_at: datetime
    disabled_cause: events.DisabledCause | None
    disabled_at: datetime | None


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        statement, *values = _change(fact)
        await connection.execute(statement, fact.stream_id, *values)


def _change(fact: Fact) -> tuple[str, *tuple[object, ...]]:
    match fact.body:
        case events.EndpointRegistered(url, types, _, after):
            columns = "endpoint_id, community_id, url, types, registered_at, after"
            return (
                f"INSERT INTO endpoints_v1 ({columns}) VALUES ($1, $2, $3, $4, $5, $6)",  # noqa: S608
                fact.community_id,
                url,
                list(types),
                fact.at,
                after,
            )
        case events.EndpointChanged(url, types, run):
            return f"{_UPDATE} url = $2, types = $3, run = $4 {_ITS}", url, list(types), run
        case events.EndpointDisabled(cause):
            off = "enabled = false, disabled_cause = $2, disabled_at = $3"
            return f"{_UPDATE} {off} {_ITS}", cause, fact.at
        case events.EndpointEnabled(run, after):
            on = "enabled = true, disabled_cause = NULL, disabled_at = NULL, run = $2"
            return f"{_UPDATE} {on}, after = coalesce($3, after) {_ITS}", run, after
        case _:
            # Its row stays, so that what is still under way for it can be told from what is not known yet.
            return f"{_UPDATE} enabled = false, removed_at = $2 {_ITS}", fact.recorded_at


_UPDATE, _ITS = "UPDATE endpoints_v1 SET", "WHERE endpoint_id = $1"

ENDPOINTS = Projection(
    name="endpoints",
    version=1,
    ddl=DDL,
    tables=("endpoints_v1",),
    facts=(
        events.EndpointRegistered,
        events.EndpointChanged,
        events.EndpointDisabled,
        events.EndpointEnabled,
        events.EndpointRemoved,
    ),
    apply=apply,
)


async def endpoints_of(connection: Any, community_id: UUID) -> list[EndpointRow]:
    """Every endpoint the community has, oldest first."""
    rows = await connection.fetch(
        "SELECT endpoint_id, url, types AS event_types, enabled, registered_at, disabled_cause, disabled_at"
        " FROM endpoints_v1 WHERE community_id = $1 AND removed_at IS NULL ORDER BY registered_at, endpoint_id",
        community_id,
    )
    return [EndpointRow(**row) for row in rows]


async def heard_upto(connection: Any) -> int:
    """The last place in the inbox: what is heard from now on comes after it."""
    place: int = await connection.fetchval("SELECT coalesce(max(id), 0) FROM inbox")
    return place


EndpointNow = Endpoint
"""The state that decides, for other features to read."""


async def endpoint_now(
    service: Service, community_id: UUID, endpoint_id: EndpointId
) -> EndpointNow:
    """The endpoint as of now; NotFound when the community has no such endpoint."""
    endpoint: Endpoint
    endpoint, _ = await service.handler.state(ENDPOINT, endpoint_id, community_id)
    if endpoint.url is None:
        raise NotFound("endpoint_not_found", "There is no such endpoint.")
    return endpoint


def secret_of(service: Service, endpoint_id: EndpointId, seed: Code) -> str:
    """The signing secret in the form of Standard Webhooks; it is stored nowhere."""
    key = keyed(service.secret, "webhook", str(endpoint_id), seed)
    return "whsec_" + base64.b64encode(key).decode()
