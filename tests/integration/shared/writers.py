"""Writers in processes of their own: `python -m tests.integration.shared.writers <what> <database> <seed>`.

storm    random writes over shared streams with reused command ids, through an appender
oracle   appends, some slow to commit, some rolled back; tells what was committed
inside   appends, says so, and never commits
"""

import asyncio
import json
import random
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from uuid import UUID

from shared.appender import Appender
from shared.event_store import Appended, Conflicting
from shared.ids import PLATFORM, derive
from tests.integration.shared.writing import SERVICE, call, connected, part, pooled, stream, write

STREAMS = 20
COMMAND_IDS = 600
CALLERS = 12
WRITES = 30
CONNECTIONS = 4
TRANSACTIONS = 60
ROLLED_BACK = 0.08
DELAYED = 0.08


async def storm(database_url: str, seed: int) -> dict[str, int]:
    chance = random.Random(seed)
    verdicts: Counter[str] = Counter()
    known: dict[UUID, int] = {}

    async def caller(appender: Appender) -> None:
        for _ in range(WRITES):
            chosen = chance.sample(range(STREAMS), chance.randint(1, 3))
            command_id = derive(PLATFORM, "storm", str(chance.randrange(COMMAND_IDS)))
            parts = [part(stream(n), known.get(stream(n), 0), chance.randint(0, 2)) for n in chosen]
            verdict = await appender.append(write(*parts, command_id=command_id))
            verdicts[type(verdict).__name__] += 1
            if isinstance(verdict, Appended):
                known.update({each.stream_id: each.expected + len(each.events) for each in parts})
            if isinstance(verdict, Conflicting):
                rows = await pool.fetch(
                    "SELECT stream_id, max(version) AS version FROM events GROUP BY stream_id"
                )
                known.update({row["stream_id"]: row["version"] for row in rows})

    async with (
        pooled(database_url) as pool,
        Appender(database_url, SERVICE, connections=2) as appender,
    ):
        await asyncio.gather(*(caller(appender) for _ in range(CALLERS)))
    return dict(verdicts)


async def oracle(database_url: str, seed: int) -> list[tuple[int, str, int]]:
    """Position, stream and version of every event that was committed."""
    chance = random.Random(seed)
    committed: list[tuple[int, str, int]] = []

    async def writer() -> None:
        async with connected(database_url) as connection:
            for _ in range(TRANSACTIONS):
                stream_id = stream(chance.randrange(STREAMS))
                version = await connection.fetchval(
                    "SELECT coalesce(max(version), 0) FROM events WHERE stream_id = $1", stream_id
                )
                fate = chance.random()
                await connection.execute("BEGIN")
                row = await call(connection, write(part(stream_id, version, chance.randint(1, 5))))
                if ROLLED_BACK < fate < ROLLED_BACK + DELAYED:
                    await asyncio.sleep(chance.uniform(0, 0.08))
                await connection.execute("ROLLBACK" if fate < ROLLED_BACK else "COMMIT")
                if fate >= ROLLED_BACK:
                    committed.extend(
                        (position, str(stream_id), number)
                        for number, position in enumerate(row["positions"] or (), version + 1)
                    )

    await asyncio.gather(*(writer() for _ in range(CONNECTIONS)))
    return committed


def tell(what: object) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


async def inside(database_url: str, seed: int) -> None:
    async with connected(database_url) as connection:
        await connection.execute("BEGIN")
        row = await call(connection, write(part(stream(seed), 0, 3)))
        tell(row["positions"])
        await asyncio.Event().wait()


WHAT: dict[str, Callable[[str, int], Awaitable[object]]] = {
    "storm": storm,
    "oracle": oracle,
    "inside": inside,
}


async def main(what: str, database_url: str, seed: str) -> None:
    tell(await WHAT[what](database_url, int(seed)))


async def start(what: str, database_url: str, seed: int) -> asyncio.subprocess.Process:
    """Such a process, its words in its standard output."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.integration.shared.writers",
        what,
        database_url,
        str(seed),
        stdout=asyncio.subprocess.PIPE,
    )


async def told(process: asyncio.subprocess.Process) -> object:
    """What it had to say in the end."""
    said, _ = await process.communicate()
    assert process.returncode == 0
    return json.loads(said)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
