"""Keeps in Postgres how far each endpoint has been told and what became of each delivery: cursors, not events."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from uuid import UUID

import asyncpg

from services.membership.gateways.gateway import Receipt
from shared import telemetry
from shared.clock import monotonic
from shared.event_log import Wakeup
from shared.event_store import LOST, Connection
from shared.ids import derive, random_id

_log = logging.getLogger(__name__)

AT_ONCE = 32
BREATH = 0.02
SWEEP_SECONDS = 600.0
AFTER_A_FAULT = timedelta(minutes=1)

CLAIM = timedelta(seconds=30)
"""Longer than any attempt takes. Who dies leaves its claims to run out; each record renews its own."""

KEPT = timedelta(days=30)
ERRAND_LIFE = timedelta(days=7)
"""An errand is taken up within this time or never, so that a rebuilt read model brings none back."""

_FREE = "(q.claimed_until IS NULL OR q.claimed_until < clock_timestamp())"

_OPEN_LIVE = """
INSERT INTO webhook_queues (queue_id, endpoint_id, community_id, kind, position, run)
SELECT endpoint_id, endpoint_id, community_id, 'live', after, run FROM endpoints_v1 e
WHERE enabled AND NOT EXISTS (SELECT FROM webhook_queues q WHERE q.queue_id = e.endpoint_id)
ON CONFLICT DO NOTHING
"""

_OPEN_ERRANDS = """
INSERT INTO webhook_queues (queue_id, endpoint_id, community_id, kind, position, upto, run)
SELECT errand_id, d.endpoint_id, d.community_id, d.kind, first - 1, last, coalesce(e.run, 0)
FROM webhook_errands_v1 d LEFT JOIN endpoints_v1 e USING (endpoint_id)
WHERE asked_at > clock_timestamp() - $1::interval
  AND NOT EXISTS (SELECT FROM webhook_queues q WHERE q.queue_id = d.errand_id)
ON CONFLICT DO NOTHING
"""

_BEGIN_RUNS = f"""
UPDATE webhook_queues q SET run = e.run, attempts = 0, due_at = clock_timestamp(),
       position = CASE q.kind WHEN 'live' THEN greatest(q.position, e.after) ELSE q.position END
FROM endpoints_v1 e
WHERE q.endpoint_id = e.endpoint_id AND q.run < e.run AND e.enabled AND q.done_at IS NULL AND {_FREE}
"""  # noqa: S608  Names of our own.

_CLAIM = f"""
UPDATE webhook_queues SET claimed_by = $1, claimed_until = clock_timestamp() + $2
WHERE queue_id IN (
    SELECT q.queue_id FROM webhook_queues q LEFT JOIN endpoints_v1 e USING (endpoint_id)
    WHERE q.done_at IS NULL AND q.due_at <= clock_timestamp() AND {_FREE}
      AND (q.kind = 'ping' OR (e.enabled AND e.run = q.run))
      AND (q.kind <> 'live' OR EXISTS (
          SELECT FROM webhook_feed_v2 f WHERE f.community_id = q.community_id AND f.position > q.position))
    ORDER BY q.due_at LIMIT $3 FOR UPDATE OF q SKIP LOCKED)
RETURNING queue_id, endpoint_id, community_id, kind, position, upto, run, attempts
"""  # noqa: S608  Names of our own.

_UPCOMING = """
SELECT f.position, f.event_id, f.type, i.value::text AS body
FROM webhook_feed_v2 f LEFT JOIN inbox i ON i.id = f.position AND ($4::text[] = '{}' OR f.type = ANY ($4))
WHERE f.community_id = $1 AND f.position > $2 AND ($3::bigint IS NULL OR f.position <= $3)
ORDER BY f.position LIMIT $5
"""

# Who was overtaken, because the claim ran out, changes nothing: the word of whoever overtook it counts.
_MOVE = """
UPDATE webhook_queues SET position = $4, attempts = $5, claimed_until = clock_timestamp() + $7::interval,
       due_at = coalesce(clock_timestamp() + $6::interval, 'infinity'),
       done_at = CASE WHEN $8 THEN clock_timestamp() END
