"""Reading the log from a position onward without ever skipping a row.

A position is taken before its row becomes visible, so rows appear out of order. The reader takes only the
contiguous prefix: when every position up to k is visible, none below k can appear later. A hole that stays is
settled by a proof, never by a timeout: the barrier waits for every writer that could still fill it. The
interleavings are played by tests/integration/shared/test_event_log.py; docs/adr/0002 says why not otherwise.
"""

import asyncio
import contextlib
from bisect import bisect_right
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import Protocol, Self

import asyncpg

from shared import telemetry
from shared.clock import monotonic
from shared.event_store import LOST, EventStore, Fact
from shared.event_types import UnknownType

HOLE_PATIENCE = 0.016
BARRIER_PATIENCE_MS = 10
FIRST_BACK_OFF = 0.02
LONGEST_BACK_OFF = 1.0
SLOW_POLL = 1.0
KEPT = 2_000
BELLS = frozenset({"log", "inbox", "agenda", "read", "clock"})


@dataclass(frozen=True, slots=True)
class Batch:
    """The wanted facts after some position, and how far the reading went: `upto` is the next `after`.

    Unless there may be `more`, that was the end.
    """

    facts: list[Fact]
    upto: int
    more: bool


class Source(Protocol):
    """What a reader can follow: the service's own log, or its inbox."""

    name: str

    async def read(self, after: int, limit: int, wanted: Collection[str]) -> Batch:
        """The facts of the `wanted` types among the next `limit` rows."""
        ...


class Tail:
    """The newest rows of the log, read once for the relay and the readers of a process that have come so far."""

    def __init__(self, fetch: Callable[[int, int], Awaitable[list[asyncpg.Record]]]) -> None:
        self._fetch = fetch
        self._after = self._upto = -1
        self._kept: list[asyncpg.Record] = []
        self._places: list[int] = []
        self._reads = 0
        self._reading = asyncio.Lock()

    def holds(self, after: int) -> bool:
        """Whether the rows after it can be had here."""
        return self._after <= after <= self._upto

    def begin(self, after: int) -> None:
        """Keep what comes after it; somebody has read everything before."""
        if after > self._upto:
            self._after = self._upto = after
            self._kept, self._places = [], []

    async def rows(self, after: int, limit: int) -> list[asyncpg.Record]:
        """The next rows; those who have seen all that is kept share one look at the database."""
        if after == self._upto:
            await self._look()
        if not self.holds(
            after
        ):  # Others looked further meanwhile, and what comes next was dropped.
            return await self._fetch(after, limit)
        first = bisect_right(self._places, after)
        return self._kept[first : first + limit]

    async def _look(self) -> None:
        reads = self._reads
        async with self._reading:
            if self._reads > reads:
                return  # A look that began after we asked is over: there is none newer.
            self._reads += 1
            upto = self._upto
            try:
                rows = await self._fetch(upto, KEPT)
            except BaseException:
                self._reads -= 1
                raise
            if rows and self._upto == upto:
                self._kept += rows
                self._places += (row["position"] for row in rows)
                self._upto = self._places[-1]
                if (surplus := len(self._kept) - KEPT) > 0:
                    self._after = self._places[surplus - 1]
                    del self._kept[:surplus], self._places[:surplus]


