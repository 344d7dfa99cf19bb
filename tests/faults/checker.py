"""Looks at the stack from outside, in Postgres, Kafka and the processor, and says what does not hold."""

import asyncio
import importlib
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

import asyncpg
import httpx
from aiokafka import AIOKafkaConsumer, TopicPartition

from deploy.local.settings import HOST, ROOT, SERVICES
from shared.decider import members
from shared.envelope import seal
from shared.event_store import EventStore
from shared.event_types import EventTypes
from shared.service import Blueprint
from tests.faults.conftest import Victim

Table = tuple[str, str]


def wrongs(victim: Victim, *, rebuilding: bool = False) -> list[str]:
    """Every broken invariant in a sentence; none when all is well. The stack must be quiet.

    `rebuilding` folds every read model again and compares it with the live one, which takes a while.
    """
    return asyncio.run(_wrongs(victim, rebuilding=rebuilding))


async def _wrongs(victim: Victim, *, rebuilding: bool) -> list[str]:
    told = victim.environment("billing")
    connection = await asyncpg.connect(
        told["TESSERA_DATABASE_URL"], server_settings={"tessera.community": "*"}
    )
    try:
        topics = await _topics(told["TESSERA_KAFKA"])
        found = [
            *await _broken_streams(connection),
            *await _lost_or_phantom(connection, topics),
            *await _disordered(topics),
            *await _unfinished(connection),
            *await _money(connection, victim),
            *await _seats(connection),
            *await _access(connection),
        ]
        if not rebuilding:
            return found
        before = await _read_models(connection)
        for service in SERVICES:
            _rebuild(victim, service)
        after = await _read_models(connection)
        found += [
            f"{schema}.{table} is not the fold of the log: {_difference(rows, after[schema, table])}"
            for (schema, table), rows in before.items()
            if rows != after[schema, table]
        ]
        return found
    finally:
        await connection.close()


async def _broken_streams(connection: asyncpg.Connection) -> list[str]:
    found = []
    for schema in SERVICES:
        rows = await connection.fetch(
            f"SELECT stream_id FROM {schema}.events GROUP BY stream_id"
            " HAVING count(*) <> max(version) OR count(DISTINCT event_id) <> count(*)"
        )
        found += [f"{schema}: stream {row['stream_id']} has gaps or repeats" for row in rows]
    return found


async def _topics(bootstrap: str) -> dict[str, list[Any]]:
    """Every record of every topic of ours, by topic, each partition in order."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, auto_offset_reset="earliest", enable_auto_commit=False
    )
    await consumer.start()
    try:
        names = sorted(topic for topic in await consumer.topics() if topic.startswith("tessera."))
        places = [TopicPartition(name, number) for name in names for number in range(6)]
        ends = await consumer.end_offsets(places)
        consumer.assign([place for place in places if ends[place]])
        records: dict[str, list[Any]] = defaultdict(list)
        while [p for p in places if ends[p] and await consumer.position(p) < ends[p]]:
            for place, batch in (await consumer.getmany(timeout_ms=500)).items():
                records[place.topic] += batch
        return records
    finally:
        await consumer.stop()


async def _lost_or_phantom(
    connection: asyncpg.Connection, topics: Mapping[str, list[Any]]
) -> list[str]:
    """What the log says should be out, against what is out."""
    out: dict[str, set[str]] = defaultdict(set)
    for topic, records in topics.items():
        out[topic] |= {dict(record.headers)["ce_id"].decode() for record in records}
    expected: dict[str, set[str]] = defaultdict(set)
    for service in SERVICES:
        features = importlib.import_module(f"services.{service}.app").FEATURES
        plan = Blueprint(service, None, features, ROOT)  # type: ignore[arg-type]
        publications: dict[str, list[Any]] = defaultdict(list)
        for publication in plan.publications:
            publications[publication.of.__name__].append(publication)
        types = EventTypes(cls for decider in plan.deciders for cls in members(decider.events))
        store = EventStore(service, None, types)  # type: ignore[arg-type]  # it only decodes here
        for row in await connection.fetch(f"SELECT * FROM {service}.events"):
            for number, publication in enumerate(publications.get(row["type"], ())):
                fact = store.fact(row)
                contract = publication.map(fact)
                if contract is not None:
                    record = seal(fact, contract, number)
                    expected[record.topic].add(dict(record.headers)["ce_id"].decode())
    return [
        f"{topic}: {len(expected[topic] - out[topic])} lost, {len(out[topic] - expected[topic])} phantom"
        for topic in sorted(expected.keys() | out.keys())
        if expected[topic] != out[topic]
    ]


async def _disordered(topics: Mapping[str, list[Any]]) -> list[str]:
    """Per key, first occurrences come in the order of the log."""
    found = []
    for topic, records in topics.items():
        last: dict[bytes, int] = {}
        seen: set[str] = set()
        for record in records:
            headers = dict(record.headers)
            if (event := headers["ce_id"].decode()) in seen:
                continue
            seen.add(event)
            position = int(headers["ce_position"])
            if position < last.get(record.key, 0):
                found.append(f"{topic}: {record.key.decode()} goes back to {position}")
            last[record.key] = position
    return found


async def _unfinished(connection: asyncpg.Connection) -> list[str]:
    found = []
    for schema in SERVICES:
        parked = await connection.fetch(
            f"SELECT name, last_error FROM {schema}.agenda WHERE state = 'parked'"
        )
        found += [f"{schema}: {row['name']} is parked: {row['last_error']}" for row in parked]
        facts = await connection.fetchval(f"SELECT count(*) FROM {schema}.parked")
        found += [f"{schema}: {facts} keys of read models are parked"] if facts else []
    return found


async def _money(connection: asyncpg.Connection, victim: Victim) -> list[str]:
    """The processor's own list against our log: each payment once, and the same sums."""
    taken: Counter[str] = Counter()
    attempts: Counter[str] = Counter()
    for intent in _listed(victim, "payment_intents"):
        if intent["status"] == "succeeded":
            taken[intent["metadata"]["payment_id"]] += intent["amount"]
            attempts[intent["metadata"]["payment_id"]] += 1
    rows = await connection.fetch(
        "SELECT stream_id, data FROM billing.events WHERE type = 'PaymentSucceeded'"
    )
    ours = {str(row["stream_id"]) for row in rows}
    return [
        *(f"payment {payment} was charged {n} times" for payment, n in attempts.items() if n > 1),
        *(
            f"payment {payment} was charged and is not in our books"
            for payment in taken.keys() - ours
        ),
        *(
            f"payment {payment} is in our books and was not charged"
            for payment in ours - taken.keys()
        ),
    ]