WHERE queue_id = $1 AND claimed_by = $2 AND position = $3 AND done_at IS NULL RETURNING endpoint_id, community_id, kind
"""

_RECORD = f"""
WITH moved AS ({_MOVE})
INSERT INTO webhook_deliveries AS known (delivery_id, endpoint_id, community_id, kind, position, event_id, type,
                                         status, code, failure, duration_ms, excerpt)
SELECT $9, endpoint_id, community_id, kind, $10, $11, $12, $13, $14, $15, $16, $17 FROM moved
ON CONFLICT (delivery_id) DO UPDATE SET (status, code, failure, duration_ms, excerpt, attempts, last_at)
    = (excluded.status, excluded.code, excluded.failure, excluded.duration_ms, excluded.excerpt,
       known.attempts + 1, excluded.last_at)
"""  # noqa: S608  Names of our own.


@dataclass(frozen=True, slots=True)
class Claimed:
    """A queue that is ours for a while."""

    queue_id: UUID
    endpoint_id: UUID
    community_id: UUID
    kind: Literal["live", "replay", "ping"]
    position: int
    upto: int | None
    run: int
    attempts: int


@dataclass(frozen=True, slots=True)
class Upcoming:
    """What is next in a queue. The body is as it was on Kafka; None when the endpoint did not choose its type."""

    position: int
    event_id: UUID
    type: str
    body: str | None


@dataclass(frozen=True, slots=True)
class Moved:
    """Where a queue stands after an attempt; `wait` is None when it is not to go on by itself."""

    position: int
    attempts: int
    wait: timedelta | None
    status: Literal["delivered", "retrying", "failed"]
    done: bool = False


class Queues:
    """One worker's view: what it claims is its own."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._me = random_id()

    async def hand_out(
        self,
        serve: Callable[[Claimed], Awaitable[None]],
        wakeup: Wakeup,
        beat: Callable[[], None],
    ) -> None:
        """Have what is due served until cancelled. A database that goes away is waited out."""
        running: set[asyncio.Task[None]] = set()
        swept = -SWEEP_SECONDS
        try:
            while True:
                bell = wakeup.bell("read")
                try:
                    swept = await self._swept(swept)
                    claimed = await self.claim(AT_ONCE - len(running))
                    running |= {asyncio.create_task(self._served(serve, one)) for one in claimed}
                except LOST as error:
                    _log.warning("webhooks wait for the database: %s", error)
                beat()
                await asyncio.sleep(BREATH)
                rung = asyncio.create_task(wakeup.wait(bell))
                await asyncio.wait({*running, rung}, return_when=asyncio.FIRST_COMPLETED)
                rung.cancel()
                done = {task for task in running if task.done()}
                running -= done
                for task in done:
                    task.result()
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def _served(self, serve: Callable[[Claimed], Awaitable[None]], queue: Claimed) -> None:
        """A fault of ours is logged and tried again, and harms no other queue."""
        wait = None
        try:
            await serve(queue)
        except LOST as error:
            _log.warning("webhooks to %s wait for the database: %s", queue.endpoint_id, error)
        except Exception:  # noqa: BLE001 - whatever it is, the queue is tried again and says so
            telemetry.count("webhooks.faults")
            _log.exception("webhooks to %s cannot be delivered", queue.endpoint_id)
            wait = AFTER_A_FAULT
        finally:
            with contextlib.suppress(*LOST):
                await self.give_back(queue, wait=wait)

    async def claim(self, most: int) -> list[Claimed]:
        """Queues that have something to deliver now, those that waited longest first."""
        async with self._pool.acquire() as connection:
            await connection.execute(_OPEN_LIVE)
            await connection.execute(_OPEN_ERRANDS, ERRAND_LIFE)
            await connection.execute(_BEGIN_RUNS)
            rows = await connection.fetch(_CLAIM, self._me, CLAIM, most)
        return [Claimed(**row) for row in rows]

    async def upcoming(self, queue: Claimed, types: Sequence[str], most: int) -> list[Upcoming]:
        """The next of the community's events, those the endpoint did not choose without a body."""
        rows = await self._pool.fetch(
            _UPCOMING, queue.community_id, queue.position, queue.upto, list(types), most
        )
        return [Upcoming(**row) for row in rows]

    async def pass_over(self, queue: Claimed, position: int) -> None:
        """Go on after what is not for this endpoint."""
        moved = position, queue.attempts, timedelta(0), CLAIM, position == queue.upto
        await self._pool.execute(_MOVE, *self._where(queue), *moved)

    async def record(self, queue: Claimed, tried: Upcoming, receipt: Receipt, moved: Moved) -> bool:
        """Cursor and log in one statement; False when somebody else has taken over."""
        recorded: str = await self._pool.execute(
            _RECORD,
            *self._where(queue),
            moved.position,
            moved.attempts,
            moved.wait,
            CLAIM,
            moved.done,
            derive(queue.queue_id, str(tried.event_id)),
            None if queue.kind == "ping" else tried.position,
            tried.event_id,
            tried.type,
            moved.status,
            receipt.status,
            receipt.failure,
            round(receipt.duration.total_seconds() * 1000),
            receipt.excerpt,
        )
        return recorded == "INSERT 0 1"

    async def give_back(self, queue: Claimed, *, wait: timedelta | None = None) -> None:
        """Let others go on, in turn, or after a while."""
        await self._pool.execute(
            "UPDATE webhook_queues SET claimed_until = NULL, due_at = greatest(due_at, clock_timestamp() + $3)"
            " WHERE queue_id = $1 AND claimed_by = $2",
            queue.queue_id,
            self._me,
            wait or timedelta(0),
        )

    async def end_passed(self, queue: Claimed) -> None:
        """A replay of what is told to nobody any more is over once the feed has gone beyond it."""
        await self._pool.execute(
            "UPDATE webhook_queues q SET done_at = clock_timestamp() WHERE queue_id = $1 AND claimed_by = $2"
            " AND EXISTS (SELECT FROM webhook_feed_v2 f WHERE f.community_id = q.community_id"
            " AND f.position > q.upto)",
            queue.queue_id,
            self._me,
        )

    async def finish(self, queue: Claimed) -> None:
        """An errand to an endpoint that was removed."""
        await self._pool.execute(
            "UPDATE webhook_queues SET done_at = clock_timestamp() WHERE queue_id = $1 AND claimed_by = $2",
            queue.queue_id,
            self._me,
        )

    async def _swept(self, last: float) -> float:
        if monotonic() > last + SWEEP_SECONDS:
            await self.sweep()
            return monotonic()
        return last

    async def sweep(self) -> None:
        """Remove what was kept long enough, and the cursors of endpoints that were removed as long ago."""
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(
                "DELETE FROM webhook_deliveries WHERE last_at < clock_timestamp() - $1::interval",
                KEPT,
            )
            await connection.execute(
                "DELETE FROM webhook_queues q WHERE q.done_at < clock_timestamp() - $1::interval OR EXISTS (SELECT"
                " FROM endpoints_v1 e WHERE e.endpoint_id = q.endpoint_id"
                " AND e.removed_at < clock_timestamp() - $1::interval)",
                KEPT,
            )

    def _where(self, queue: Claimed) -> tuple[UUID, UUID, int]:
        return queue.queue_id, self._me, queue.position


async def forget_excerpts(connection: Connection | asyncpg.Pool, community_id: UUID) -> None:
    """Keep nothing of what other systems said about a community's events."""
    await connection.execute(
        "UPDATE webhook_deliveries SET excerpt = NULL WHERE community_id = $1 AND excerpt IS NOT NULL",
        community_id,
    )
