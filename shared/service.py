"""One running service: its features, and everything that is made once per process from them and the settings."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg

from shared import agenda, relay
from shared.agenda import IntentCodec, ReactionReader
from shared.appender import Appender
from shared.auth import Links, TokenVerifier
from shared.clock import Clock
from shared.command_handler import CommandHandler
from shared.consumer import Inbox
from shared.contracts.contract import Contract
from shared.decider import Decider, members
from shared.event_log import EventLog, Source, Wakeup
from shared.event_store import NOTIFY, EventStore, Forget
from shared.event_types import EventTypes
from shared.feature import Feature, Publication
from shared.personal import Vault
from shared.projection import (
    EVERY_TENANT,
    TENANT_SETTING,
    Projection,
    ProjectionReader,
    Reader,
    install,
)
from shared.reaction import Action, Reaction
from shared.settings import Settings


@dataclass(frozen=True)
class Blueprint:
    """What a service's app.py says: its name, its settings, its table of contents.

    `on_start` runs in the worker once it leads nothing yet: for what a service announces about itself.
    `at_once` is how many items of its agenda a worker does at a time: many, where they wait for others or for the disk.
    """

    name: str
    settings: Settings
    features: Sequence[Feature]
    migrations: Path
    gateways: Mapping[str, Any] = field(default_factory=dict)
    on_start: Callable[["Service"], Awaitable[None]] | None = None
    at_once: int = 16

    @property
    def deciders(self) -> list[Decider[Any, Any, Any]]:
        """Every decider, in the order of the features."""
        return [decider for feature in self.features for decider in feature.deciders]

    @property
    def projections(self) -> list[Projection]:
        """Every projection; one that two features mount counts once."""
        return list(
            {p.reader: p for feature in self.features for p in feature.projections}.values()
        )

    @property
    def reactions(self) -> list[Reaction]:
        """Every reaction; two of one name are refused, because ids derive from names."""
        found: dict[str, Reaction] = {}
        for reaction in (reaction for feature in self.features for reaction in feature.reactions):
            if found.setdefault(reaction.name, reaction) is not reaction:
                message = f"Two reactions are named {reaction.name}."
                raise ValueError(message)
        return list(found.values())

    @property
    def publications(self) -> list[Publication]:
        """Every publication."""
        return [publication for feature in self.features for publication in feature.publications]

    @property
    def actions(self) -> list[Action]:
        """Every gateway action."""
        return [action for feature in self.features for action in feature.actions]

    def heard(self) -> set[type[Contract]]:
        """The contracts of other services that anything here listens to."""
        classes = {fact for projection in self.projections for fact in projection.facts}
        classes |= {reaction.to for reaction in self.reactions}
        return {cls for cls in classes if issubclass(cls, Contract)}

    def topics_out(self) -> set[str]:
        """The topics it publishes to."""
        return {publication.to.topic for publication in self.publications}


@dataclass(frozen=True, slots=True)
class Quiet:
    """What is still under way here, and by topic what is between services: as many are heard as were sent."""

    relay_lag: int
    readers_behind: int
    agenda_due: int
    agenda_parked: int
    sent: dict[str, int]
    heard: dict[str, int]
    quiet: bool


class Service:
    """The parts of one process. Open it with `opened`. `alive`: whether its loops turn, if it has any."""

    alive: Callable[[], bool] = staticmethod(lambda: True)

    def __init__(self, blueprint: Blueprint, pool: asyncpg.Pool) -> None:
        settings = blueprint.settings
        self.blueprint = blueprint
        self.name = blueprint.name
        self.settings: Any = settings
        self.features = blueprint.features
        self.pool = pool
        self.secret = settings.secret_bytes()
        self.clock = Clock()
        self.gateways = blueprint.gateways
        self.publications = blueprint.publications
        self.types = EventTypes(
            cls for decider in blueprint.deciders for cls in members(decider.events)
        )
        self.store = EventStore(self.name, pool, self.types)
        self.log = EventLog(self.store)
        self.inbox = Inbox(self.name, pool, blueprint.heard())
        self.vault = Vault(self.name, pool, settings.keks(), self.secret)
        self.verifier = TokenVerifier(settings.jwks())
        self.links = Links(self.secret, self.name)
        self.codec = IntentCodec(blueprint.deciders, blueprint.actions)
        self.reactions = ReactionReader(blueprint.reactions, self.codec)
        self.wakeup = Wakeup(settings.database_url, self.name)
        self.appender = Appender(settings.database_url, self.name)
        self.handler = CommandHandler(
            self.store,
            self.appender,
            {publication.of: publication.to.topic for publication in self.publications},
        )

    def sources(self) -> dict[str, Source]:
        """The log and the inbox."""
        return {"log": self.log, "inbox": self.inbox}

    def readers(self) -> list[Reader]:
        """Everything that follows the log or the inbox, except the relay."""
        return [
            *(ProjectionReader(projection) for projection in self.blueprint.projections),
            self.reactions,
        ]

    async def has_read(self, service: str, position: int, topic: str, published: int) -> bool:
        """Whether the read models here hold what a position speaks of."""
        source, upto = "log", position
        if service != self.name:
            if topic not in {contract.topic for contract in self.blueprint.heard()}:
                return True
            kept = await self.inbox.has(service, topic, published)
            if kept is None:
                return False
            source, upto = "inbox", kept
        waiting = [
            p.reader for p in self.blueprint.projections if ProjectionReader(p).wanted(source)
        ]
        reached = await self.pool.fetchval(
            "SELECT count(*) FROM checkpoints WHERE reader = ANY ($1) AND source = $2 AND position >= $3",
            waiting, source, upto,
        )  # fmt: skip
        return bool(reached == len(waiting))

    async def next_due(self) -> datetime | None:
        """When the agenda has its next item, on the business clock."""
        return await agenda.next_due(self.pool)

    async def quiet(self) -> Quiet:
        """Whether everything that has happened has had its effects here."""
        (row,) = await self.pool.fetch(
            """
            SELECT (SELECT count(*) FROM checkpoints WHERE source = 'log' AND reader = ANY ($2)
                      AND position < (SELECT coalesce(max(position), 0) FROM events))
                 + (SELECT count(*) FROM checkpoints WHERE source = 'inbox' AND reader = ANY ($2)
                      AND position < (SELECT coalesce(max(id), 0) FROM inbox)) AS behind,
                   (SELECT count(*) FROM agenda WHERE state = 'waiting' AND due_at <= $1) AS due,
                   (SELECT count(*) FROM agenda WHERE state = 'parked') AS parked
            """,
            self.clock.now(),
            [reader.name for reader in self.readers()],
        )
        lag = await relay.lag(self.pool) if self.publications else 0
        still = lag == 0 and row["behind"] == 0 and row["due"] == 0
        sent, heard = await relay.sent(self.pool), await self.inbox.heard()
        return Quiet(lag, row["behind"], row["due"], row["parked"], sent, heard, still)

    async def move_clock(self, to: datetime) -> None:
        """Set the business clock of every process of this service ahead to `to`; a time that has passed is ignored."""
        await self.pool.execute(
            "INSERT INTO clock (ahead) VALUES ($1) ON CONFLICT (one) DO UPDATE"
            " SET ahead = greatest(clock.ahead, excluded.ahead)",
            to - self.clock.now() + self.clock.ahead,
        )
        await self.read_clock()
        await self.pool.execute(NOTIFY, self.name, "clock")

    async def forget_again(self) -> None:
        """A key store restored from a backup holds keys that were destroyed since: destroy them before serving."""
        if await self.pool.fetchval("SELECT to_regclass('forgotten_v1')") is None:
            return
        erased = await self.pool.fetch(
            "SELECT person_id, keep_until FROM forgotten_v1 WHERE person_id NOT IN"
            f' (SELECT person_id FROM "{self.name}_personal".erasures)'
        )
        if erased:
            await self.vault.destroy_again([Forget(*row) for row in erased])

    async def read_clock(self) -> None:
        """Take over where the development clock has been moved to."""
        ahead = await self.pool.fetchval("SELECT ahead FROM clock")
        self.clock.ahead = ahead or timedelta(0)


async def connect(
    settings: Settings, service: str, *, size: int | None = None, tenant: str = ""
) -> asyncpg.Pool:
    """A pool whose connections live in the service's schema and see the rows of `tenant`: none, or EVERY_TENANT."""
    pool: asyncpg.Pool = await asyncpg.create_pool(
        settings.database_url,
        min_size=2,
        max_size=size or settings.pool_size,
        reset=_as_it_is,
        server_settings={
            "search_path": service,
            "application_name": f"tessera-{service}",
            "idle_in_transaction_session_timeout": "60000",
            TENANT_SETTING: tenant,
        },
    )
    return pool


async def _as_it_is(connection: asyncpg.Connection) -> None:
    """Nothing here changes a session, so a connection goes back without the round trip of a reset."""
    del connection


@contextlib.asynccontextmanager
async def opened(blueprint: Blueprint, *, tenant: str = EVERY_TENANT) -> AsyncIterator[Service]:
    """A service with its connections open, its read models' tables in place and its clock read.

    The loops see every tenant; an API opens with `tenant=""` and sees none but through `Caller.read`.
    """
    pool = await connect(blueprint.settings, blueprint.name, tenant=tenant)
    try:
        async with pool.acquire() as connection:
            await install(connection, blueprint.name, blueprint.projections)
        service = Service(blueprint, pool)
        await service.read_clock()
        await service.forget_again()
        async with service.appender, service.wakeup:
            yield service
    finally:
        with contextlib.suppress(TimeoutError):
            await _close(pool)


async def _close(pool: asyncpg.Pool) -> None:
    async with asyncio.timeout(5):
        await pool.close()
