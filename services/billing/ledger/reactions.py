"""What the operator is shown of the books of all communities: figures that should be nothing."""

import asyncio
import contextlib
from collections.abc import Callable
from datetime import timedelta

import asyncpg

from services.billing.ledger.projections import unbalanced
from services.billing.reconciliation.projections import drifts_standing
from shared import telemetry
from shared.event_store import LOST
from shared.service import Service

EVERY_SECONDS = 3_600
UNDER_WAY = timedelta(hours=1)
PUT_RIGHT_WITHIN = timedelta(days=1)
LOOKED_AT_FOR = timedelta(days=31)
"""Then a reconciliation is looked at no more, and the community has been told long ago."""


async def watch_books(service: Service, _beat: Callable[[], None]) -> None:
    """The loop `books`; while the database is away, what was known last."""
    while True:
        with contextlib.suppress(*LOST, TimeoutError, asyncpg.PostgresError):
            await show_books(service)
        await asyncio.sleep(EVERY_SECONDS)


async def show_books(service: Service) -> None:
    now = service.clock.now()
    async with service.pool.acquire() as connection:
        telemetry.gauge("books.unbalanced", await unbalanced(connection, now - UNDER_WAY))
        standing = await drifts_standing(connection, now - LOOKED_AT_FOR, now - PUT_RIGHT_WITHIN)
        telemetry.gauge("books.drifts", standing)


LOOPS = (("books", watch_books),)
