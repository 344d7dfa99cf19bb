"""What does a command cost the server, from HTTP to the log and back, beside a bare route with one INSERT?"""

import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import psutil

from bench import bare
from bench.crowd import Crowd, Generator
from bench.measure import Goal, Question, Result, Samples, alternate, scaled, verify
from bench.stack import Stack, execute, query

QUESTION = Question("command_vs_bare_route", "ms of CPU", Goal(">=", 0.5), cost=True)

CONNECTIONS = 32
REQUESTS = scaled(3_000, least=CONNECTIONS)
WARM_UP = scaled(1_000, least=CONNECTIONS)

Requests = Callable[[int, int], Awaitable[list[str]]]
"""So many, to that port, as lines for a generator of load."""

OURS = (
    "SELECT count(*), coalesce(sum(version), 0) FROM membership.events WHERE type = 'MemberJoined'"
)
BESIDE = "SELECT count(*), count(*) FROM bare_members"


async def run(stack: Stack) -> list[Result]:
    stack.migrate("membership")
    api = stack.api("membership")
    crowd, generator = Crowd(stack), Generator(stack.folder)
    await crowd.open_community()
    ours, beside, samples = await beside_bare(
        stack, "membership", api, crowd.newcomers, generator, (OURS, BESIDE)
    )
    return [
        QUESTION.compared(
            samples["ours"],
            samples["beside"],
            f"joining a community, {CONNECTIONS} connections, a token per request checked on both sides;"
            f" user and system time of the API process alone, one process each; load from {generator.name};"
            f" {ours.rate}/s beside {beside.rate}/s",
        )
    ]


async def beside_bare(
    stack: Stack,
    service: str,
    api: psutil.Process,
    requests: Requests,
    generator: Generator,
    counting: tuple[str, str],
) -> tuple["Server", "Server", dict[str, Samples]]:
    """Our API and the bare one, and what each gave when they were asked in turns; `counting` are theirs likewise."""
    await execute(stack.database_url, bare.TABLES)
    bare_port = stack.settings.ports["origin"]
    told = stack.told(service, TESSERA_PORT=str(bare_port))
    bare_api = stack.launch("bare", [sys.executable, "-m", "bench.bare"], told, bare_port)
    asked = stack.database_url, requests, generator
    ours = Server(*asked, api, stack.settings.ports[service], counting[0])
    beside = Server(*asked, bare_api, bare_port, counting[1])
    for server in (ours, beside):
        await server.answer(WARM_UP)
    samples = await alternate(
        {"ours": lambda: ours.answer(REQUESTS), "beside": lambda: beside.answer(REQUESTS)}
    )
    return ours, beside, samples


@dataclass(frozen=True, slots=True)
class Server:
    """One that is asked in numbers; its answer is the CPU time a request cost it, once the rows are counted."""

    url: str
    requests: Requests
    generator: Generator
    process: psutil.Process
    port: int
    counting: str
    rates: Samples = field(default_factory=Samples)

    @property
    def rate(self) -> str:
        return f"{self.rates.median:.0f}"

    async def answer(self, number: int) -> float:
        lines = await self.requests(number, self.port)
        rows, versions = await query(self.url, self.counting)
        before = cpu(self.process)
        elapsed = await self.generator.send(lines, self.port, CONNECTIONS)
        spent = cpu(self.process) - before
        stored = await query(self.url, self.counting)
        verify("rows, versions", stored, (rows + number, versions + number))
        self.rates.values.append(number / elapsed)
        return 1000 * spent / number


def cpu(process: psutil.Process) -> float:
    """User and system seconds of a process and of those it has started."""
    processes = [process, *process.children(recursive=True)]
    times = [one.cpu_times() for one in processes]
    return sum(time.user + time.system for time in times)
