"""The newest rows are read once for everybody, and nobody misses one or sees one twice."""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import event_log
from shared.event_log import Tail


class Log:
    """Rows that were committed, and how often they were looked at."""

    def __init__(self) -> None:
        self.positions: list[int] = []
        self.looks = 0
        self.broken = False

    def append(self, number: int, *, step: int = 1) -> None:
        for _ in range(number):
            self.positions.append((self.positions or [0])[-1] + step)

    async def fetch(self, after: int, limit: int) -> list[Any]:
        self.looks += 1
        found = [{"position": place} for place in self.positions if place > after][:limit]
        await asyncio.sleep(0)
        if self.broken:
            raise ConnectionResetError
        return found


class Reader:
    """Follows the log through the tail, as EventLog and Inbox do."""

    def __init__(self, log: Log, tail: Tail) -> None:
        self.log, self.tail = log, tail
        self.seen: list[int] = []

    async def read(self, limit: int) -> None:
        after = self.seen[-1] if self.seen else 0
        if self.tail.holds(after):
            rows = await self.tail.rows(after, limit)
        else:
            rows = await self.log.fetch(after, limit)
            if len(rows) < limit:
                self.tail.begin(rows[-1]["position"] if rows else after)
        self.seen += [row["position"] for row in rows]


def opened() -> tuple[Log, Tail]:
    log = Log()
    return log, Tail(log.fetch)


steps = st.one_of(
    st.tuples(st.just("append"), st.integers(1, 7), st.integers(1, 3)),
    st.tuples(st.just("read"), st.sets(st.integers(0, 2), min_size=1), st.integers(1, 6)),
)


@given(st.lists(steps, max_size=30))
def test_every_reader_sees_every_row_once_and_in_order(played: list[tuple[str, Any, int]]) -> None:
    async def play() -> None:
        log, tail = opened()
        readers = [Reader(log, tail) for _ in range(3)]
        for what, whom, much in played:
            if what == "append":
                log.append(whom, step=much)
            else:
                await asyncio.gather(*(readers[number].read(much) for number in whom))
            for reader in readers:
                assert reader.seen == log.positions[: len(reader.seen)]
        for reader in readers:
            for _ in range(2 * len(log.positions) + 2):
                await reader.read(4)
            assert reader.seen == log.positions

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(event_log, "KEPT", 5)
        asyncio.run(play())


async def test_who_comes_while_somebody_looks_shares_the_next_look() -> None:
    log, tail = opened()
    readers = [Reader(log, tail) for _ in range(9)]
    await asyncio.gather(*(reader.read(10) for reader in readers))
    log.looks = 0
    log.append(3)
    await asyncio.gather(*(reader.read(10) for reader in readers))
    assert log.looks <= 2
    assert all(reader.seen == [1, 2, 3] for reader in readers)


async def test_a_look_that_fails_is_nobody_elses() -> None:
    log, tail = opened()
    reader, other = Reader(log, tail), Reader(log, tail)
    await reader.read(10)
    log.append(2)
    log.broken = True
    failed = await asyncio.gather(reader.read(10), other.read(10), return_exceptions=True)
    assert any(isinstance(error, ConnectionResetError) for error in failed)
    log.broken = False
    for one in (reader, other):
        await one.read(10)
        assert one.seen == [1, 2]
