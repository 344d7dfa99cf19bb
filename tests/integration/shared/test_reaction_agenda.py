"""From a fact to what follows from it: every intent once, in order, and never given up in silence."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from shared import agenda
from shared.agenda import AgendaWorker, IntentCodec, Stopped
from shared.event_store import LOST, Fact, Forget, Keep, Unavailable
from shared.ids import PLATFORM, Label, derive
from shared.projection import position
from shared.reaction import Action, ActionContext, Ask, At, Call, Intent, Reaction, Transient
from shared.service import Service
from shared.testing import eventually
from shared.worker import Health, follow
from tests.integration.shared.counting import (
    COMMUNITY,
    COUNTER,
    Count,
    Counted,
    count,
    counter,
    feature,
    origin,
    read_to_end,
    running,
)
from tests.integration.shared.gates import GATE, GATES, GatePassed, OpenGate, PassGate
from tests.integration.shared.writing import key, lookup, person

DIARY = counter(500)


@dataclass(frozen=True)
class Ring:
    number: int


@dataclass
class Bell:
    """A vendor of ours: what it was asked, and how it shall answer."""

    heard: list[tuple[int, ActionContext]] = field(default_factory=list)
    answer: Callable[[Ring, ActionContext], Ask | None] = lambda *_: None

    async def ring(self, action: Ring, context: ActionContext) -> Ask | None:
        self.heard.append((action.number, context))
        return self.answer(action, context)

    def numbers(self) -> list[int]:
        return [number for number, _ in self.heard]


def note(number: int, diary: UUID = DIARY) -> Ask:
    return Ask(GATE, diary, PassGate(Label(str(number))))


def reaction(react: Callable[[Fact], Sequence[Intent]], name: str = "tests.react") -> Reaction:
    return Reaction(name, Counted, react)


def noting(fact: Fact) -> list[Intent]:
    return [note(fact.body.by)]


def ringing(fact: Fact) -> list[Intent]:
    return [Call(Ring(fact.body.by))]


@contextlib.asynccontextmanager
async def opened(
    database_url: str, *reactions: Reaction, bell: Bell | None = None
) -> AsyncIterator[Service]:
    """The service with these reactions, and with its diary open."""
    actions = (Action(Ring, (bell or Bell()).ring),)
    async with running(
        database_url, feature(reactions=reactions, actions=actions), GATES
    ) as service:
        yield service


async def open_diary(service: Service, diary: UUID = DIARY) -> None:
    await service.handler.handle([Ask(GATE, diary, OpenGate())], origin())


def worker(service: Service, concurrency: int = 16) -> AgendaWorker:
    return AgendaWorker(
        service.pool,
        service.handler,
        service.codec,
        service.blueprint.actions,
        service.clock,
        service=service,
        gateways={},
        concurrency=concurrency,
    )


async def react(service: Service) -> None:
    """Read the log to its end and write down what follows."""
    await read_to_end(service, service.reactions, service.log)


async def work(service: Service, *workers: AgendaWorker) -> None:
    """Let the workers do all that can be done now, waiting out their back-off."""
    each = workers or (worker(service),)

    async def idle() -> bool:
        tried = await asyncio.gather(*(one.step() for one in each))
        return not any(tried) and not await service.pool.fetchval(
            "SELECT count(*) FROM agenda WHERE state = 'waiting' AND attempts > 0"
        )

    await eventually(idle)


async def notes(service: Service, diary: UUID = DIARY) -> list[int]:
    facts = await service.store.read_stream(diary)
    return [int(fact.body.name) for fact in facts if isinstance(fact.body, GatePassed)]


async def states(service: Service) -> dict[str, int]:
    rows = await service.pool.fetch("SELECT state, count(*) AS n FROM agenda GROUP BY state")
    return {row["state"]: row["n"] for row in rows}


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agenda, "LONGEST_BACK_OFF", 0.02)


# Intents


async def test_a_fact_leads_to_each_intent_once_however_often_it_is_read(database_url: str) -> None:
    two = reaction(lambda fact: [note(fact.body.by), note(100 + fact.body.by)])
    other = reaction(lambda fact: [note(200 + fact.body.by)], name="tests.other")
    async with opened(database_url, two, other) as service:
        await open_diary(service)
        for n in range(1, 4):
            await count(service, counter(1), by=n)
        for _ in range(3):
            await react(service)
            await work(service)
            await service.pool.execute("UPDATE checkpoints SET position = 0")
        assert await states(service) == {"done": 9}
        assert await notes(service) == [1, 101, 201, 2, 102, 202, 3, 103, 203]


async def test_a_lost_agenda_is_written_again_and_done_only_once(database_url: str) -> None:
    """Ids derive from the fact, so even a command done before is recognised."""
    async with opened(database_url, reaction(noting)) as service:
        await open_diary(service)
        await count(service, counter(1), by=7)
        for _ in range(2):
            await react(service)
            await work(service)
            await service.pool.execute("TRUNCATE agenda; UPDATE checkpoints SET position = 0")
        assert await notes(service) == [7]


async def test_intents_and_checkpoint_are_written_together(database_url: str) -> None:
    def fails(fact: Fact) -> list[Intent]:
        if fact.body.by == 13:
            raise ZeroDivisionError
        return noting(fact)

    async with opened(database_url, reaction(fails)) as service:
        for by in (1, 13):
            await count(service, counter(1), by=by)
        with pytest.raises(ZeroDivisionError):
            await follow(service, [service.reactions], service.log, Health())
        assert await states(service) == {}
        assert await position(service.pool, service.reactions, service.log) == 0


async def test_what_follows_carries_where_it_came_from(database_url: str) -> None:
    bell = Bell(answer=lambda ring, _: note(ring.number))
    async with opened(database_url, reaction(ringing), bell=bell) as service:
        await open_diary(service)
        await count(service, counter(1), by=7)
        (cause,) = await service.store.read_stream(counter(1))
        await react(service)
        await work(service)
        effect = (await service.store.read_stream(DIARY))[-1]
        assert effect.meta.causation_id == cause.event_id
        assert effect.meta.correlation_id == cause.meta.correlation_id
        assert effect.community_id == COMMUNITY


async def test_intents_come_back_from_their_stored_form(database_url: str) -> None:
    async with opened(database_url) as service:
        codec = service.codec
        asks = [
            note(1),
            Ask(COUNTER, counter(1), Count(3), expected=4, community_id=PLATFORM),
            Ask(
                COUNTER,
                counter(1),
                Count(),
                Keep(forget=(Forget(person(1)), Forget(person(2), service.clock.now()))),
            ),
        ]
        for ask in asks:
            assert codec.decode(codec.encode(ask)) == ask
            assert codec.decode(codec.encode(At(service.clock.now(), ask))) == ask
        assert codec.decode(codec.encode(Call(Ring(2)))) == Call(Ring(2))


async def test_a_reaction_is_pure_and_so_it_brings_no_keys(database_url: str) -> None:
    codec = IntentCodec([GATE], [])
    for keep in (Keep(keys=(key(person(1)),)), Keep(lookups=(lookup(person(1), "ada"),))):
        with pytest.raises(ValueError, match="keys or lookups"):
            codec.encode(Ask(GATE, DIARY, OpenGate(), keep))


async def test_an_ask_for_the_platform_stays_one(database_url: str) -> None:
    asked = reaction(
        lambda fact: [Ask(COUNTER, derive(fact.stream_id, "all"), Count(), community_id=PLATFORM)]
    )
    async with opened(database_url, asked) as service:
        await count(service, counter(1), by=7)
        await react(service)
        await work(service)
        (fact,) = await service.store.read_stream(derive(counter(1), "all"))
        assert fact.community_id == PLATFORM


# Order


async def test_the_asks_of_a_stream_are_done_in_its_order(database_url: str) -> None:
    attempts: dict[int, int] = defaultdict(int)

    async with opened(
        database_url, reaction(lambda fact: [note(fact.body.by, derive(fact.stream_id, "diary"))])
    ) as service:
        for n in range(4):
            await open_diary(service, derive(counter(n), "diary"))
        handle = service.handler.handle

        async def unsteady(asks: Any, origin: Any) -> Any:
            number = hash(origin.command_id)
            attempts[number] += 1
            await asyncio.sleep(0.001 * (number % 5))
            if attempts[number] <= number % 3:
                raise Unavailable("not now")
            return await handle(asks, origin)

        service.handler.handle = unsteady  # type: ignore[method-assign]
        for by in range(1, 13):
            for n in range(4):
                await count_steadily(handle, counter(n), by)
        await react(service)
        await work(service, worker(service), worker(service))
        for n in range(4):
            assert await notes(service, derive(counter(n), "diary")) == list(range(1, 13))
        assert max(attempts.values()) > 1


async def count_steadily(handle: Any, stream_id: UUID, by: int) -> None:
    await handle([Ask(COUNTER, stream_id, Count(by))], origin())


async def test_a_parked_ask_parks_what_follows_it_and_nothing_else(database_url: str) -> None:
    async with opened(
        database_url,
        reaction(lambda fact: [note(fact.body.by, derive(fact.stream_id, "diary"))]),
    ) as service:
        closed, other = derive(counter(1), "diary"), derive(counter(2), "diary")
        await open_diary(service, other)
        for by in (1, 2, 3):
            await count(service, counter(1), by=by)
            await count(service, counter(2), by=by)
        await react(service)
        await work(service)
        assert await notes(service, other) == [1, 2, 3]
        assert await states(service) == {"parked": 1, "waiting": 2, "done": 3}
        (item,) = await agenda.unsettled(service.pool)
        assert item["attempts"] == agenda.MAX_ATTEMPTS
        assert item["last_error"] == "Rejected: The gate is closed."

        await open_diary(service, closed)
        await work(service)
        assert await notes(service, closed) == []
        assert await agenda.retry(service.pool, item["id"])
        await work(service)
        assert await notes(service, closed) == [1, 2, 3]
        assert await states(service) == {"done": 6}
        assert not await agenda.retry(service.pool, item["id"])


async def test_what_waits_behind_a_discarded_ask_goes_on(database_url: str) -> None:
    async with opened(database_url, reaction(noting)) as service:
        for by in (1, 2, 3):
            await count(service, counter(1), by=by)
        await react(service)
        await work(service)
        (item,) = await agenda.unsettled(service.pool)
        await open_diary(service)
        assert await agenda.discard(service.pool, item["id"])
        assert not await agenda.discard(service.pool, item["id"])
        assert not await agenda.retry(service.pool, item["id"])
        await work(service)
        assert await notes(service) == [2, 3]
        assert await states(service) == {"discarded": 1, "done": 2}


async def test_a_call_that_is_parked_holds_up_nobody(database_url: str) -> None:
    def broken(ring: Ring, _: ActionContext) -> Ask | None:
        if ring.number == 1:
            raise ZeroDivisionError
        return None

    bell = Bell(answer=broken)
    async with opened(database_url, reaction(ringing), bell=bell) as service:
        for by in (1, 2, 3):
            await count(service, counter(1), by=by)
        await react(service)
        await work(service)
        assert sorted(bell.numbers()) == [1] * agenda.MAX_ATTEMPTS + [2, 3]
        assert await states(service) == {"parked": 1, "done": 2}


# Time


async def test_what_has_a_time_is_done_when_the_clock_reaches_it(database_url: str) -> None:
    def later(fact: Fact) -> list[Intent]:
        return [At(start + timedelta(days=fact.body.by), note(fact.body.by)), note(0)]

    async with opened(database_url, reaction(later)) as service:
        start = service.clock.now()
        await open_diary(service)
        for by in (300, 30, 3):
            await count(service, counter(1), by=by)
        await react(service)
        await work(service)
        assert await notes(service) == [0, 0, 0]
        assert await agenda.next_due(service.pool) == start + timedelta(days=3)
        await service.move_clock(start + timedelta(days=2))
        await work(service)
        assert await notes(service) == [0, 0, 0]
        for days, expected in ((4, [3]), (31, [3, 30]), (400, [3, 30, 300])):
            await service.move_clock(start + timedelta(days=days))
            await work(service)
            assert await notes(service) == [0, 0, 0, *expected]
        assert await agenda.next_due(service.pool) is None
        facts = await service.store.read_stream(DIARY)
        assert facts[-1].at >= start + timedelta(days=400)


async def test_a_moved_clock_frees_no_claim(database_url: str) -> None:
    """Claims run by real time: a year that passes in a second must not do everything twice."""
    busy, go_on = asyncio.Event(), asyncio.Event()

    async def slowly(_: Ring, __: ActionContext) -> Ask | None:
        busy.set()
        await go_on.wait()
        return None

    actions = (Action(Ring, slowly),)
    async with running(
        database_url, feature(reactions=(reaction(ringing),), actions=actions)
    ) as service:
        await count(service, counter(1))
        await react(service)
        working = asyncio.create_task(worker(service).step())
        await busy.wait()
        await service.move_clock(service.clock.now() + timedelta(days=365))
        assert await worker(service).step() == 0
        go_on.set()
        assert await working == 1
        assert await states(service) == {"done": 1}


# Trouble


async def test_an_action_is_answered_by_the_next_command(database_url: str) -> None:
    bell = Bell(answer=lambda ring, _: note(ring.number))
    async with opened(database_url, reaction(ringing), bell=bell) as service:
        await open_diary(service)
        await count(service, counter(1), by=7)
        await react(service)
        await work(service)
        assert await notes(service) == [7]
        ((_, context),) = bell.heard
        assert (context.attempt, context.community_id) == (1, COMMUNITY)
        assert context.service is service


async def test_what_was_done_but_not_marked_is_done_again_and_says_so(database_url: str) -> None:
    """A crash after the vendor has answered: the same key, another attempt, one command."""
    bell = Bell(answer=lambda ring, _: note(ring.number))
    async with opened(database_url, reaction(ringing), bell=bell) as service:
        await open_diary(service)
        await count(service, counter(1), by=7)
        await react(service)
        crashing = worker(service)
        for item in await crashing._claim(1):
            await crashing._perform(item)
        assert await worker(service).step() == 0
        await service.pool.execute("UPDATE agenda SET claimed_until = clock_timestamp()")
        await work(service)
        assert [context.attempt for _, context in bell.heard] == [1, 2]
        assert len({context.key for _, context in bell.heard}) == 1
        assert await notes(service) == [7]


async def test_a_retried_action_is_no_first_attempt(database_url: str) -> None:
    """What was tried blind once must be looked up first ever after."""

    def broken(_: Ring, context: ActionContext) -> Ask | None:
        if context.attempt <= agenda.MAX_ATTEMPTS:
            raise ZeroDivisionError
        return None

    bell = Bell(answer=broken)
    async with opened(database_url, reaction(ringing), bell=bell) as service:
        await count(service, counter(1))
        await react(service)
        await work(service)
        (item,) = await agenda.unsettled(service.pool)
        await agenda.retry(service.pool, item["id"])
        await work(service)
        attempts = [context.attempt for _, context in bell.heard]
        assert attempts == list(range(1, agenda.MAX_ATTEMPTS + 2))
        assert len({context.key for _, context in bell.heard}) == 1
        assert await states(service) == {"done": 1}


@pytest.mark.parametrize(
    "trouble", [Transient("unwell"), Unavailable("full"), ConnectionResetError("gone")]
)
async def test_what_is_only_unwell_is_never_given_up(database_url: str, trouble: Exception) -> None:
    def unwell(_: Ring, context: ActionContext) -> Ask | None:
        if context.attempt <= 3 * agenda.MAX_ATTEMPTS:
            raise trouble
        return None

    bell = Bell(answer=unwell)
    async with opened(database_url, reaction(ringing), bell=bell) as service:
        await count(service, counter(1))
        await react(service)
        await work(service)
        assert len(bell.heard) == 3 * agenda.MAX_ATTEMPTS + 1
        assert await states(service) == {"done": 1}


async def test_who_says_when_to_come_back_is_asked_then_and_not_before(database_url: str) -> None:
    def busy(_: Ring, context: ActionContext) -> Ask | None:
        if context.attempt == 1:
            raise Transient("busy", after=30.0)
        return None

    bell = Bell(answer=busy)
    async with opened(database_url, reaction(ringing), bell=bell) as service:
        await count(service, counter(1))
        await react(service)
        await worker(service).step()
        waits = "SELECT extract(epoch FROM not_before - clock_timestamp())::float FROM agenda"
        assert 25 < await service.pool.fetchval(waits) <= 30
        assert await worker(service).step() == 0


async def test_workers_share_the_work_and_do_nothing_twice(database_url: str) -> None:
    bell = Bell()
    async with opened(database_url, reaction(ringing), bell=bell) as service:
        for by in range(1, 41):
            await count(service, counter(1), by=by)
        await react(service)
        await work(service, *(worker(service, concurrency=3) for _ in range(4)))
        assert sorted(bell.numbers()) == list(range(1, 41))


async def test_who_was_overtaken_changes_nothing_any_more(database_url: str) -> None:
    def first_breaks(_: Ring, context: ActionContext) -> Ask | None:
        if context.attempt == 1:
            raise ZeroDivisionError
        return None

    bell = Bell(answer=first_breaks)
    async with opened(database_url, reaction(ringing), bell=bell) as service:
        await count(service, counter(1))
        await react(service)
        slow = worker(service)
        (item,) = await slow._claim(1)
        await service.pool.execute("UPDATE agenda SET claimed_until = clock_timestamp()")
        (again,) = await worker(service)._claim(1)
        await slow._do(item)
        assert await service.pool.fetchval("SELECT claimed_until > clock_timestamp() FROM agenda")
        await slow._park(item, ZeroDivisionError())
        assert await states(service) == {"waiting": 1}
        await worker(service)._do(again)
        assert await states(service) == {"done": 1}


@dataclass
class SlowBell(Bell):
    """One that rings until it is let go."""

    let_go: asyncio.Event = field(default_factory=asyncio.Event)

    async def ring(self, action: Ring, context: ActionContext) -> Ask | None:
        self.heard.append((action.number, context))
        await self.let_go.wait()
        return None


async def test_what_takes_longer_than_a_claim_is_left_to_who_does_it(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agenda, "CLAIM", timedelta(seconds=0.5))
    monkeypatch.setattr(agenda, "RENEW_SECONDS", 0.1)
    bell = SlowBell()
    async with opened(database_url, reaction(ringing), bell=bell) as service:
        await count(service, counter(1))
        await react(service)
        both = [asyncio.create_task(worker(service).run(service.wakeup)) for _ in range(2)]
        await eventually(lambda: _rung(bell))
        await asyncio.sleep(1.5)
        bell.let_go.set()
        await eventually(lambda: states(service), lambda found: found == {"done": 1})
        assert bell.numbers() == [1]
        for task in both:
            task.cancel()
        await asyncio.gather(*both, return_exceptions=True)


async def test_who_is_stopped_gives_back_what_it_had_begun(database_url: str) -> None:
    bell = SlowBell()
    async with opened(database_url, reaction(ringing), bell=bell) as service:
        await count(service, counter(1))
        await react(service)
        stopped = asyncio.create_task(worker(service).run(service.wakeup))
        await eventually(lambda: _rung(bell))
        stopped.cancel()
        await asyncio.gather(stopped, return_exceptions=True)
        bell.let_go.set()
        assert await worker(service).step() == 1
        assert [context.attempt for _, context in bell.heard] == [1, 2]
        assert await states(service) == {"done": 1}


async def _rung(bell: Bell) -> bool:
    return bool(bell.heard)


async def test_when_much_is_parked_in_little_time_the_loop_stops_instead(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agenda, "TOO_MANY_PARKED", 5)
    monkeypatch.setattr(agenda, "MAX_ATTEMPTS", 1)

    def broken(_: Ring, __: ActionContext) -> Ask | None:
        raise ZeroDivisionError

    bell = Bell(answer=broken)
    async with opened(database_url, reaction(ringing), bell=bell) as service:
        for by in range(1, 31):
            await count(service, counter(1), by=by)
        await react(service)
        for _ in range(3):  # However often the process is started again.
            with pytest.raises(Stopped):
                async with asyncio.timeout(10):
                    await worker(service, concurrency=1).run(service.wakeup)
        assert await states(service) == {"parked": 5, "waiting": 25}
        monkeypatch.setattr(agenda, "PARKED_WINDOW", timedelta(0))
        bell.answer = lambda *_: None
        await work(service)
        assert await states(service) == {"parked": 5, "done": 25}


async def test_the_loops_wait_out_a_database_that_goes_away(database_url: str) -> None:
    bell = Bell(answer=lambda ring, _: note(ring.number))
    async with opened(database_url, reaction(ringing), bell=bell) as service:
        await open_diary(service)
        loops = [
            asyncio.create_task(follow(service, [service.reactions], service.log, Health())),
            asyncio.create_task(worker(service).run(service.wakeup)),
        ]
        for by in range(1, 31):
            await count(service, counter(1), by=by)
            if by % 10 == 0:
                await service.pool.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )

        async def done() -> list[int]:
            with contextlib.suppress(*LOST):  # our own connections were ended as well
                return sorted(await notes(service))
            return []

        await eventually(done, lambda found: found == list(range(1, 31)), within=30)
        for loop in loops:
            loop.cancel()
        await asyncio.gather(*loops, return_exceptions=True)
        assert len({context.key for _, context in bell.heard}) == 30
