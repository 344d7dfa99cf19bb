"""Group commit: whatever was asked for while the last append was in flight travels in the next one."""

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

import asyncpg

from shared import crash, telemetry
from shared.event_store import (
    LOST,
    NOTIFY,
    Appended,
    Conflicting,
    Repeated,
    Taken,
    Unavailable,
    Verdict,
    Write,
)

MAX_COMMANDS = 200
"""A call: each holds an advisory lock until commit, and the lock table of a cluster is shared."""

CLOSING_PATIENCE = 5.0

_CALL = (
    "SELECT * FROM append_1($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19,$20,$21,$22,$23,$24,"
    "$25,$26,$27,$28,$29,$30,$31,$32)"
)

_WIDTHS = (5, 4, 10, 5, 5, 3)
_REFUSALS: tuple[Verdict, ...] = (Taken(), Conflicting(), Repeated())
"""The later ones outweigh the earlier ones."""


@dataclass(slots=True)
class _Waiting:
    write: Write
    verdict: asyncio.Future[Verdict]
    alone: bool = False


class Appender:
    """Owns `connections` connections and one task for each; `append` may be called from anywhere in the loop.

    A cancelled caller does not cancel its write. An append whose outcome is unknown is sent again: the command
    ids tell. The queue is bounded, and a full one answers `Unavailable`.
    """

    def __init__(
        self, dsn: str, service: str, *, connections: int = 1, max_waiting: int = 5_000
    ) -> None:
        self._dsn = dsn
        self._service = service
        self._connections = connections
        self._max_waiting = max_waiting
        self._waiting: deque[_Waiting] = deque()
        self._arrived = asyncio.Event()
        self._unannounced = asyncio.Event()
        self._closing = False
        self._tasks: list[asyncio.Task[None]] = []
        self._announcer: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._tasks = [
            asyncio.create_task(self._run(await self._connect()), name="appender")
            for _ in range(self._connections)
        ]
        self._announcer = asyncio.create_task(self._announce(), name="announcer")
        return self

    async def __aexit__(self, *_: object) -> None:
        """Let what was asked for finish, if the database answers; the rest is told to come again."""
        self._closing = True
        self._arrived.set()
        await asyncio.wait(self._tasks, timeout=CLOSING_PATIENCE)
        ending = [*self._tasks, *([self._announcer] if self._announcer else [])]
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)
        _fail(self._waiting, Unavailable("The service is stopping."))

    async def append(self, write: Write) -> Verdict:
        """The verdict on `write` once it is durable; Unavailable when too many wait already."""
        if self._closing or len(self._waiting) >= self._max_waiting:
            raise Unavailable(
                "The service is stopping." if self._closing else "Too many writes wait."
            )
        waiting = _Waiting(write, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        self._arrived.set()
        return await waiting.verdict

    async def _connect(self) -> asyncpg.Connection:
        connection = await asyncpg.connect(
            self._dsn,
            server_settings={
                "search_path": self._service,
                "application_name": f"tessera-{self._service}-append",
                "idle_in_transaction_session_timeout": "1000",
            },
        )
        if await connection.fetchval("SHOW synchronous_commit") == "off":
            await connection.close()
            raise RuntimeError(
                "synchronous_commit is off: what is answered as stored could be lost."
            )
        return connection

    async def _run(self, connection: asyncpg.Connection | None) -> None:
        batch: list[_Waiting] = []
        try:
            while self._waiting or not self._closing:
                if not self._waiting:
                    self._arrived.clear()
                    await self._arrived.wait()
                    continue
                batch = self._next_batch()
                try:
                    if connection is not None and connection.is_closed():
                        connection = None
                    if connection is None:
                        connection = await self._connect()
                    await self._send(connection, batch)
                except Exception as error:  # noqa: BLE001  Whatever it is, its writers are told.
                    # asyncpg has many words for a connection that ended under a call.
                    if isinstance(error, LOST) or (connection and connection.is_closed()):
                        if connection is not None:
                            connection.terminate()
                        self._send_again(batch)
                        await self._give_up_or_wait(error)
                    elif connection is None or len(batch) == 1:
                        _fail(batch, error)
                    else:
                        self._send_again(batch, alone=True)
        finally:
            self._waiting.extend(batch)
            if connection is not None:
                connection.terminate()

    def _next_batch(self) -> list[_Waiting]:
        """The oldest writes, at most MAX_COMMANDS commands, no stream or command twice; the rest keep their order."""
        batch: list[_Waiting] = []
        later: list[_Waiting] = []
        seen: set[UUID] = set()
        commands = 0
        while self._waiting and commands < MAX_COMMANDS:
            if batch and (batch[0].alone or self._waiting[0].alone):
                break
            waiting = self._waiting.popleft()
            touched = [stream.stream_id for stream in waiting.write.streams]
            touched += [command.command_id for command in waiting.write.commands]
            size = max(1, len(waiting.write.commands))
            if not seen.isdisjoint(touched) or (batch and commands + size > MAX_COMMANDS):
                later.append(waiting)
                if len(later) > MAX_COMMANDS:
                    break
            else:
                batch.append(waiting)
                commands += size
            # A write that waits keeps its streams: a later write on one of them must not overtake it.
            seen.update(touched)
        self._waiting.extendleft(reversed(later))
        return batch

    async def _send(self, connection: asyncpg.Connection, batch: Sequence[_Waiting]) -> None:
        calls = await connection.fetch(_CALL, *_parameters([waiting.write for waiting in batch]))
        *refused, positions = calls[0]
        crash.point("append.committed")
        verdicts: dict[int, Verdict] = {}
        for numbers, verdict in zip(reversed(refused), _REFUSALS, strict=True):
            verdicts |= dict.fromkeys(numbers, verdict)
        stored = 0
        for number, waiting in enumerate(batch):
            answer = verdicts.get(number)
            if answer is None:
                first, stored = stored, stored + waiting.write.size
                answer = Appended(tuple(positions[first:stored] if stored > first else ()))
            if not waiting.verdict.done():
                waiting.verdict.set_result(answer)
        telemetry.count("append.calls")
        telemetry.count("append.events", stored)
        if stored:
            self._unannounced.set()

    def _send_again(self, batch: Sequence[_Waiting], *, alone: bool = False) -> None:
        """Put a batch back where it came from. One bad write must not fail its neighbours: `alone` finds it."""
        telemetry.count("append.sent_again")
        for waiting in reversed(batch):
            waiting.alone = waiting.alone or alone
            self._waiting.appendleft(waiting)

    async def _give_up_or_wait(self, error: Exception) -> None:
        """While the database is away, writes wait a little; more than fit into the queue are refused."""
        if len(self._waiting) > self._max_waiting // 2:
            doomed = [self._waiting.popleft() for _ in range(len(self._waiting))]
            _fail(doomed, Unavailable(f"The database is away: {error}"))
        await asyncio.sleep(0.1)

    async def _announce(self) -> None:
        """Wake the readers, from a transaction of its own that waits for no disk: NOTIFY serialises commits."""
        connection: asyncpg.Connection | None = None
        try:
            while True:
                await self._unannounced.wait()
                self._unannounced.clear()
                try:
                    if connection is None or connection.is_closed():
                        connection = await asyncpg.connect(self._dsn)
                    await connection.execute(NOTIFY, self._service, "log")
                except (*LOST, asyncpg.PostgresError):
                    # Readers poll as well; a lost wake-up costs a fraction of a second.
                    connection = None
                    await asyncio.sleep(0.2)
        finally:
            if connection is not None:
                connection.terminate()


def _fail(batch: Iterable[_Waiting], error: Exception) -> None:
    for waiting in batch:
        if not waiting.verdict.done():
            waiting.verdict.set_exception(error)


def _parameters(writes: Sequence[Write]) -> list[Sequence[Any]]:
    """The columns of `append_1`: each row begins with its write's place in the call, and is otherwise as here."""
    numbered = list(enumerate(writes))
    tables: tuple[list[tuple[Any, ...]], ...] = (
        [(n, *command) for n, write in numbered for command in write.commands],
        [(n, *stream[:3]) for n, write in numbered for stream in write.streams],
        [
            (n, *stream[:2], version, *event)
            for n, write in numbered
            for stream in write.streams
            for version, event in enumerate(stream.events, stream.expected + 1)
        ],
        [(n, *key) for n, write in numbered for key in write.keep.keys],
        [(n, *lookup) for n, write in numbered for lookup in write.keep.lookups],
        [(n, *forget) for n, write in numbered for forget in write.keep.forget],
    )
    return [
        column
        for rows, width in zip(tables, _WIDTHS, strict=True)
        for column in (zip(*rows, strict=True) if rows else [()] * width)
    ]
