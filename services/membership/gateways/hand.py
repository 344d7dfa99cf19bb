"""Keeps in Postgres which letters are being handed over, so that one that must not go twice is not tried twice."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from services.membership.gateways.gateway import Unreachable, Unsure

KEPT = timedelta(days=30)
"""Longer than anybody goes on trying: a letter with an outcome is not tried again anyway."""


class Hand:
    """A letter is taken before it is handed over, and put back when it certainly was not."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def once(self, message_id: UUID, send: Callable[[], Awaitable[None]]) -> bool:
        """Whether it was certainly handed over; False when nobody knows, now or from an earlier try.

        Unreachable, when it certainly was not: it is put back, and may be tried again.
        """
        if not await self.take(message_id):
            return False
        try:
            await send()
        except Unsure:
            return False
        except Unreachable:
            await self.put_back(message_id)
            raise
        return True

    async def tried_since(self, message_id: UUID) -> datetime | None:
        """When an earlier try began, of which nobody knows what came; None when this is the first, and takes it."""
        if await self.take(message_id):
            return None
        since: datetime | None = await self._pool.fetchval(
            "SELECT taken_at FROM letters_in_hand WHERE message_id = $1", message_id
        )
        return since

    async def take(self, message_id: UUID) -> bool:
        """False when somebody took it before, and never said what became of it."""
        await self._pool.execute(
            "DELETE FROM letters_in_hand WHERE taken_at < clock_timestamp() - $1::interval", KEPT
        )
        taken = await self._pool.execute(
            "INSERT INTO letters_in_hand (message_id) VALUES ($1) ON CONFLICT DO NOTHING",
            message_id,
        )
        return bool(taken == "INSERT 0 1")

    async def put_back(self, message_id: UUID) -> None:
        """It was not handed over, and may be tried again."""
        await self._pool.execute("DELETE FROM letters_in_hand WHERE message_id = $1", message_id)
