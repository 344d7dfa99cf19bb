"""The loops of one service: relay, inbox, readers, agenda, clock. One that ends, ends the process."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from shared import telemetry
from shared.agenda import AgendaWorker
from shared.auth import HEARD_ROLES
from shared.clock import monotonic
from shared.consumer import Consumer
from shared.event_log import Source
from shared.event_store import LOST
from shared.projection import Overtaken, Reader, positions, step, stored_name
from shared.relay import Relay
from shared.service import Service

_log = logging.getLogger(__name__)

FRESHNESS_SECONDS = 5.0


@dataclass
class Health:
    """When each loop last turned, for the probes: seconds of the monotonic clock by loop name."""

    turned: dict[str, float] = field(default_factory=dict)

    def beat(self, loop: str) -> None:
        """The loop is alive."""
        self.turned[loop] = monotonic()

    def is_alive(self, *, within: float = 60.0) -> bool:
        """Whether every loop has turned lately."""
        return all(monotonic() - at < within for at in self.turned.values())


async def follow(
    service: Service, readers: Sequence[Reader], source: Source, health: Health
) -> None:
    """Let readers follow a source for ever, those that are at the same place together.

    The database going away is waited out; anything else ends the loop.
    """
    at: dict[str, int] = {}
    refreshed = -FRESHNESS_SECONDS
    while True:
        bell = service.wakeup.bell(source.name)
        moved = False
        try:
            at = at or await positions(service.pool, readers, source)
            for place in sorted(set(at.values()), reverse=True):
                here = [reader for reader in readers if at[reader.name] == place]
                read = await step(service.pool, here, source, place)
                at |= dict.fromkeys((reader.name for reader in here), read.upto)
                moved |= read.upto != place
                if read.facts:
                    service.wakeup.ring("read")
                if service.reactions.wanted(source.name) & set(map(stored_name, read.facts)):
                    service.wakeup.ring("agenda")
                if not read.more and HEARD_ROLES.reader in {reader.name for reader in here}:
                    refreshed = await _refresh(service, HEARD_ROLES.reader, refreshed)
        except Overtaken:
            at, moved = {}, True
        except LOST as error:
            _log.warning("reading the %s waits for the database: %s", source.name, error)
            at, moved = {}, False
            await asyncio.sleep(0.5)
        health.beat(f"read.{source.name}")
        if not moved:
            await service.wakeup.wait(bell)


async def _refresh(service: Service, reader: str, refreshed: float) -> float:
    """Note every few seconds that the reader knows everything; answers when that was last done."""
    if monotonic() < refreshed + FRESHNESS_SECONDS:
        return refreshed
    await service.pool.execute(
        "INSERT INTO freshness VALUES ($1, clock_timestamp()) ON CONFLICT (reader) DO UPDATE SET at = excluded.at",
        reader,
    )
    return monotonic()


async def _keep_clock(service: Service) -> None:
    while True:
        bell = service.wakeup.bell("clock")
        before = service.clock.ahead
        try:
            await service.read_clock()
            if service.clock.ahead != before:
                # What is due has changed, for whoever looked while it was still earlier.
                service.wakeup.ring()
        except LOST as error:
            _log.warning("the clock waits for the database: %s", error)
        await service.wakeup.wait(bell, within=0.5)


async def watch_clock(service: Service) -> None:
    """Where the clock may be moved, follow it; elsewhere it runs by itself."""
    if service.settings.clock == "movable":
        await _keep_clock(service)
    await asyncio.Event().wait()


def loops(service: Service, health: Health) -> dict[str, Callable[[], Awaitable[None]]]:
    """Every loop of the service by name."""
    blueprint, bootstrap = service.blueprint, service.settings.kafka
    found: dict[str, Callable[[], Awaitable[None]]] = {}
    for source in service.sources().values():
        if readers := [reader for reader in service.readers() if reader.wanted(source.name)]:
            found[f"read.{source.name}"] = partial(follow, service, readers, source, health)
    relay = Relay(bootstrap, service.store, service.log, blueprint.publications)
    topics = {contract.topic for contract in blueprint.heard()}
    consumer = Consumer(bootstrap, service.name, topics, service.inbox, service.wakeup)
    agenda = AgendaWorker(
        service.pool, service.handler, service.codec, blueprint.actions, service.clock,
        service=service, gateways=service.gateways, concurrency=blueprint.at_once,
    )  # fmt: skip
    found["relay"] = lambda: relay.run(service.wakeup)
    found["inbox"] = consumer.run
    found["agenda"] = lambda: agenda.run(service.wakeup)
    found["clock"] = lambda: watch_clock(service)
    for name, loop in (named for feature in service.features for named in feature.loops):
        found[name] = partial(loop, service, partial(health.beat, name))
    return found


async def run(service: Service, health: Health) -> None:
    """Run every loop until cancelled. One that fails ends all: the process restarts with a clean mind."""
    if service.blueprint.on_start is not None:
        await service.blueprint.on_start(service)
    async with asyncio.TaskGroup() as group:
        for name, loop in loops(service, health).items():
            group.create_task(_named(name, loop), name=name)


async def _named(name: str, loop: Callable[[], Awaitable[None]]) -> None:
    try:
        await loop()
    except Exception:
        telemetry.count("worker.stopped", loop=name)
        _log.exception("the loop %s stopped", name)
        raise
