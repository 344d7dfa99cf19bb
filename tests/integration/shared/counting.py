"""A service small enough to hold in one's head, for the tests of the kernel: things are counted up to a limit."""

import asyncio
import base64
import contextlib
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

import asyncpg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import OKPAlgorithm
from pydantic import SecretStr

from shared import migrations
from shared.command_handler import Answer, Origin
from shared.contracts.contract import Contract
from shared.decider import Decider, Rejected
from shared.event_log import Source
from shared.event_store import Fact, Meta
from shared.feature import Feature, Publication
from shared.ids import derive, random_id
from shared.projection import Projection, Reader, position, step
from shared.reaction import Action, Ask, Reaction
from shared.service import Blueprint, Service, opened
from shared.settings import Settings

SERVICE = "counting"
COMMUNITY = UUID("11111111-1111-8111-8111-111111111111")
OTHER_COMMUNITY = UUID("22222222-2222-8222-8222-222222222222")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LIMIT = 1_000_000_000


@dataclass(frozen=True)
class Count:
    by: int = 1
    limit: int = LIMIT


@dataclass(frozen=True)
class Counted:
    by: int


@dataclass(frozen=True)
class Total:
    value: int = 0


def decide(command: Count, total: Total) -> list[Counted]:
    if command.by < 0:
        raise Rejected("negative", "Counting goes up.", pointer="/by")
    if total.value + command.by > command.limit:
        raise Rejected("limit_reached", "That is enough.", limit=command.limit)
    return [Counted(command.by)] if command.by else []


def evolve(total: Total, event: Counted) -> Total:
    return Total(total.value + event.by)


COUNTER: Decider[Count, Total, Counted] = Decider(
    "counter", initial=Total(), decide=decide, evolve=evolve, commands=Count, events=Counted
)


class CountedContract(Contract):
    topic: ClassVar[str] = "tessera.counting.counter.v1"

    counter_id: UUID
    by: int


async def _apply(connection: Any, facts: Sequence[Fact]) -> None:
    totals: dict[UUID, tuple[UUID, int]] = {}
    for fact in facts:
        if fact.body.by == 666:
            raise ValueError("666 cannot be folded")
        _, total = totals.get(fact.stream_id, (fact.community_id, 0))
        totals[fact.stream_id] = fact.community_id, total + fact.body.by
    await connection.executemany(
        "INSERT INTO totals_v1 VALUES ($1, $2, $3)"
        " ON CONFLICT (counter_id) DO UPDATE SET total = totals_v1.total + excluded.total",
        [(counter_id, community, total) for counter_id, (community, total) in totals.items()],
    )


TOTALS = Projection(
    name="totals",
    version=1,
    ddl="CREATE TABLE totals_v1 (counter_id uuid PRIMARY KEY, community_id uuid NOT NULL, total bigint NOT NULL)",
    tables=("totals_v1",),
    facts=(Counted,),
    apply=_apply,
)


def published(fact: Fact) -> CountedContract:
    return CountedContract(
        community_id=fact.community_id,
        occurred_at=fact.at,
        counter_id=fact.stream_id,
        by=fact.body.by,
    )


def feature(
    *, reactions: tuple[Reaction, ...] = (), actions: tuple[Action, ...] = (), router: Any = None
) -> Feature:
    return Feature(
        name="counter",
        deciders=(COUNTER,),
        router=router,
        projections=(TOTALS,),
        reactions=reactions,
        publications=(Publication(Counted, CountedContract, published),),
        actions=actions,
    )


def key_pair(kid: str = "test") -> tuple[str, str]:
    """A private JWK and the JWKS that holds its public half."""
    private = Ed25519PrivateKey.generate()
    jwk = OKPAlgorithm.to_jwk(private, as_dict=True) | {"kid": kid}
    public = OKPAlgorithm.to_jwk(private.public_key(), as_dict=True) | {"kid": kid}
    return json.dumps(jwk), json.dumps({"keys": [public]})


def settings(database_url: str, kafka: str = "127.0.0.1:1", **more: Any) -> Settings:
    return Settings(
        database_url=database_url,
        kafka=kafka,
        kafka_replication=1,
        secret=SecretStr("s" * 64),
        kek=more.pop("kek", SecretStr(base64.urlsafe_b64encode(b"k" * 32).decode())),
        token_keys=more.pop("token_keys", json.dumps({"keys": []})),
        **more,
    )


@contextlib.asynccontextmanager
async def running(
    database_url: str,
    *features: Feature,
    kafka: str = "127.0.0.1:1",
    name: str = SERVICE,
    **more: Any,
) -> AsyncIterator[Service]:
    """The service, migrated and open; its loops are the test's to run."""
    folder = Path(__file__).parent / "no_migrations"
    connection = await asyncpg.connect(database_url)
    await migrations.migrate(connection, name, folder)
    await connection.close()
    plan = Blueprint(name, settings(database_url, kafka, **more), features or (feature(),), folder)
    async with opened(plan) as service:
        yield service


def origin(
    command_id: UUID | None = None, community_id: UUID = COMMUNITY, fingerprint: bytes = b""
) -> Origin:
    command_id = command_id or random_id()
    return Origin(command_id, community_id, NOON, Meta(command_id, command_id), fingerprint)


async def count(
    service: Service,
    counter_id: UUID,
    by: int = 1,
    *,
    limit: int = LIMIT,
    command_id: UUID | None = None,
) -> Answer:
    return await service.handler.handle(
        [Ask(COUNTER, counter_id, Count(by, limit))], origin(command_id)
    )


def counter(number: int) -> UUID:
    return derive(COMMUNITY, "counter", str(number))


async def read_to_end(
    service: Service, reader: Reader, source: Source, *, batch: int = 1_000
) -> None:
    """Step until there is nothing more."""
    at = await position(service.pool, reader, source)
    while (read := await step(service.pool, [reader], source, at, batch=batch)).upto != at:
        at = read.upto


async def all_facts(service: Service) -> list[Fact]:
    """Everything in the log, read as a reader reads it."""
    facts: list[Fact] = []
    after = 0
    highest = await service.pool.fetchval("SELECT coalesce(max(position), 0) FROM events")
    while after < highest:
        batch = await service.log.read(after, 500, {"Counted"})
        facts += batch.facts
        after = batch.upto
        await asyncio.sleep(0 if batch.facts else 0.005)
    return facts
