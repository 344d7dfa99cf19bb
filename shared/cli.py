"""`python -m services.<name> <verb>`: the same verbs for every service."""

import argparse
import asyncio
import contextlib
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from uuid import UUID

import asyncpg
import uvicorn
import uvloop
from fastapi import FastAPI
from pydantic import ValidationError

from shared import agenda, http, migrations, relay, telemetry, worker
from shared.event_store import LOST
from shared.projection import ProjectionReader, rebuild
from shared.service import Blueprint, Service, connect, opened


def main(blueprint: Callable[[], Blueprint]) -> None:
    """Run one verb; a wrong environment or an unreachable database ends with one sentence and exit code 2."""
    parser = argparse.ArgumentParser(description="One Tessera service.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("api", help="serve HTTP")
    verbs.add_parser("worker", help="run the loops: relay, inbox, projections, reactions, agenda")
    verbs.add_parser("migrate", help="bring the schema and the topics to what this release needs")
    verbs.add_parser("check", help="say what is wrong with the configuration")
    one = verbs.add_parser(
        "rebuild", help="fold a read model again and put it in the place of the live one"
    )
    one.add_argument("projection", help="its name, or `all`")
    verbs.add_parser("replay", help="fold parked facts again")
    verbs.add_parser("agenda", help="list what is parked")
    for name in ("retry", "discard"):
        verbs.add_parser(name, help=f"{name} a parked agenda item").add_argument("item", type=UUID)
    advance = verbs.add_parser(
        "advance-position", help="after a restore: go on above a position Kafka has seen"
    )
    advance.add_argument("position", type=int)
    arguments = parser.parse_args()
    try:
        plan = blueprint()
    except ValidationError as error:
        for wrong in error.errors():
            variable = "TESSERA_" + "_".join(str(part) for part in wrong["loc"]).upper()
            print(f"{variable}: {wrong['msg']}", file=sys.stderr)
        sys.exit(2)
    telemetry.setup(plan.name, arguments.verb, otlp_endpoint=plan.settings.otlp_endpoint)
    try:
        uvloop.run(_VERBS[arguments.verb](plan, arguments))
    except LOST as error:
        print(f"The database does not answer: {error}", file=sys.stderr)
        sys.exit(2)
    except migrations.Drift as error:
        print(error, file=sys.stderr)
        sys.exit(2)


async def _api(plan: Blueprint, _: argparse.Namespace) -> None:
    async with opened(plan, tenant="") as service:
        api = http.create_app(service)
        clock = asyncio.create_task(worker.watch_clock(service))
        try:
            await _serve(
                service, {plan.settings.port: api, plan.settings.admin_port: _admin(service, api)}
            )
        finally:
            clock.cancel()


async def _worker(plan: Blueprint, _: argparse.Namespace) -> None:
    async with opened(plan) as service:
        health = worker.Health()
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

    def alive() -> bool:
        return health is None or health.is_alive(within=180)

    return http.create_admin_app(api, ready, alive, service)


class _Server(uvicorn.Server):
    """Two of them share a process, so neither may take its signals."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _serve(service: Service, apps: Mapping[int, FastAPI]) -> None:
    """Serve until SIGTERM or SIGINT, then let what is under way finish."""
    servers = [
        _Server(uvicorn.Config(
            app, host=service.settings.host, port=port, lifespan="off", log_config=None, access_log=False,
            proxy_headers=True, server_header=False, timeout_graceful_shutdown=20,
        ))
        for port, app in apps.items()
    ]  # fmt: skip
    loop = asyncio.get_running_loop()

    def stop() -> None:
        for server in servers:
            server.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    await asyncio.gather(*(server.serve() for server in servers))


async def _migrate(plan: Blueprint, _: argparse.Namespace) -> None:
    async with await connect(plan.settings, plan.name) as pool, pool.acquire() as connection:
        applied = await migrations.migrate(connection, plan.name, plan.migrations)
    heard = {contract.topic for contract in plan.heard()}
    topics = await relay.ensure_topics(
        plan.settings.kafka,
        sorted(plan.topics_out() | heard),
        replication=plan.settings.kafka_replication,
    )
    print(f"{plan.name}: {len(applied)} migrations, {len(topics)} topics")


async def _check(plan: Blueprint, _: argparse.Namespace) -> None:
    plan.settings.keks()
    async with await connect(plan.settings, plan.name) as pool, pool.acquire() as connection:
        current = await migrations.is_current(connection, plan.name, plan.migrations)
    if not current:
        print(f"Run `python -m services.{plan.name} migrate` first.")
        sys.exit(2)
    print("The configuration is right.")


async def _rebuild(plan: Blueprint, arguments: argparse.Namespace) -> None:
    async with opened(plan) as service:
        wanted = [p for p in plan.projections if arguments.projection in ("all", p.name)]
        if not wanted:
            print(f"There is no projection {arguments.projection}.", file=sys.stderr)
            sys.exit(2)
        for projection in wanted:
            print(
                f"{projection.reader}: {await rebuild(service.pool, plan.name, projection, service.sources())} facts"
            )


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


async def _advance(plan: Blueprint, arguments: argparse.Namespace) -> None:
    async with await connect(plan.settings, plan.name, size=2) as pool:
        await relay.advance_position(pool, arguments.position)


_VERBS = {
    "api": _api,
    "worker": _worker,
    "migrate": _migrate,
    "check": _check,
    "rebuild": _rebuild,
    "replay": _replay,
    "agenda": _agenda,
    "retry": _retry,
    "discard": _retry,
    "advance-position": _advance,
}
