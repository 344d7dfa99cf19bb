"""`python -m services.<name> <verb>`: the same verbs for every service."""

import argparse
import asyncio
import contextlib
import gc
import signal
import sys
from collections.abc import Callable, Coroutine, Iterator, Mapping
from functools import partial
from uuid import UUID

import asyncpg
import uvicorn
import uvloop
from aiokafka.errors import KafkaError
from fastapi import FastAPI
from pydantic import ValidationError

from shared import agenda, http, migrations, relay, telemetry, worker
from shared.event_store import LOST
from shared.projection import ProjectionReader, rebuild
from shared.restore import verbs as restore
from shared.service import Blueprint, Service, connect, opened
from shared.upkeep.tidy import tidy

_WRONG_URL = (asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InvalidCatalogNameError)

YOUNG = 50_000
"""Objects made before the collector looks through them: a batch of facts is no garbage yet, and made of many."""


def main(blueprint: Callable[[], Blueprint]) -> None:
    """Run one verb; a wrong environment or an unreachable database ends with one sentence and exit code 2."""
    parser = argparse.ArgumentParser(description="One Tessera service.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    known = {
        verb: verbs.add_parser(verb, help=does, description=does)
        for verb, (_, does) in _VERBS.items()
    }
    known["rebuild"].add_argument("projection", help="its name, or `all`")
    for verb in ("retry", "discard"):
        known[verb].add_argument("item", type=UUID)
    restore.arguments(known)
    arguments = parser.parse_args()
    try:
        plan = blueprint()
        telemetry.setup(plan.name, arguments.verb, otlp_endpoint=plan.settings.otlp_endpoint)
        uvloop.run(_VERBS[arguments.verb][0](plan, arguments))
    except ValidationError as error:
        wrong = [(f"TESSERA_{one['loc'][0]}".upper(), one["msg"]) for one in error.errors()]
        sys.exit(_refused(*(f"{variable}: {sentence}" for variable, sentence in wrong)))
    except _WRONG_URL as error:
        sys.exit(_refused(f"TESSERA_DATABASE_URL: {error}"))
    except LOST as error:
        sys.exit(_refused(f"The database does not answer: {error}"))
    except KafkaError as error:
        sys.exit(_refused(f"Kafka does not answer: {error}"))
    except migrations.Drift as error:
        sys.exit(_refused(str(error)))


def _refused(*sentences: str) -> int:
    print(*sentences, sep="\n", file=sys.stderr)
    return 2


async def _api(plan: Blueprint, _: argparse.Namespace) -> None:
    async with opened(plan, tenant="") as service:
        api = http.create_app(service)
        clock = asyncio.create_task(worker.watch_clock(service))
        try:
            await _serve(
                service,
                {plan.settings.port: api, plan.settings.admin_port: _admin(service, api)},
                plan.settings.drain_seconds,
            )
        finally:
            clock.cancel()


async def _worker(plan: Blueprint, _: argparse.Namespace) -> None:
    async with opened(plan) as service:
        health = worker.Health()
        service.alive = partial(health.is_alive, within=180)
        running = asyncio.create_task(worker.run(service, health))
        serving = asyncio.create_task(
            _serve(service, {plan.settings.admin_port: _admin(service, None, health, running)})
        )
        await asyncio.wait({running, serving}, return_when=asyncio.FIRST_COMPLETED)
        serving.cancel()
        failed = running.done()
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(running, serving, return_exceptions=not failed)


def _admin(
    service: Service,
    api: FastAPI | None,
    health: worker.Health | None = None,
    running: "asyncio.Task[None] | None" = None,
) -> FastAPI:
    async def ready() -> Mapping[str, bool]:
        points = {"migrations": False}
        with contextlib.suppress(*LOST, asyncpg.PostgresError, TimeoutError):
            async with asyncio.timeout(2), service.pool.acquire() as connection:
                points["migrations"] = await migrations.is_current(
                    connection, service.name, service.blueprint.migrations
                )
        if health is not None and running is not None:
            points["loops"] = health.is_alive() and not running.done()
        return points

    return http.create_admin_app(api, ready, service)


