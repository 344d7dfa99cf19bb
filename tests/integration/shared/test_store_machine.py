"""The store with its relay, its inbox and its read models, played at random by Hypothesis on a real Postgres.

Kafka is a list of records for each partition: what the relay sends is appended, or fails; what is delivered is any
run of records from at or before the committed offset. So every order in which things can go wrong is one that
Hypothesis may choose, and shrink.
"""

import asyncio
import contextlib
import itertools
from collections import Counter, defaultdict
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from typing import Any, ClassVar, TypeVar
from uuid import UUID

import asyncpg
import orjson
import pytest
from aiokafka.errors import RequestTimedOutError
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from shared.command_handler import Answer
from shared.consumer import arrival
from shared.decider import Rejected
from shared.event_log import Source
from shared.event_store import StreamWrite
from shared.feature import Feature
from shared.ids import PLATFORM, derive
from shared.projection import Projection, ProjectionReader, position, rebuild, step
from shared.reaction import Ask
from shared.relay import Relay, lag, partition_of
from shared.service import Service
from tests.integration.shared.counting import (
    COUNTER,
    TOTALS,
    Count,
    CountedContract,
    count,
    counter,
    feature,
    origin,
    running,
)
from tests.integration.shared.test_relay_consumer import Raw
from tests.integration.shared.writing import OpenAppend, call, event, part, write

T = TypeVar("T")

STREAMS = 4
PARTITIONS = 2
BATCH_SIZE = 6
TOPIC = CountedContract.topic
OWN_STREAMS = 100
"""From here on, streams of the writers that hold their transactions open."""

_numbers = itertools.count()


async def _add(connection: Any, facts: Sequence[Any]) -> None:
    await connection.executemany(
        "INSERT INTO heard_v1 VALUES ($1, $2, $3)"
        " ON CONFLICT (counter_id) DO UPDATE SET total = heard_v1.total + excluded.total",
        [(f.body.counter_id, f.community_id, f.body.by) for f in facts],
    )


HEARD = Projection(
    name="heard",
    version=1,
    ddl=TOTALS.ddl.replace("totals_v1", "heard_v1"),
    tables=("heard_v1",),
    facts=(CountedContract,),
    apply=_add,
)


class Batch:
    """A record batch that is full early, so that rounds are cut."""

    def __init__(self) -> None:
        self.records: list[Raw] = []

    def append(self, *, key: bytes, value: bytes, timestamp: None, headers: Any) -> object:
        assert timestamp is None
        if len(self.records) == BATCH_SIZE:
            return None
        self.records.append(Raw(value, tuple(headers), key, TOPIC))
        return self

    def record_count(self) -> int:
        return len(self.records)


class Broker:
    """Partitions, and the producer's side of the client library."""

    def __init__(self) -> None:
        self.partitions: list[list[Raw]] = [[] for _ in range(PARTITIONS)]
        self.fails: set[int] = set()

    def create_batch(self) -> Batch:
        return Batch()

    async def send_batch(
        self, batch: Batch, topic: str, *, partition: int
    ) -> "asyncio.Future[None]":
        assert topic == TOPIC
        acknowledged: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if partition in self.fails:
            acknowledged.set_exception(RequestTimedOutError())
        else:
            self.partitions[partition] += batch.records
            acknowledged.set_result(None)
        return acknowledged


class Crash(Exception):
    """The process ends here."""


class CrashingRelay(Relay):
    """It may end between sending and moving the cursor."""

    crashes = False

    async def _move(self, upto: int, sent: Counter[str]) -> None:
        if self.crashes:
            raise Crash
        await super()._move(upto, sent)


