"""How fast do due subscriptions become charges at the processor, beside the most that its double can do?

And does a subscription cost the same, and the worker hold as much memory, however many are due at once?
"""

import asyncio
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from time import perf_counter
from uuid import UUID

import httpx
import psutil

from bench.command import cpu
from bench.measure import (
    FULL,
    SCALE,
    Goal,
    Question,
    Result,
    Samples,
    alternate,
    scaled,
    until,
    verify,
)
from bench.stack import Stack, query
from deploy.local.settings import HOST
from services.billing.app import blueprint_of
from services.billing.gateways.stripe_gateway import StripeGateway, options
from services.billing.payer.events import Instrument
from services.billing.settings import Settings
from services.billing.subscription.commands import StartSubscription
from services.billing.subscription.decider import SUBSCRIPTION
from services.billing.subscription.events import Terms
from shared.command_handler import Origin
from shared.event_store import Meta
from shared.ids import Code, PersonId, random_id
from shared.money import Money
from shared.reaction import Ask
from shared.service import Service, opened

SPEED = Question("billing_run_vs_double", "charges/s", Goal(">=", 0.5))
COST = Question("billing_run_cost", "ms of CPU", Goal("<=", 1.2))
MEMORY = Question("billing_run_memory", "MB", Goal("<=", 1.1))

DUE = scaled(10_000, least=20)
SIZES = tuple(scaled(size, least=20) for size in (1_000, 100_000 if FULL else 10_000))
ROUNDS = 3 if SCALE >= 1 else 1
CONNECTIONS = 16
SEEDERS = 64
ACCOUNT = Code("acct_bench")
PRICE = Money(1000, "EUR")
TRIAL = timedelta(days=1)
MB = 2**20
CHARGED = (
    "SELECT count(*), count(DISTINCT stream_id) FROM billing.events WHERE type = 'PaymentSucceeded'"
)


async def run(stack: Stack) -> list[Result]:
    double = stack.settings.ports["stripe"]
    command = [sys.executable, "-m", "tests.doubles.stripe", f"--port={double}"]
    stack.launch("double", [*command, f"--account={ACCOUNT}"], {}, double)
    stack.migrate("billing")
    worker = stack.worker("billing", TESSERA_CLOCK="movable")
    settings = Settings.model_validate(stack.read("billing", TESSERA_CLOCK="movable"))
    async with opened(blueprint_of(settings)) as service:
        payer = await _somebody(settings)
        bill = Bill(service, stack.database_url, worker, double, payer)
        await bill.fall_due(SIZES[0])  # to warm up
        small, large = [await bill.fall_due(size) for size in SIZES]
        samples = await alternate(
            {"ours": lambda: bill.speed(DUE), "beside": lambda: _most(double, payer, DUE)},
            rounds=ROUNDS,
        )
    return [
        SPEED.compared(samples["ours"], samples["beside"], f"{CONDITIONS}; {bill.said}"),
        _grown(COST, [1000 * one.cpu / one.due for one in (small, large)], "of the worker"),
        _grown(MEMORY, [one.memory for one in (small, large)], "of the worker"),
    ]


CONDITIONS = (
    f"{DUE} subscriptions due at one moment, from the moment to the last charge at the double; one worker process,"
    f" no report comes back; the double's most: {CONNECTIONS} connections that announce and confirm, by a client of its"
    " own without the SDK"
)


def _grown(question: Question, figures: list[float], of: str) -> Result:
    """What the largest run needs, as a ratio to the smallest."""
    small, large = figures
    said = (
        f"{of}, with {SIZES[1]} due beside {SIZES[0]}{'' if FULL else ' (BENCH_FULL=1: 100,000)'}"
    )
    result = question.figure(large, Samples(figures), said, ratio=large / small)
    return replace(result, beside=float(f"{small:.3g}"))


@dataclass(frozen=True, slots=True)
class Run:
    """`seconds` to the last charge at the double, `settled` to the last event; `cpu` seconds of the worker."""

    due: int
    seconds: float
    settled: float
    cpu: float
    memory: float


