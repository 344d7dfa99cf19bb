"""The programs of a community, and which one it is that shows a secret."""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.membership.client import events
from services.membership.client.decider import CLIENT
from shared.event_store import Fact
from shared.ids import Code, CommunityId
from shared.projection import Projection
from shared.service import Service

DDL = """
CREATE TABLE clients_v1 (
    client_id     uuid        PRIMARY KEY,
    community_id  uuid        NOT NULL,
    name          text        NOT NULL,
    role          text        NOT NULL,
    registered_at timestamptz NOT NULL,
    revoked_at    timestamptz
);
CREATE INDEX clients_v1_community ON clients_v1 (community_id, registered_at);
"""


@dataclass(frozen=True, slots=True)
class ClientRow:
    client_id: UUID
    name: str
    role: events.ClientRole
    registered_at: datetime
    revoked_at: datetime | None


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        match fact.body:
            case events.ClientRegistered(name, role):
                await connection.execute(
                    "INSERT INTO clients_v1 VALUES ($1, $2, $3, $4, $5)",
                    fact.stream_id,
                    fact.community_id,
                    name,
                    role,
                    fact.at,
                )
            case events.ClientRevoked():
                await connection.execute(
                    "UPDATE clients_v1 SET revoked_at = $2 WHERE client_id = $1",
                    fact.stream_id,
                    fact.at,
                )


CLIENTS = Projection(
    name="clients",
    version=1,
    ddl=DDL,
    tables=("clients_v1",),
    facts=(events.ClientRegistered, events.ClientRevoked),
    apply=apply,
)


async def clients_of(connection: Any, community_id: UUID) -> list[ClientRow]:
    """Every client the community ever had, oldest first."""
    rows = await connection.fetch(
        "SELECT client_id, name, role, registered_at, revoked_at FROM clients_v1"
        " WHERE community_id = $1 ORDER BY registered_at, client_id",
        community_id,
    )
    return [ClientRow(**row) for row in rows]


def hash_of(secret: str) -> Code:
    """Without salt or stretching: the secret is 256 random bits, not a password."""
    return Code(hashlib.sha256(secret.encode()).hexdigest())


async def community_of(service: Service, client_id: UUID, secret: str) -> CommunityId | None:
    """The community of a client that proves itself now, None for whoever does not."""
    facts = [
        fact
        for fact in await service.store.read_stream(client_id)
        if isinstance(fact.body, events.ClientRegistered | events.ClientRevoked)
    ]
    client = CLIENT.fold(fact.body for fact in facts)
    if not hmac.compare_digest(client.secret_hash or "", hash_of(secret)):
        return None
    return CommunityId(facts[0].community_id)