class StoreMachine(RuleBasedStateMachine):
    """One service that publishes, and hears itself."""

    url: ClassVar[str]

    def __init__(self) -> None:
        super().__init__()
        self.name = f"machine{next(_numbers)}"
        self.runner = asyncio.Runner()
        self.stack = contextlib.AsyncExitStack()
        heard = Feature(name="heard", projections=(HEARD,))
        self.service: Service = self.run(
            self.stack.enter_async_context(running(self.url, feature(), heard, name=self.name))
        )
        self.readers: list[tuple[ProjectionReader, Source]] = [
            (ProjectionReader(TOTALS), self.service.log),
            (ProjectionReader(HEARD), self.service.inbox),
        ]
        self.broker = Broker()
        self.committed = [0] * PARTITIONS
        self.relay = self.new_relay()
        self.run(self.relay._take_lease())
        self.commands = 0
        self.answers: list[tuple[UUID, Ask, Answer]] = []
        self.log: dict[UUID, list[int]] = defaultdict(list)
        self.writers: list[tuple[OpenAppend, UUID, list[int]]] = []

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        async def limited() -> T:
            async with asyncio.timeout(30):
                return await work

        return self.runner.run(limited())

    def command_id(self) -> UUID:
        self.commands += 1
        return derive(PLATFORM, self.name, str(self.commands))

    def new_relay(self) -> "CrashingRelay":
        service = self.service
        return CrashingRelay("nowhere", service.store, service.log, service.publications)

    # What writers do

    @rule(asks=st.lists(st.tuples(st.integers(0, STREAMS - 1), st.integers(0, 3)), max_size=8))
    def count_at_once(self, asks: list[tuple[int, int]]) -> None:
        numbered = [
            (self.command_id(), Ask(COUNTER, counter(stream), Count(by))) for stream, by in asks
        ]

        async def all_of_them() -> list[Answer]:
            return await asyncio.gather(
                *(self.service.handler.handle([ask], origin(id_)) for id_, ask in numbered)
            )

        for (id_, ask), answer in zip(numbered, self.run(all_of_them()), strict=True):
            self.answers.append((id_, ask, answer))
            assert isinstance(ask.command, Count)
            if ask.command.by:
                self.log[ask.stream_id].append(ask.command.by)
                assert answer.version == len(self.log[ask.stream_id])

    @precondition(lambda self: self.answers)
    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        id_, ask, answer = data.draw(st.sampled_from(self.answers))
        assert self.run(self.service.handler.handle([ask], origin(id_))) == answer

    @rule(stream=st.integers(0, STREAMS - 1), off=st.sampled_from([-1, 1, 5]))
    def be_refused(self, stream: int, off: int) -> None:
        with contextlib.suppress(Rejected):
            self.run(count(self.service, counter(stream), -1, command_id=self.command_id()))
            pytest.fail("not refused")
        wrong = max(0, len(self.log[counter(stream)]) + off)
        if wrong != len(self.log[counter(stream)]):
            row = self.run(self.append(part(counter(stream), wrong)))
            assert row["conflicting"] == [0]

    async def append(self, *parts: StreamWrite) -> asyncpg.Record:
        written = write(*parts, command_id=self.command_id())
        async with self.service.pool.acquire() as connection:
            return await call(connection, written)

    @precondition(lambda self: len(self.writers) < 3)
    @rule(values=st.lists(st.integers(1, 3), min_size=1, max_size=3))
    def begin_slowly(self, values: list[int]) -> None:
        """A hole in the log: somebody has positions and takes time, while the next one commits."""
        stream_id = counter(OWN_STREAMS + self.commands)
        events = [event(orjson.dumps({"by": by}).decode()) for by in values]

        async def begin() -> OpenAppend:
            schema = {"search_path": self.name}
            connection = await asyncpg.connect(self.url, server_settings=schema)
            await connection.execute("BEGIN")
            written = write(part(stream_id, 0, events), command_id=self.command_id())
            return OpenAppend(connection, await call(connection, written))

        self.writers.append((self.run(begin()), stream_id, values))
        self.count_at_once([(0, 1)])

    @precondition(lambda self: self.writers)
    @rule(data=st.data(), commits=st.booleans())
    def end_slowly(self, data: st.DataObject, *, commits: bool) -> None:
        number = data.draw(st.integers(0, len(self.writers) - 1))
        writer, stream_id, values = self.writers.pop(number)
        if commits:
            self.run(writer.commit())
            self.log[stream_id] = values
        else:
            self.run(writer.roll_back())
        writer.connection.terminate()

    # What the relay does

    @rule(fails=st.sets(st.integers(0, PARTITIONS - 1)), crashes=st.booleans())
    def publish(self, fails: set[int], *, crashes: bool) -> None:
        """A round; where it fails or the process dies before its cursor moves, another takes over."""
        partitions = dict.fromkeys([TOPIC], PARTITIONS)
        self.broker.fails = fails

        self.relay.crashes = crashes
        try:
            self.run(self.relay._publish(self.broker, partitions))
        except (Crash, RequestTimedOutError):
            self.take_over()

    @rule()
    def take_over(self) -> None:
        self.run(self.service.pool.execute("UPDATE relays SET expires_at = clock_timestamp()"))
        self.relay = self.new_relay()
        assert self.run(self.relay._take_lease())

    # What the inbox does

    @rule(partition=st.integers(0, PARTITIONS - 1), back=st.integers(0, 9), size=st.integers(0, 9))
    def deliver(self, partition: int, back: int, size: int) -> None:
        """Records from some offset before the committed one: a rebalance, a zombie, a lost commit."""
        first = max(0, self.committed[partition] - back)
        found = self.broker.partitions[partition][first : first + size]
        if found:
            self.run(self.service.inbox.store([arrival(record) for record in found]))
            self.committed[partition] = max(self.committed[partition], first + len(found))

    # What the read models do

    @rule(batch=st.integers(1, 9), crashes=st.booleans())
    def fold(self, batch: int, *, crashes: bool) -> None:
        for reader, source in self.readers:
            self.fold_one(reader, source, batch, crashes=crashes)

    def fold_one(
        self, reader: ProjectionReader, source: Source, batch: int, *, crashes: bool
    ) -> None:

        async def fold() -> None:
            at = await position(self.service.pool, reader, source)
            await step(self.service.pool, [reader], source, at, batch=batch)

        async def cut_off(connection: Any, facts: Sequence[Any]) -> None:
            await projection.apply(connection, facts)
            raise ConnectionResetError

        projection = reader.projection
        if crashes:
            reader = ProjectionReader(replace(projection, apply=cut_off))
        with contextlib.suppress(ConnectionResetError):
            self.run(fold())

    @rule(which=st.integers(0, 1))
    def rebuild(self, which: int) -> None:
        projection = self.readers[which][0].projection
        self.run(rebuild(self.service.pool, self.name, projection, self.service.sources()))

    # What is always so

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in self.run(self.service.pool.fetch(query, *parameters))]

    @invariant()
    def the_log_is_what_was_accepted(self) -> None:
        versions: dict[UUID, list[int]] = defaultdict(list)
        last = 0
        for at, stream_id, version, data in self.rows(
            "SELECT position, stream_id, version, data FROM events ORDER BY position"
        ):
            assert at > last
            last = at
            versions[stream_id].append(orjson.loads(data)["by"])
            assert version == len(versions[stream_id])
        assert versions == {key: values for key, values in self.log.items() if values}

    @invariant()
    def each_read_model_is_the_fold_of_what_it_has_read(self) -> None:
        assert self.rows("SELECT counter_id, total::int FROM totals_v1 ORDER BY 1") == self.rows(
            "SELECT stream_id, sum((data->>'by')::int)::int FROM events WHERE position <= coalesce("
            " (SELECT position FROM checkpoints WHERE reader = 'totals_v1'), 0) GROUP BY 1 ORDER BY 1"
        )
        assert self.rows("SELECT counter_id, total::int FROM heard_v1 ORDER BY 1") == self.rows(
            "SELECT (value->>'subject')::uuid, sum((value->'data'->>'by')::int)::int FROM inbox"
            " WHERE id <= coalesce("
            " (SELECT position FROM checkpoints WHERE reader = 'heard_v1'), 0) GROUP BY 1 ORDER BY 1"
        )

    @invariant()
    def each_stream_comes_first_in_order_and_nothing_before_the_cursor_is_missing(self) -> None:
        seen = first_versions(
            record for partition in self.broker.partitions for record in partition
        )
        for stream_id, versions in seen.items():
            assert versions == list(range(1, len(versions) + 1))
            key = str(stream_id).encode()
            assert any(
                record.key == key
                for record in self.broker.partitions[partition_of(key, PARTITIONS)]
            )
        for stream_id, published in self.rows(
            "SELECT stream_id, count(*)::int FROM events"
            " WHERE position <= (SELECT position FROM relays) GROUP BY 1"
        ):
            assert len(seen[stream_id]) >= published

    @invariant()
    def the_inbox_has_each_event_once_and_in_order(self) -> None:
        delivered = first_versions(
            record
            for partition, upto in zip(self.broker.partitions, self.committed, strict=True)
            for record in partition[:upto]
        )
        kept: dict[UUID, list[int]] = defaultdict(list)
        for subject, version in self.rows(
            "SELECT (value->>'subject')::uuid, (value->>'version')::int FROM inbox ORDER BY id"
        ):
            kept[subject].append(version)
        assert kept == delivered

    def teardown(self) -> None:
        """Whatever happened, in the end everything is everywhere."""
        try:
            while self.writers:
                writer, stream_id, values = self.writers.pop()
                self.run(writer.commit())
                self.log[stream_id] = values
                writer.connection.terminate()
            self.take_over()
            self.broker.fails = set()
            while self.run(lag(self.service.pool)):  # A barrier may still be backing off.
                self.run(self.relay._publish(self.broker, {TOPIC: PARTITIONS}))
            for number, partition in enumerate(self.broker.partitions):
                self.deliver(number, 0, len(partition))
            self.fold(10_000, crashes=False)
            while not self.run(self.service.quiet()).quiet:
                self.fold(10_000, crashes=False)
            totals = sorted((key, sum(values)) for key, values in self.log.items() if values)
            for table in ("totals_v1", "heard_v1"):
                found = self.rows(f"SELECT counter_id, total::int FROM {table} ORDER BY 1")
                assert found == totals
        finally:
            self.run(self.stack.aclose())
            self.run(self.drop())
            self.runner.close()

    async def drop(self) -> None:
        connection = await asyncpg.connect(self.url)
        await connection.execute(
            f'DROP SCHEMA "{self.name}" CASCADE; DROP SCHEMA "{self.name}_personal" CASCADE'
        )
        await connection.close()


def first_versions(records: Any) -> dict[UUID, list[int]]:
    versions: dict[UUID, list[int]] = defaultdict(list)
    for record in records:
        envelope = orjson.loads(record.value)
        subject = UUID(envelope["subject"])
        if envelope["version"] not in versions[subject]:
            versions[subject].append(envelope["version"])
    return versions


def test_whatever_happens_in_whatever_order_everything_stays_true(database_url: str) -> None:
    class Machine(StoreMachine):
        url = database_url

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=20,
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            phases=[Phase.generate],  # A run of 25 steps says enough; to shrink it takes minutes.
            suppress_health_check=list(HealthCheck),
        ),
    )