@dataclass(slots=True)
class Bill:
    """Lets subscriptions fall due together, and waits for their charges."""

    service: Service
    url: str
    worker: psutil.Process
    double: int
    payer: Instrument
    runs: list[Run] = field(default_factory=list)

    @property
    def said(self) -> str:
        last = self.runs[-1]
        return f"all recorded after {last.settled:.1f} s where the last charge came after {last.seconds:.1f} s"

    async def speed(self, due: int) -> float:
        found = await self.fall_due(due)
        return found.due / found.seconds

    async def fall_due(self, due: int) -> Run:
        """Every subscription is on trial for a day, and then charged for a year: none is due twice."""
        ends_at = await self._seed(due)
        before, charged = await self._charges(), await query(self.url, CHARGED)
        spent, started = cpu(self.worker), perf_counter()
        await self.service.move_clock(ends_at + timedelta(seconds=1))
        while (made := await self._charges() - before) < due:
            await asyncio.sleep(0.02)
            assert perf_counter() - started < 60 + due, f"{made} of {due} charges"
        seconds = perf_counter() - started
        await self._quiet()
        verify(
            "payments, and how many of them are different",
            await query(self.url, CHARGED),
            (charged[0] + due, charged[1] + due),
        )
        verify("charges at the double", await self._charges(), before + due)
        settled, memory = perf_counter() - started, self.worker.memory_info().rss / MB
        self.runs.append(Run(due, seconds, settled, cpu(self.worker) - spent, memory))
        return self.runs[-1]

    async def _seed(self, due: int) -> datetime:
        at = self.service.clock.now()
        community_id = random_id()
        people = iter([PersonId(random_id()) for _ in range(due)])
        await asyncio.gather(*(self._start(people, community_id, at) for _ in range(SEEDERS)))
        await self._quiet()
        return at + TRIAL

    async def _start(self, people: Iterable[PersonId], community_id: UUID, at: datetime) -> None:
        for person_id in people:
            terms = Terms(person_id, random_id(), None, PRICE, "year", 1, Code("Europe/Paris"))
            start = StartSubscription(terms, self.payer, TRIAL.days, at)
            command_id = random_id()
            meta = Meta(correlation_id=command_id, causation_id=command_id)
            origin = Origin(command_id, community_id, at, meta, command_id.bytes)
            await self.service.handler.handle([Ask(SUBSCRIPTION, random_id(), start)], origin)

    async def _quiet(self) -> None:
        async def still() -> bool:
            return (await self.service.quiet()).quiet

        await until("quiet", still, every=0.05, patience=600)

    async def _charges(self) -> int:
        async with httpx.AsyncClient() as client:
            answer = await client.post(f"http://{HOST}:{self.double}/_config/charges")
        return int(answer.json()["charges"])


async def _somebody(settings: Settings) -> Instrument:
    """Who pays for all of them, by a card that the double keeps."""
    gateway = StripeGateway(settings.stripe_key.get_secret_value(), settings.stripe_url)
    try:
        customer = await gateway.create_customer(random_id(), ACCOUNT)
        card = await gateway.client.v1.payment_methods.create_async(
            {
                "type": "card",
                "card": {"number": "4242424242424242", "exp_month": 12, "exp_year": 2035},
            },
            options(ACCOUNT),
        )
        await gateway.keep(Code(card.id), customer, ACCOUNT, random_id())
    finally:
        await gateway.close()
    return Instrument(Code(card.id), customer, ACCOUNT)


async def _most(port: int, payer: Instrument, number: int) -> float:
    """Charges a second when nothing else is asked of it."""
    told = [str(one) for one in (port, number, CONNECTIONS)]
    who = [ACCOUNT, payer.customer or "", payer.payment_method]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.charges", *told, *who, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    verify("the client's exit", process.returncode, 0)
    return number / float(said)
