"""How much memory does each process hold under load, and does it grow?"""

import asyncio
from dataclasses import replace
from statistics import linear_regression, median

import psutil

from bench.crowd import Crowd, Generator
from bench.measure import FULL, Goal, Question, Result, Samples, scaled, until
from bench.stack import Stack, query
from deploy.local.settings import SERVICES

MOST = Goal("<=", 120.0)
QUESTION = Question("rss_mb", "MB", MOST)
GOALS = {"analytics-worker": Goal("<=", 200.0)}
FLAT = Goal("<=", 0.5)

SECONDS = scaled(600 if FULL else 120, least=4)
JOINS, READS = 50, 10
CONNECTIONS = 8
MB = 2**20


async def run(stack: Stack) -> list[Result]:
    stack.start_parts("stripe", "mailbox")
    processes = {}
    for name in SERVICES:
        stack.migrate(name)
        processes[f"{name}-api"] = stack.api(name)
        processes[f"{name}-worker"] = stack.worker(name)
    crowd, generator = Crowd(stack), Generator(stack.folder)
    await crowd.open_community()
    await _has_heard(stack, "CommunityCreated", 1)

    sizes: dict[str, list[float]] = {name: [] for name in processes}
    watching = asyncio.create_task(_watch(processes, sizes))
    lines = await _lines(stack, crowd)
    await generator.send_at(JOINS + 3 * READS, lines, CONNECTIONS, patience=4 * SECONDS + 60)
    watching.cancel()
    await _has_heard(stack, "MemberJoined", JOINS * SECONDS)
    return [_result(sizes)]


async def _lines(stack: Stack, crowd: Crowd) -> list[str]:
    """Every second some join, and the owner looks at what the other three services know."""
    ports, community = stack.settings.ports, crowd.community_id
    reads = [
        crowd.reading(ports["billing"], "/api/billing/v1/payments"),
        crowd.reading(ports["events"], f"/api/events/v1/public/communities/{community}/gatherings"),
        crowd.reading(ports["analytics"], f"/api/analytics/v1/communities/{community}/dashboard"),
    ]
    joins = await crowd.newcomers(JOINS * SECONDS, ports["membership"])
    return [
        line
        for second in range(SECONDS)
        for line in (*joins[second * JOINS : (second + 1) * JOINS], *(READS * reads))
    ]


async def _watch(processes: dict[str, psutil.Process], sizes: dict[str, list[float]]) -> None:
    while True:
        for name, process in processes.items():
            sizes[name].append(process.memory_info().rss / MB)
        await asyncio.sleep(1)


async def _has_heard(stack: Stack, kind: str, number: int) -> None:
    """What membership told is in every inbox that listens for it, once."""
    heard = (
        "SELECT (SELECT count(*) FROM membership.events WHERE type = $1),"
        " (SELECT count(*) FROM analytics.inbox WHERE type = 'io.tessera.membership.' || $1)"
    )

    async def everywhere() -> bool:
        return await query(stack.superuser_url, heard, kind) == (number, number)

    await until(f"{kind} in analytics", everywhere, every=0.5)


def _result(sizes: dict[str, list[float]]) -> Result:
    """All are judged; shown is the one that is nearest to its goal."""
    held = {name: median(values[-10:]) for name, values in sizes.items()}
    slopes = {name: _slope(values[len(values) // 2 :]) for name, values in sizes.items()}
    goals = {name: GOALS.get(name, MOST) for name in sizes}
    worst = max(sizes, key=lambda name: held[name] / goals[name].value)
    said = ", ".join(f"{name} {held[name]:.0f} ({slopes[name]:+.1f})" for name in sizes)
    result = QUESTION.figure(
        held[worst],
        Samples(list(held.values())),
        f"{worst}, the nearest to its goal, after {SECONDS} s{'' if FULL else ' (BENCH_FULL=1: 600 s)'}"
        f" of {JOINS} joins and {3 * READS} reads a second; goal 200 for the worker of analytics;"
        " MB, and MB a minute over the second half"
        f" (flat: {FLAT}): {said}",
    )
    met = all(goals[n].met_by(held[n]) and FLAT.met_by(slopes[n]) for n in sizes)
    return replace(result, met=met)


def _slope(values: list[float]) -> float:
    """Megabytes a minute."""
    if len(values) < 2:
        return 0.0
    return 60 * linear_regression(range(len(values)), values).slope