def _listed(victim: Victim, what: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    with httpx.Client(
        base_url=f"http://{HOST}:{victim.settings.ports['stripe']}",
        auth=("sk_test_checker", ""),
        trust_env=False,
    ) as processor:
        more: dict[str, Any] = {"limit": 100}
        while True:
            page = processor.get(f"/v1/{what}", params=more).raise_for_status().json()
            found += page["data"]
            if not page["has_more"]:
                return found
            more["starting_after"] = page["data"][-1]["id"]


async def _seats(connection: asyncpg.Connection) -> list[str]:
    """Seats sold never exceed what was opened, and no hold was sold twice."""
    rows = await connection.fetch(
        """
        SELECT stream_id, sum((data->>'capacity')::int) FILTER (WHERE type = 'SaleOpened') AS capacity,
               coalesce(sum((data->'seats'->>'count')::int) FILTER (WHERE type = 'SeatsSold'), 0) AS sold,
               count(*) FILTER (WHERE type = 'SeatsSold') AS sales,
               count(DISTINCT data->'seats'->>'hold_id') FILTER (WHERE type = 'SeatsSold') AS holds
        FROM events.events GROUP BY stream_id HAVING bool_or(type = 'SaleOpened')
        """
    )
    return [
        f"sale {row['stream_id']}: {row['sold']} of {row['capacity']} seats sold,"
        f" in {row['sales']} sales of {row['holds']} holds"
        for row in rows
        if row["sold"] > row["capacity"] or row["sales"] != row["holds"]
    ]


async def _access(connection: asyncpg.Connection) -> list[str]:
    """Whoever has a running subscription has its reason for access, and nobody else has one."""
    running = {
        str(row["stream_id"])
        for row in await connection.fetch(
            """
            SELECT stream_id FROM billing.events GROUP BY stream_id
            HAVING bool_or(type IN ('SubscriptionActivated', 'TrialStarted'))
               AND NOT bool_or(type = 'SubscriptionEnded')
            """
        )
    }
    live = await connection.fetch(
        "SELECT reason_id FROM membership.access_v2 WHERE kind = 'subscription' AND ended_at IS NULL"
    )
    started = {str(row["reason_id"]) for row in live}
    return [
        *(f"subscription {one} runs without access" for one in running - started),
        *(f"access for subscription {one} has no reason any more" for one in started - running),
    ]


async def _read_models(connection: asyncpg.Connection) -> dict[Table, Counter[str]]:
    tables = await connection.fetch(
        "SELECT table_schema, table_name FROM information_schema.tables"
        " WHERE table_schema = ANY ($1) AND table_name ~ '_v[0-9]+(_|$)' ORDER BY 1, 2",
        list(SERVICES),
    )
    return {
        (schema, table): Counter(
            row[0] for row in await connection.fetch(f'SELECT t::text FROM "{schema}"."{table}" t')
        )
        for schema, table in tables
    }


def _difference(one: Counter[str], other: Counter[str]) -> str:
    return f"only live {list(one - other)[:2]}, only rebuilt {list(other - one)[:2]}"


def _rebuild(victim: Victim, service: str) -> None:
    environment = {"PATH": "/usr/bin:/bin", **victim.environment(service)}
    subprocess.run(
        [sys.executable, "-m", f"services.{service}", "rebuild", "all"],
        cwd=ROOT, env=environment, check=True, capture_output=True, timeout=120,
    )  # fmt: skip