class EventLog:
    """The service's own events, in position order. One instance is shared by all readers of a process."""

    name = "log"

    def __init__(self, store: EventStore) -> None:
        self._store = store
        self._settled = 0
        self._back_off = FIRST_BACK_OFF
        self._barrier_not_before = 0.0
        self._asking = asyncio.Lock()
        self._tail = Tail(self._settled_rows)

    async def read(self, after: int, limit: int, wanted: Collection[str]) -> Batch:
        """The settled facts after `after`; UnknownType for a type this release has never heard of."""
        rows = await self.rows(after, limit)
        facts = [self._store.fact(row) for row in rows if self._is_wanted(row["type"], wanted)]
        return Batch(facts, rows[-1]["position"] if rows else after, len(rows) == limit)

    async def rows(self, after: int, limit: int) -> list[asyncpg.Record]:
        """The settled rows after `after`, undecoded; none while a writer may still put one before them."""
        if self._tail.holds(after):
            return await self._tail.rows(after, limit)
        rows = await self._settled_rows(after, limit)
        if len(rows) < limit:
            self._tail.begin(rows[-1]["position"] if rows else after)
        return rows

    async def _settled_rows(self, after: int, limit: int) -> list[asyncpg.Record]:
        while True:
            settled = self._settled  # Taken first: the rows up to it were visible before we read.
            rows = await self._store.read_range(after, limit)
            taken, hole = _prefix(rows, after, settled)
            if taken or hole is None or not await self._is_decided(hole):
                return rows[:taken]

    def _is_wanted(self, name: str, wanted: Collection[str]) -> bool:
        if name not in self._store.types:
            message = (
                f"{name} was written by a newer release; this reader stops rather than skip it."
            )
            raise UnknownType(message)
        return name in wanted

    async def _is_decided(self, hole: int) -> bool:
        """Whether the row at `hole` has come or will never come: give its writer a moment, then ask the barrier."""
        pause = HOLE_PATIENCE / 16
        while pause < HOLE_PATIENCE:
            await asyncio.sleep(pause)
            if hole <= self._settled or await self._store.has_position(hole):
                return True
            pause *= 2
        async with self._asking:  # One for all readers of the process.
            if hole > self._settled and monotonic() >= self._barrier_not_before:
                await self._ask_barrier()
        return hole <= self._settled

    async def _ask_barrier(self) -> None:
        pool = self._store.pool
        decided = await pool.fetchval("SELECT settled_1($1)", BARRIER_PATIENCE_MS)
        if decided is None:
            # Writers queue behind the barrier while it waits, so a slow one must not bring it back at once.
            telemetry.count("log.barrier_timeouts")
            self._barrier_not_before = monotonic() + self._back_off
            self._back_off = min(2 * self._back_off, LONGEST_BACK_OFF)
            return
        # A new statement after the lock: it sees every row the barrier waited for. A crash may take back
        # the sequence, and positions be given again, but only above the highest row that was visible.
        visible = await pool.fetchval("SELECT coalesce(max(position), 0) FROM events")
        self._settled = max(self._settled, min(decided, visible))
        self._back_off = FIRST_BACK_OFF
        telemetry.count("log.holes_settled")


def _prefix(rows: list[asyncpg.Record], after: int, settled: int) -> tuple[int, int | None]:
    """How many rows may be taken, and the first hole that stops the reader, if one does."""
    expected = after + 1
    for number, row in enumerate(rows):
        position = row["position"]
        if position != expected and position - 1 > settled:
            return number, max(expected, settled + 1)
        expected = position + 1
    return len(rows), None


class Wakeup:
    """Tells the loops of a process what there is more of, by LISTEN, with a slow poll behind it.

    `log` and `inbox` have new rows, `agenda` has new items, `read` has new rows in read models, `clock` was moved.
    """

    def __init__(self, dsn: str, channel: str) -> None:
        self._dsn = dsn
        self._channel = channel
        self._bells = {name: asyncio.Event() for name in BELLS}
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._listen(), name="wakeup")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def bell(self, of: str) -> asyncio.Event:
        """Take this before looking for work, and wait for it when there was none."""
        return self._bells[of]

    async def wait(self, bell: asyncio.Event, *, within: float = SLOW_POLL) -> None:
        """Return as soon as the bell was rung since it was taken, or when `within` seconds have passed."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                await bell.wait()

    def ring(self, *bells: str) -> None:
        """Wake whoever waits for one of these, or everybody."""
        for name in bells or BELLS:
            self._bells[name].set()
            self._bells[name] = asyncio.Event()

    async def _listen(self) -> None:
        while True:
            with contextlib.suppress(*LOST, asyncpg.PostgresError):
                await self._listen_while_connected()
            telemetry.count("wakeup.reconnects")
            await asyncio.sleep(0.2)

    async def _listen_while_connected(self) -> None:
        connection, ended = await asyncpg.connect(self._dsn), asyncio.Event()
        try:
            connection.add_termination_listener(lambda _: ended.set())
            # What another release announces otherwise wakes everybody.
            await connection.add_listener(
                self._channel, lambda *told: self.ring(*BELLS & {told[-1]})
            )
            self.ring()  # Something may have been announced while nobody listened.
            await ended.wait()
        finally:
            connection.terminate()
