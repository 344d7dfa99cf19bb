"""Counts in Postgres how often a link was followed, by day; who followed it is nowhere."""

from datetime import date
from uuid import UUID

import asyncpg


class Visits:
    """A visit is a number: no address, no cookie, nothing that tells one visitor from another."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def count(self, community_id: UUID, link_id: UUID, day: date) -> None:
        """One more on this day."""
        await self._pool.execute(
            "INSERT INTO link_visits (link_id, day, community_id, visits) VALUES ($1, $2, $3, 1)"
            " ON CONFLICT (link_id, day) DO UPDATE SET visits = link_visits.visits + 1",
            link_id,
            day,
            community_id,
        )