class _Server(uvicorn.Server):
    """Two of them share a process, so neither may take its signals."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _serve(service: Service, apps: Mapping[int, FastAPI], drain: float = 0) -> None:
    """Serve until SIGTERM or SIGINT and `drain` seconds longer, then let what is under way finish.

    Meanwhile each answer says that it is the last on its connection: a gateway that keeps connections open
    has then let go of them before they are closed, and sends nothing on one that is no longer there.
    """
    gc.collect()
    gc.freeze()  # What is loaded stays for good: the collector need not look through it again and again.
    gc.set_threshold(YOUNG)
    servers = [
        _Server(uvicorn.Config(
            app, host=service.settings.host, port=port, lifespan="off", log_config=None, access_log=False,
            server_header=False, timeout_graceful_shutdown=20,
        ))
        for port, app in apps.items()
    ]  # fmt: skip
    loop = asyncio.get_running_loop()

    def let_go() -> None:
        for server in servers:
            server.config.encoded_headers.append((b"connection", b"close"))
        loop.call_later(drain, stop)

    def stop() -> None:
        for server in servers:
            server.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, let_go)
    await asyncio.gather(*(server.serve() for server in servers))


async def _migrate(plan: Blueprint, _: argparse.Namespace) -> None:
    settings, topics = plan.settings, plan.topics_out() | {heard.topic for heard in plan.heard()}
    async with await connect(settings, plan.name, size=2) as pool, pool.acquire() as connection:
        applied = await migrations.migrate(connection, plan.name, plan.migrations)
    replication = settings.kafka_replication
    made = await relay.ensure_topics(settings.kafka, sorted(topics), replication=replication)
    print(f"{plan.name}: {len(applied)} migrations, {len(made)} topics")


async def _check(plan: Blueprint, _: argparse.Namespace) -> None:
    async with await connect(plan.settings, plan.name) as pool, pool.acquire() as connection:
        if not await migrations.is_current(connection, plan.name, plan.migrations):
            sys.exit(_refused(f"Run `python -m services.{plan.name} migrate` first."))
    await relay.ensure_topics(plan.settings.kafka, ())  # It makes none, but asks.
    print("The configuration is right.")


async def _rebuild(plan: Blueprint, arguments: argparse.Namespace) -> None:
    async with opened(plan) as service:
        wanted = [p for p in plan.projections if arguments.projection in ("all", p.name)]
        if not wanted:
            sys.exit(_refused(f"There is no projection {arguments.projection}."))
        for projection in wanted:
            facts = await rebuild(service.pool, plan.name, projection, service.sources())
            print(f"{projection.reader}: {facts} facts")


async def _replay(plan: Blueprint, _: argparse.Namespace) -> None:
    async with opened(plan) as service:
        for projection in plan.projections:
            reader = ProjectionReader(projection)
            for source in service.sources().values():
                freed = await reader.replay(service.pool, source)
                if freed:
                    print(f"{projection.reader}: {freed} keys are free again")


async def _agenda(plan: Blueprint, _: argparse.Namespace) -> None:
    async with await connect(plan.settings, plan.name, size=2) as pool:
        for row in await agenda.unsettled(pool):
            print(row["id"], row["name"], f"tried {row['attempts']} times:", row["last_error"])


async def _retry(plan: Blueprint, arguments: argparse.Namespace) -> None:
    change = agenda.retry if arguments.verb == "retry" else agenda.discard
    async with await connect(plan.settings, plan.name, size=2) as pool:
        print("done" if await change(pool, arguments.item) else "no such item is parked")


_Verb = Callable[[Blueprint, argparse.Namespace], Coroutine[None, None, None]]
_VERBS: Mapping[str, tuple[_Verb, str]] = {
    "api": (_api, "serve HTTP"),
    "worker": (_worker, "run the loops: relay, inbox, projections, reactions, agenda"),
    "migrate": (_migrate, "bring the schema and the topics to what this release needs"),
    "check": (_check, "say what is wrong with the configuration"),
    "rebuild": (_rebuild, "fold a read model again and put it in the place of the live one"),
    "replay": (_replay, "fold parked facts again"),
    "tidy": (tidy, "drop the read models of other releases, once none of their pods is left"),
    "agenda": (_agenda, "list what is parked"),
    "retry": (_retry, "retry a parked agenda item"),
    "discard": (_retry, "discard a parked agenda item"),
    "advance-position": (restore.advance, "after a restore: go on above what Kafka has seen"),
    "lacking": (restore.lacking, "after a restore: list what Kafka holds and the log does not"),
}
