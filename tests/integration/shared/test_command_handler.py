"""Read, fold, decide, append: whatever runs at the same time, every answer is true when it is given."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from shared import command_handler
from shared.appender import Appender
from shared.command_handler import (
    Answer,
    Claimed,
    CommandHandler,
    Origin,
    Reused,
    VersionMismatch,
)
from shared.decider import NotFound, Refused, Rejected
from shared.event_store import Keep, Unavailable
from shared.ids import PLATFORM, Label, random_id
from shared.reaction import Ask
from shared.service import Service
from shared.testing import eventually
from tests.integration.shared.counting import (
    COMMUNITY,
    COUNTER,
    OTHER_COMMUNITY,
    Count,
    Counted,
    CountedContract,
    Total,
    count,
    counter,
    feature,
    origin,
    running,
)
from tests.integration.shared.gates import (
    GATE,
    GATES,
    BreakGate,
    CloseGate,
    Gate,
    GateCommand,
    GateOpened,
    GatePassed,
    OpenGate,
    PassGate,
)
from tests.integration.shared.writing import append, event, key, lookup, part, person, write


@contextlib.asynccontextmanager
async def opened(database_url: str) -> AsyncIterator[Service]:
    async with running(database_url, feature(), GATES) as service:
        yield service


@contextlib.asynccontextmanager
async def beside(service: Service) -> AsyncIterator[CommandHandler]:
    """Another process: it knows nothing of what the service remembers."""
    async with Appender(service.settings.database_url, service.name) as appender:
        yield CommandHandler(service.store, appender, {Counted: CountedContract.topic})


def count_by(stream_id: UUID, by: int = 1, limit: int = 1_000_000) -> Ask:
    return Ask(COUNTER, stream_id, Count(by, limit))


def gate(number: int, command: GateCommand) -> Ask:
    return Ask(GATE, counter(1_000 + number), command)


async def handle(handler: CommandHandler, *asks: Ask, by: Origin | None = None) -> Answer:
    return await handler.handle(asks, by or origin())


async def outcomes(*attempts: "asyncio.Future[Answer]") -> tuple[list[Answer], list[str]]:
    done = await asyncio.gather(*attempts, return_exceptions=True)
    refusals = [each for each in done if isinstance(each, Refused)]
    answers = [each for each in done if isinstance(each, Answer)]
    assert len(answers) + len(refusals) == len(done), done
    return answers, [refusal.code for refusal in refusals]


async def stored(service: Service) -> int:
    found: int = await service.pool.fetchval("SELECT count(*) FROM events")
    return found


async def total(service: Service, stream_id: UUID) -> int:
    return sum(fact.body.by for fact in await service.store.read_stream(stream_id))


async def transactions(service: Service) -> int:
    found: int = await service.pool.fetchval("SELECT count(DISTINCT xmin::text) FROM commands")
    return found


def tasks(*work: Coroutine[Any, Any, Answer]) -> list["asyncio.Task[Answer]"]:
    return [asyncio.create_task(each) for each in work]


# Lanes


async def test_64_callers_never_go_above_the_limit_and_reach_it(database_url: str) -> None:
    async with opened(database_url) as service:
        answers, refusals = await outcomes(
            *tasks(*(count(service, counter(1), limit=40) for _ in range(64)))
        )
        assert sorted(answer.version for answer in answers) == list(range(1, 41))
        assert refusals == ["limit_reached"] * 24
        assert await total(service, counter(1)) == 40


async def test_commands_on_one_stream_travel_as_one_write(database_url: str) -> None:
    async with opened(database_url) as service:
        await asyncio.gather(*(count(service, counter(1)) for _ in range(200)))
        assert await stored(service) == 200
        assert await transactions(service) <= 3


async def test_processes_that_share_a_stream_never_go_above_the_limit(database_url: str) -> None:
    async with (
        opened(database_url) as service,
        beside(service) as second,
        beside(service) as third,
    ):
        answers, refusals = await outcomes(
            *tasks(
                *(
                    handle(handler, count_by(counter(1), limit=50))
                    for _ in range(24)
                    for handler in (service.handler, second, third)
                )
            )
        )
        assert sorted(answer.version for answer in answers) == list(range(1, 51))
        assert len({answer.position for answer in answers}) == 50
        assert refusals == ["limit_reached"] * 22
        assert await total(service, counter(1)) == 50


async def test_what_a_cached_state_refuses_is_looked_at_again(database_url: str) -> None:
    async with opened(database_url) as service, beside(service) as other:
        await handle(service.handler, gate(1, OpenGate()), gate(1, CloseGate()))
        await handle(other, gate(1, OpenGate()))
        assert (await handle(service.handler, gate(1, PassGate()))).version == 4


async def test_what_a_cached_state_finds_done_is_looked_at_again(database_url: str) -> None:
    async with opened(database_url) as service, beside(service) as other:
        await handle(service.handler, gate(1, OpenGate()), gate(1, CloseGate()))
        await handle(other, gate(1, OpenGate()))
        assert (await handle(service.handler, gate(1, CloseGate()))).version == 4


async def test_what_a_cached_state_allows_is_refused_when_it_is_no_longer_so(
    database_url: str,
) -> None:
    async with opened(database_url) as service, beside(service) as other:
        await handle(service.handler, gate(1, OpenGate()))
        await handle(other, gate(1, CloseGate()))
        with pytest.raises(Rejected, match="closed"):
            await handle(service.handler, gate(1, PassGate()))
        assert await stored(service) == 2


async def test_a_refusal_leaves_the_others_of_its_lane_alone(database_url: str) -> None:
    async with opened(database_url) as service:
        await handle(service.handler, gate(1, OpenGate()))
        commands: list[GateCommand] = [PassGate(), CloseGate(), PassGate(), OpenGate(), PassGate()]
        answers, refusals = await outcomes(
            *tasks(*(handle(service.handler, gate(1, command)) for command in commands))
        )
        assert [answer.version for answer in answers] == [2, 3, 4, 5]
        assert refusals == ["gate_closed"]


async def test_a_decision_with_a_bug_hurts_only_who_asked_for_it(database_url: str) -> None:
    async with opened(database_url) as service:
        done = await asyncio.gather(
            handle(service.handler, gate(1, OpenGate())),
            handle(service.handler, gate(1, BreakGate())),
            handle(service.handler, gate(1, PassGate())),
            return_exceptions=True,
        )
        assert [type(each) for each in done] == [Answer, ZeroDivisionError, Answer]
        assert await stored(service) == 2


@pytest.mark.parametrize("name", ["\ud800", "x" * 70_000])
async def test_an_event_that_cannot_be_stored_hurts_only_who_asked_for_it(
    database_url: str, name: str
) -> None:
    async with opened(database_url) as service:
        done = await asyncio.gather(
            handle(service.handler, gate(1, OpenGate())),
            handle(service.handler, gate(1, PassGate(Label(name)))),
            handle(service.handler, gate(1, PassGate())),
            return_exceptions=True,
        )
        assert [isinstance(each, Exception) for each in done] == [False, True, False]
        assert await stored(service) == 2


async def test_a_nul_character_is_a_character(database_url: str) -> None:
    async with opened(database_url) as service:
        await handle(service.handler, gate(1, OpenGate()), gate(1, PassGate(Label("a\x00b"))))
        facts = await service.store.read_stream(counter(1_001))
        assert facts[-1].body == GatePassed(Label("a\x00b"))


async def test_a_caller_that_goes_away_hurts_nobody_and_is_decided_all_the_same(
    database_url: str,
) -> None:
    async with opened(database_url) as service:
        callers = tasks(*(count(service, counter(1)) for _ in range(10)))
        both = tasks(
            handle(service.handler, count_by(counter(2)), gate(2, OpenGate())),
        )
        await asyncio.sleep(0)
        for gone in (*callers[::2], *both):
            gone.cancel()
        await asyncio.gather(*callers, *both, return_exceptions=True)
        assert (await count(service, counter(1))).version == 11

        async def events() -> int:
            return await stored(service)

        await eventually(events, lambda n: n == 13)


async def test_lanes_that_are_forgotten_are_read_again(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command_handler, "MAX_LANES", 3)
    async with opened(database_url) as service:
        for _ in range(3):
            await asyncio.gather(*(count(service, counter(n)) for n in range(12)))
        assert len(service.handler._lanes) <= 3
        for n in range(12):
            assert await total(service, counter(n)) == 3


# Repeats


async def test_a_repeat_is_answered_as_the_first_was(database_url: str) -> None:
    async with opened(database_url) as service, beside(service) as other:
        ask, by = count_by(counter(1)), origin()
        first = await handle(service.handler, ask, by=by)
        assert first == Answer(1, 1, (CountedContract.topic, 1))
        for _ in range(3):
            await count(service, counter(1))
        assert await handle(service.handler, ask, by=by) == first
        assert await handle(other, ask, by=by) == first
        assert await stored(service) == 4


async def test_a_repeat_of_what_would_be_refused_by_now_is_no_refusal(database_url: str) -> None:
    async with opened(database_url) as service:
        ask, by = count_by(counter(1), limit=1), origin()
        first = await handle(service.handler, ask, by=by)
        assert await handle(service.handler, ask, by=by) == first
        with pytest.raises(Rejected):
            await handle(service.handler, ask)


async def test_the_same_command_at_the_same_time_is_decided_once(database_url: str) -> None:
    async with opened(database_url) as service, beside(service) as other:
        ask, by = count_by(counter(1)), origin()
        answers = await asyncio.gather(
            *(handle(handler, ask, by=by) for handler in (service.handler, other) for _ in range(8))
        )
        assert answers == [Answer(1, 1, (CountedContract.topic, 1))] * 16
        assert await stored(service) == 1


async def test_a_repeat_amid_new_commands_takes_nothing_from_them(database_url: str) -> None:
    async with opened(database_url) as service, beside(service) as other:
        ask, by = count_by(counter(1)), origin()
        first = await handle(other, ask, by=by)
        answers = await asyncio.gather(
            *(handle(service.handler, count_by(counter(1))) for _ in range(3)),
            handle(service.handler, ask, by=by),
            *(handle(service.handler, count_by(counter(1))) for _ in range(3)),
        )
        assert answers[3] == first
        assert sorted(answer.version for answer in answers) == [1, 2, 3, 4, 5, 6, 7]
        assert await stored(service) == 7


async def test_a_repeat_of_what_decided_nothing_is_answered_alike(database_url: str) -> None:
    async with opened(database_url) as service:
        nothing, by = count_by(counter(1), by=0), origin()
        assert await handle(service.handler, nothing, by=by) == Answer(0, 0)
        await count(service, counter(1))
        assert await handle(service.handler, nothing, by=by) == Answer(0, 0)
        later = origin()
        answer = await handle(service.handler, nothing, by=later)
        await count(service, counter(1))
        assert await handle(service.handler, nothing, by=later) == answer
        assert (answer.version, answer.position) == (1, 1)


async def test_commands_of_one_write_are_answered_each_for_itself(database_url: str) -> None:
    async with opened(database_url) as service:
        origins = [origin() for _ in range(6)]
        asks = [count_by(counter(1), by=n % 2) for n in range(6)]
        first = await asyncio.gather(
            *(handle(service.handler, ask, by=by) for ask, by in zip(asks, origins, strict=True))
        )
        again = [
            await handle(service.handler, ask, by=by) for ask, by in zip(asks, origins, strict=True)
        ]
        assert again == list(first)
        assert [answer.version for answer in first] == [0, 1, 1, 2, 2, 3]


async def test_a_key_used_for_another_request_is_refused(database_url: str) -> None:
    async with opened(database_url) as service:
        command_id = random_id()
        one, two = origin(command_id, fingerprint=b"1"), origin(command_id, fingerprint=b"2")
        await handle(service.handler, count_by(counter(1)), by=one)
        for ask in (count_by(counter(1)), count_by(counter(2)), count_by(counter(1), limit=0)):
            with pytest.raises(Reused):
                await handle(service.handler, ask, by=two)
        assert await stored(service) == 1


async def test_a_key_used_twice_at_once_for_different_requests_serves_one(
    database_url: str,
) -> None:
    async with opened(database_url) as service:
        command_id = random_id()
        answers, refusals = await outcomes(
            *tasks(
                *(
                    handle(
                        service.handler,
                        count_by(counter(1)),
                        by=origin(command_id, fingerprint=bytes([n])),
                    )
                    for n in range(3)
                )
            )
        )
        assert [answer.version for answer in answers] == [1]
        assert refusals == ["idempotency_key_reused"] * 2


async def test_a_refusal_does_not_use_up_the_key(database_url: str) -> None:
    async with opened(database_url) as service:
        by = origin()
        with pytest.raises(Rejected):
            await handle(service.handler, gate(1, PassGate()), by=by)
        await handle(service.handler, gate(1, OpenGate()))
        assert (await handle(service.handler, gate(1, PassGate()), by=by)).version == 2


# If-Match


async def test_a_version_that_was_seen_must_still_be_so(database_url: str) -> None:
    async with opened(database_url) as service:
        await count(service, counter(1))
        await count(service, counter(1))
        for wrong in (0, 1, 3):
            with pytest.raises(VersionMismatch):
                await handle(service.handler, replace(count_by(counter(1)), expected=wrong))
        ask, by = replace(count_by(counter(1)), expected=2), origin()
        answer = await handle(service.handler, ask, by=by)
        assert answer.version == 3
        assert await handle(service.handler, ask, by=by) == answer


async def test_of_many_who_have_seen_one_version_one_may_change_it(database_url: str) -> None:
    async with opened(database_url) as service, beside(service) as other:
        answers, refusals = await outcomes(
            *tasks(
                *(
                    handle(handler, replace(count_by(counter(1)), expected=0))
                    for handler in (service.handler, other)
                    for _ in range(5)
                )
            )
        )
        assert len(answers) == 1
        assert refusals == ["version_mismatch"] * 9


# Several asks


async def test_a_request_of_several_asks_is_stored_whole_or_not_at_all(database_url: str) -> None:
    async with opened(database_url) as service:
        with pytest.raises(Rejected):
            await handle(service.handler, count_by(counter(1)), gate(1, PassGate()))
        assert await stored(service) == 0
        await handle(
            service.handler, count_by(counter(1)), gate(1, OpenGate()), gate(1, PassGate())
        )
        assert await stored(service) == 4 - 1
        assert await transactions(service) == 1


async def test_each_ask_sees_what_the_ones_before_it_have_done(database_url: str) -> None:
    async with opened(database_url) as service:
        answer = await handle(service.handler, *(count_by(counter(1), limit=3) for _ in range(3)))
        assert answer.version == 3
        with pytest.raises(Rejected):
            await handle(service.handler, *(count_by(counter(2), limit=3) for _ in range(4)))
        assert await total(service, counter(2)) == 0


async def test_requests_over_the_same_streams_in_any_order_all_end(database_url: str) -> None:
    async with opened(database_url) as service, beside(service) as other:
        pairs: Sequence[tuple[int, int]] = [(1, 2), (2, 1), (2, 3), (3, 1)]
        async with asyncio.timeout(30):
            await asyncio.gather(
                *(
                    handle(handler, count_by(counter(a)), count_by(counter(b)))
                    for _ in range(5)
                    for a, b in pairs
                    for handler in (service.handler, other)
                ),
                *(count(service, counter(n)) for n in (1, 2, 3) for _ in range(10)),
            )
        assert [await total(service, counter(n)) for n in (1, 2, 3)] == [40, 40, 30]


async def test_the_answer_of_several_asks_covers_all_of_their_events(database_url: str) -> None:
    """Who waits for the answered position in a read model sees the whole write."""
    async with opened(database_url) as service:
        for n in range(6):
            by = origin()
            asks = (count_by(counter(n)), gate(n, OpenGate()))
            answer = await handle(service.handler, *asks, by=by)
            assert answer.version == 1
            assert answer.position == await service.pool.fetchval(
                "SELECT max(position) FROM events"
            )
            assert await handle(service.handler, *asks, by=by) == answer


# Dry runs and states


async def test_a_dry_run_says_what_would_happen_and_stores_nothing(database_url: str) -> None:
    async with opened(database_url) as service:
        by = origin()
        asks = [count_by(counter(1), by=2), count_by(counter(1), by=3), gate(1, OpenGate())]
        assert await service.handler.dry_run(asks, by) == [
            (counter(1), Counted(2)),
            (counter(1), Counted(3)),
            (counter(1_001), GateOpened()),
        ]
        with pytest.raises(Rejected):
            await service.handler.dry_run([gate(1, PassGate())], by)
        assert await stored(service) == 0
        assert await service.pool.fetchval("SELECT count(*) FROM commands") == 0
        assert (await handle(service.handler, *asks, by=by)).version == 2


async def test_the_state_is_read_as_it_is_now(database_url: str) -> None:
    async with opened(database_url) as service, beside(service) as other:
        await count(service, counter(1), by=2)
        await handle(other, count_by(counter(1), by=3))
        assert await service.handler.state(COUNTER, counter(1), COMMUNITY) == (Total(5), 2)
        assert await service.handler.state(GATE, counter(9), COMMUNITY) == (Gate(), 0)


# Tenants


async def test_a_stream_of_another_community_does_not_exist(database_url: str) -> None:
    async with opened(database_url) as service, beside(service) as other:
        await count(service, counter(1))
        stranger = origin(community_id=OTHER_COMMUNITY)
        for handler in (service.handler, other):
            with pytest.raises(NotFound):
                await handle(handler, count_by(counter(1)), by=stranger)
            with pytest.raises(NotFound):
                await handle(handler, count_by(counter(2)), count_by(counter(1)), by=stranger)
            with pytest.raises(NotFound):
                await handler.state(COUNTER, counter(1), OTHER_COMMUNITY)
            with pytest.raises(NotFound):
                await handler.dry_run([count_by(counter(1))], stranger)
        assert await stored(service) == 1


async def test_of_two_communities_that_make_one_stream_at_once_one_has_it(
    database_url: str,
) -> None:
    async with opened(database_url) as service, beside(service) as other:
        answers, refusals = await outcomes(
            *tasks(
                handle(service.handler, count_by(counter(1))),
                handle(service.handler, count_by(counter(1)), by=origin(None, OTHER_COMMUNITY)),
                handle(other, count_by(counter(1)), by=origin(None, OTHER_COMMUNITY)),
                handle(other, count_by(counter(1))),
            )
        )
        assert len(answers) == 2
        assert refusals == ["not_found"] * 2
        owners = await service.pool.fetch("SELECT DISTINCT community_id FROM events")
        assert len(owners) == 1


async def test_an_ask_may_speak_for_the_platform(database_url: str) -> None:
    async with opened(database_url) as service:
        await handle(
            service.handler,
            count_by(counter(1)),
            replace(count_by(counter(2)), community_id=PLATFORM),
        )
        rows = await service.pool.fetch("SELECT stream_id, community_id FROM events")
        assert {row["stream_id"]: row["community_id"] for row in rows} == {
            counter(1): COMMUNITY,
            counter(2): PLATFORM,
        }
        with pytest.raises(NotFound):
            await count(service, counter(2))


async def test_a_stream_keeps_the_mode_of_its_first_event(database_url: str) -> None:
    async with opened(database_url) as service, beside(service) as other:
        live, test = origin(), origin()
        test = replace(test, meta=test.meta._replace(mode="test"))
        await asyncio.gather(
            handle(service.handler, count_by(counter(1)), by=test),
            handle(service.handler, count_by(counter(1)), by=live),
        )
        await handle(other, count_by(counter(1)))
        facts = await service.store.read_stream(counter(1))
        assert [fact.meta.mode for fact in facts] == ["test"] * 3


# What is no stream of ours


async def test_a_stream_of_another_decider_does_not_exist(database_url: str) -> None:
    """A path may name any id; that of something else is not found, cached or not."""
    async with opened(database_url) as service, beside(service) as other:
        await count(service, counter(1))
        for handler in (service.handler, other, service.handler):
            with pytest.raises(NotFound):
                await handle(handler, Ask(GATE, counter(1), OpenGate()))
            with pytest.raises(NotFound):
                await handler.state(GATE, counter(1), COMMUNITY)
        assert (await handle(other, count_by(counter(1)))).version == 2


async def test_asking_about_nothing_keeps_nobody_from_making_it(database_url: str) -> None:
    async with opened(database_url) as service:
        assert await service.handler.state(GATE, counter(1), COMMUNITY) == (Gate(), 0)
        assert (await count(service, counter(1))).version == 1


async def test_what_a_newer_release_wrote_is_not_decided_on(database_url: str) -> None:
    async with opened(database_url) as service:
        await append(database_url, write(part(counter(1), 0, [event(name="InventedLater")])))
        with pytest.raises(Unavailable):
            await count(service, counter(1))


# Personal data


async def test_a_lookup_that_is_taken_refuses_the_request(database_url: str) -> None:
    async with opened(database_url) as service:
        first = replace(count_by(counter(1)), keep=Keep(lookups=(lookup(person(1), "ada"),)))
        second = replace(count_by(counter(2)), keep=Keep(lookups=(lookup(person(2), "ada"),)))
        by = origin()
        answer = await handle(service.handler, first, by=by)
        with pytest.raises(Claimed):
            await handle(service.handler, second)
        assert await stored(service) == 1
        assert await handle(service.handler, first, by=by) == answer


async def test_a_refused_request_leaves_no_key(database_url: str) -> None:
    async with opened(database_url) as service:
        sealed = replace(gate(1, PassGate()), keep=Keep(keys=(key(person(1)),)))
        with pytest.raises(Rejected):
            await handle(service.handler, sealed)
        assert await service.pool.fetchval("SELECT count(*) FROM counting_personal.keys") == 0
