"""After a restore: go on above what Kafka has seen."""

import asyncpg

from shared.event_store import Unavailable
from shared.relay import Relay


async def advance_position(pool: asyncpg.Pool, position: int) -> None:
    """Accept that Kafka has seen `position`, and give the next event one above it."""
    async with pool.acquire() as connection, connection.transaction():
        # The barrier keeps every writer out until this is committed: a sequence never goes back under one.
        decided = await connection.fetchval("SELECT settled_1(10000)")
        if decided is None:
            raise Unavailable("A writer is still at work; try again.")
        await connection.execute(
            "SELECT setval('position_seq', greatest($1::bigint, $2::bigint))", position, decided
        )
        await connection.execute(
            "INSERT INTO relays (name, accepted) VALUES ($1, $2)"
            " ON CONFLICT (name) DO UPDATE SET accepted = greatest(relays.accepted, excluded.accepted)",
            Relay.name,
            position,
        )
