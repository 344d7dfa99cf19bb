"""The domain of a community as it stands, whose a name is, and where its pages are to be found."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from services.membership.domain import events
from services.membership.domain.decider import (
    DOMAIN,
    DOMAIN_NAME,
    Domain,
    DomainName,
    domain_stream,
    name_stream,
)
from shared.event_store import Fact
from shared.ids import PLATFORM
from shared.projection import Projection
from shared.service import Service
from shared.visibility.gate import visibility_of

CHALLENGE = "_tessera-challenge"


def record_of(name: str) -> str:
    """Where the record of a domain stands."""
    return f"{CHALLENGE}.{name}"


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        if isinstance(fact.body, events.DomainProved):
            await connection.execute(
                "INSERT INTO domains_v1 VALUES ($1, $2)"
                " ON CONFLICT (community_id) DO UPDATE SET name = excluded.name",
                fact.community_id,
                fact.body.name,
            )
        else:
            await connection.execute(
                "DELETE FROM domains_v1 WHERE community_id = $1", fact.community_id
            )


DOMAINS = Projection(
    name="domains",
    version=1,
    ddl="CREATE TABLE domains_v1 (community_id uuid PRIMARY KEY, name text NOT NULL);",
    tables=("domains_v1",),
    facts=(events.DomainProved, events.DomainLost),
    apply=apply,
)


async def domain_now(service: Service, community_id: UUID) -> Domain:
    domain: Domain
    domain, _ = await service.handler.state(DOMAIN, domain_stream(community_id), community_id)
    return domain


async def community_at(service: Service, name: str) -> UUID:
    """Who has proved the name, as of now; the nil id where nobody has."""
    found: DomainName
    found, _ = await service.handler.state(DOMAIN_NAME, name_stream(name), PLATFORM)
    return found.proof.community_id if found.proof else PLATFORM


async def own_origin(connection: Any, community_id: UUID) -> str | None:
    """Where strangers find the community under a name of its own; None without one, and while it hides from them."""
    if await visibility_of(connection, community_id) == "private":
        return None
    name = await connection.fetchval(
        "SELECT name FROM domains_v1 WHERE community_id = $1", community_id
    )
    return f"https://{name}" if name else None


async def origin_of(service: Service, community_id: UUID) -> str:
    """What links in letters of the community begin with."""
    async with service.pool.acquire() as connection:
        own = await own_origin(connection, community_id)
    origin: str = own or service.settings.origin
    return origin
