"""What the database promises about one append, whoever calls it."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from shared.appender import Appender
from shared.event_store import (
    Appended,
    Conflicting,
    Forget,
    Keep,
    Repeated,
    Taken,
    Verdict,
    Write,
)
from shared.ids import random_id
from shared.testing import eventually
from tests.integration.shared.counting import COMMUNITY, OTHER_COMMUNITY
from tests.integration.shared.writing import (
    append,
    appending,
    call,
    connected,
    event,
    key,
    lookup,
    migrated,
    open_append,
    part,
    person,
    pooled,
    store_of,
    stream,
    waits_for_a_lock,
    write,
)

LATER = datetime(2036, 3, 1, tzinfo=UTC)


async def in_one_call(appender: Appender, *writes: Write) -> list[Verdict | BaseException]:
    """Asked for in the same moment, so they travel together."""
    return await asyncio.gather(*(appender.append(each) for each in writes), return_exceptions=True)


async def rows(database_url: str, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
    async with connected(database_url) as connection:
        return [tuple(row) for row in await connection.fetch(query, *parameters)]


async def test_positions_and_versions_count_from_one(database_url: str) -> None:
    async with appending(database_url) as appender:
        assert await appender.append(write(part(stream(1), 0, 2))) == Appended((1, 2))
        assert await appender.append(write(part(stream(2), 0, 1))) == Appended((3,))
        assert await appender.append(write(part(stream(1), 2, 1))) == Appended((4,))
    async with pooled(database_url) as pool:
        facts = await store_of(pool).read_stream(stream(1))
        assert [(fact.version, fact.position) for fact in facts] == [(1, 1), (2, 2), (3, 4)]
        tail = await store_of(pool).read_stream(stream(1), after=2)
        assert [fact.version for fact in tail] == [3]


async def test_a_command_is_decided_once(database_url: str) -> None:
    command_id = random_id()
    async with appending(database_url) as appender:
        await appender.append(write(part(stream(1), 0), command_id=command_id))
        # It is known as repeated before its version is looked at, whatever stream it names.
        for again in (part(stream(1), 0), part(stream(1), 1), part(stream(2), 0)):
            assert await appender.append(write(again, command_id=command_id)) == Repeated()
    assert await rows(database_url, "SELECT count(*) FROM events") == [(1,)]


async def test_the_same_command_twice_in_one_call_is_decided_once(database_url: str) -> None:
    command_id = random_id()
    async with appending(database_url) as appender:
        verdicts = await in_one_call(
            appender,
            write(part(stream(1), 0), command_id=command_id),
            write(part(stream(2), 0), command_id=command_id),
            write(part(stream(3), 0)),
        )
        assert [type(verdict) for verdict in verdicts] == [Appended, Repeated, Appended]


async def test_a_stream_at_another_version_conflicts(database_url: str) -> None:
    async with appending(database_url) as appender:
        await appender.append(write(part(stream(1), 0, 2)))
        for expected in (0, 1, 3):
            assert await appender.append(write(part(stream(1), expected))) == Conflicting()


async def test_a_stream_of_another_community_conflicts(database_url: str) -> None:
    async with appending(database_url) as appender:
        await appender.append(write(part(stream(1), 0)))
        stranger = part(stream(1), 1, community=OTHER_COMMUNITY)
        assert await appender.append(write(stranger)) == Conflicting()


async def test_a_write_over_several_streams_is_all_or_nothing(database_url: str) -> None:
    async with appending(database_url) as appender:
        await appender.append(write(part(stream(1), 0)))
        verdicts = await in_one_call(
            appender,
            write(part(stream(2), 0), part(stream(1), 0), part(stream(3), 0)),
            write(part(stream(4), 0), part(stream(5), 0)),
        )
        assert verdicts == [Conflicting(), Appended((2, 3))]
    stored = await rows(database_url, "SELECT stream_id FROM events ORDER BY position")
    assert [row[0] for row in stored] == [stream(1), stream(4), stream(5)]
    assert await rows(database_url, "SELECT count(*) FROM commands") == [(2,)]


async def test_a_stream_without_new_events_is_a_guard(database_url: str) -> None:
    async with appending(database_url) as appender:
        await appender.append(write(part(stream(1), 0)))
        assert await appender.append(write(part(stream(1), 1, 0), part(stream(2), 0))) == Appended(
            (2,)
        )
        stale = write(part(stream(1), 0, 0), part(stream(3), 0))
        assert await appender.append(stale) == Conflicting()


async def test_a_command_that_decides_nothing_is_recorded(database_url: str) -> None:
    nothing = write(part(stream(1), 0, 0))
    async with appending(database_url) as appender:
        assert await appender.append(nothing) == Appended(())
        assert await appender.append(nothing) == Repeated()
    async with pooled(database_url) as pool:
        (command,) = nothing.commands
        assert await store_of(pool).commands([command.command_id, random_id()]) == {
            command.command_id: (command, 0)
        }


async def test_refused_writes_burn_no_position(database_url: str) -> None:
    done = write(part(stream(1), 0))
    async with appending(database_url) as appender:
        await appender.append(done)
        await appender.append(write(part(stream(8), 0), keep=Keep(keys=(key(person(1)),))))
        for _ in range(3):
            verdicts = await in_one_call(
                appender,
                done,
                write(part(stream(2), 7, 5)),
                write(part(stream(3), 0, 5), keep=Keep(keys=(key(person(1)),))),
            )
            assert verdicts == [Repeated(), Conflicting(), Taken()]
        assert await appender.append(write(part(stream(4), 0))) == Appended((3,))


@pytest.mark.parametrize("table", ["events", "commands", "inbox"])
@pytest.mark.parametrize("change", ["UPDATE {} SET version = 2", "DELETE FROM {}", "TRUNCATE {}"])
async def test_what_is_stored_is_never_changed(database_url: str, table: str, change: str) -> None:
    await migrated(database_url)
    change = change.replace("version", "position" if table == "inbox" else "version")
    async with connected(database_url) as connection:
        await call(connection, write(part(stream(1), 0)))
        with pytest.raises(asyncpg.RaiseError, match="append-only"):
            await connection.execute(change.format(table))


BAD = {
    "a NUL byte": '{"by": "\x00"}',
    "a lone surrogate": '{"by": "\ud800"}',
    "more than 64 kB": '{"by": "' + "x" * 65_536 + '"}',
    "no JSON": "{",
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
async def test_a_bad_event_fails_alone(database_url: str, bad: str) -> None:
    async with appending(database_url) as appender:
        verdicts = await asyncio.wait_for(
            in_one_call(
                appender,
                write(part(stream(1), 0)),
                write(part(stream(2), 0), part(stream(3), 0, [event(bad)])),
                write(part(stream(4), 0)),
            ),
            timeout=10,
        )
        assert [isinstance(verdict, Appended) for verdict in verdicts] == [True, False, True]
        assert isinstance(verdicts[1], Exception)
        assert isinstance(await appender.append(write(part(stream(2), 0))), Appended)


async def test_json_is_kept_to_the_byte(database_url: str) -> None:
    texts = ['{"by" : 1.0,"by":1}', '{"by":"\\u0000"}', '{"by":"\\ud800"}', '{"by":1e400000}']
    async with appending(database_url) as appender:
        verdict = await appender.append(write(part(stream(1), 0, [event(text) for text in texts])))
        assert verdict == Appended((1, 2, 3, 4))
    stored = await rows(database_url, "SELECT data::text FROM events ORDER BY position")
    assert [row[0] for row in stored] == texts


async def test_appending_needs_read_committed(database_url: str) -> None:
    await migrated(database_url)
    async with connected(database_url) as connection:
        await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        with pytest.raises(asyncpg.RaiseError, match="READ COMMITTED"):
            await call(connection, write(part(stream(1), 0)))


async def test_keys_and_lookups_come_with_their_write_or_not_at_all(database_url: str) -> None:
    keep = Keep(keys=(key(person(1)),), lookups=(lookup(person(1), "ada"),))
    async with appending(database_url) as appender:
        assert await appender.append(write(part(stream(1), 5), keep=keep)) == Conflicting()
        assert await rows(database_url, "SELECT FROM counting_personal.keys") == []
        assert await rows(database_url, "SELECT FROM counting_personal.lookups") == []
        assert await appender.append(write(part(stream(1), 0), keep=keep)) == Appended((1,))
    assert await rows(
        database_url, "SELECT person_id, retention, wrapped FROM counting_personal.keys"
    ) == [(person(1), "profile", b"w")]
    assert await rows(database_url, "SELECT person_id FROM counting_personal.lookups") == [
        (person(1),)
    ]


async def test_a_key_is_never_replaced(database_url: str) -> None:
    async with appending(database_url) as appender:
        await appender.append(write(part(stream(1), 0), keep=Keep(keys=(key(person(1)),))))
        second = key(person(1), wrapped=b"other")
        assert (
            await appender.append(write(part(stream(2), 0), keep=Keep(keys=(second,)))) == Taken()
        )
    assert await rows(database_url, "SELECT wrapped FROM counting_personal.keys") == [(b"w",)]


async def test_a_token_finds_one_person_and_may_be_claimed_again_by_them(database_url: str) -> None:
    ada, bob = Keep(lookups=(lookup(person(1), "ada"),)), Keep(lookups=(lookup(person(2), "ada"),))
    async with appending(database_url) as appender:
        assert await appender.append(write(part(stream(1), 0), keep=ada)) == Appended((1,))
        assert await appender.append(write(part(stream(2), 0), keep=ada)) == Appended((2,))
        assert await appender.append(write(part(stream(3), 0), keep=bob)) == Taken()


async def test_of_two_writes_of_one_call_that_want_the_same_token_one_gets_it(
    database_url: str,
) -> None:
    wanted = [Keep(lookups=(lookup(person(n), "ada"),)) for n in range(3)]
    async with appending(database_url) as appender:
        verdicts = await in_one_call(
            appender, *(write(part(stream(n), 0), keep=wanted[n]) for n in range(3))
        )
        assert verdicts == [Appended((1,)), Taken(), Taken()]
    assert await rows(database_url, "SELECT person_id FROM counting_personal.lookups") == [
        (person(0),)
    ]


async def test_of_two_writes_of_one_call_that_bring_the_same_key_one_stands(
    database_url: str,
) -> None:
    first, second = (
        Keep(keys=(key(person(1), wrapped=b"1"),)),
        Keep(keys=(key(person(1), wrapped=b"2"),)),
    )
    async with appending(database_url) as appender:
        verdicts = await in_one_call(
            appender,
            write(part(stream(1), 0), keep=first),
            write(part(stream(2), 0), keep=second),
            write(part(stream(3), 0)),
        )
        assert verdicts == [Appended((1,)), Taken(), Appended((2,))]
    assert await rows(database_url, "SELECT wrapped FROM counting_personal.keys") == [(b"1",)]


async def test_one_person_may_claim_a_token_twice_in_one_call(database_url: str) -> None:
    ada = Keep(lookups=(lookup(person(1), "ada"),))
    async with appending(database_url) as appender:
        verdicts = await in_one_call(
            appender, write(part(stream(1), 0), keep=ada), write(part(stream(2), 0), keep=ada)
        )
        assert verdicts == [Appended((1,)), Appended((2,))]


async def test_a_refused_write_keeps_nobody_from_its_token(database_url: str) -> None:
    async with appending(database_url) as appender:
        verdicts = await in_one_call(
            appender,
            write(part(stream(1), 9), keep=Keep(lookups=(lookup(person(1), "ada"),))),
            write(part(stream(2), 0), keep=Keep(lookups=(lookup(person(2), "ada"),))),
        )
        assert verdicts == [Conflicting(), Appended((1,))]


async def test_forgetting_destroys_what_may_go_and_dates_the_rest(database_url: str) -> None:
    keep = Keep(
        keys=(key(person(1)), key(person(1), "accounting"), key(person(2))),
        lookups=(lookup(person(1), "ada"), lookup(person(2), "bob")),
    )
    forget = Keep(forget=(Forget(person(1), LATER),))
    async with appending(database_url) as appender:
        await appender.append(write(part(stream(1), 0), keep=keep))
        assert await appender.append(write(part(stream(2), 3), keep=forget)) == Conflicting()
        assert await rows(database_url, "SELECT FROM counting_personal.erasures") == []
        assert await appender.append(write(part(stream(2), 0), keep=forget)) == Appended((2,))
    assert sorted(
        await rows(
            database_url, "SELECT person_id, retention, keep_until FROM counting_personal.keys"
        )
    ) == sorted([(person(1), "accounting", LATER), (person(2), "profile", None)])
    assert await rows(database_url, "SELECT person_id FROM counting_personal.lookups") == [
        (person(2),)
    ]
    assert await rows(database_url, "SELECT person_id FROM counting_personal.erasures") == [
        (person(1),)
    ]


async def test_an_erased_person_gets_no_key_and_is_found_by_nothing(database_url: str) -> None:
    async with appending(database_url) as appender:
        await appender.append(write(part(stream(1), 0), keep=Keep(forget=(Forget(person(1)),))))
        for keep in (
            Keep(keys=(key(person(1)),)),
            Keep(keys=(key(person(1), "accounting"),)),
            Keep(lookups=(lookup(person(1), "ada"),)),
        ):
            assert await appender.append(write(part(stream(2), 0), keep=keep)) == Taken()


@pytest.mark.parametrize(
    "keep", [Keep(keys=(key(person(1)),)), Keep(lookups=(lookup(person(1), "ada"),))]
)
async def test_what_comes_while_a_person_is_being_erased_waits_for_that(
    database_url: str, keep: Keep
) -> None:
    await migrated(database_url)
    erasure = write(part(stream(1), 0), keep=Keep(forget=(Forget(person(1)),)))
    async with (
        open_append(database_url, erasure) as erasing,
        connected(database_url) as late,
        connected(database_url) as observer,
    ):
        pid = late.get_server_pid()
        answer = asyncio.create_task(call(late, write(part(stream(2), 0), keep=keep)))
        await eventually(lambda: waits_for_a_lock(observer, pid), within=5)
        await erasing.commit()
        row = await answer
        assert row["taken"] == [0]
        assert row["positions"] is None
    assert await rows(database_url, "SELECT FROM counting_personal.lookups") == []


async def test_two_writers_of_one_stream_never_get_the_same_version(database_url: str) -> None:
    await migrated(database_url)
    async with (
        open_append(database_url, write(part(stream(1), 0))) as first,
        connected(database_url) as second,
        connected(database_url) as observer,
    ):
        pid = second.get_server_pid()
        answer = asyncio.create_task(call(second, write(part(stream(1), 0))))
        await eventually(lambda: waits_for_a_lock(observer, pid), within=5)
        await first.commit()
        assert (await answer)["conflicting"] == [0]


async def test_two_writers_of_one_command_never_both_store_it(database_url: str) -> None:
    """On different streams, so that nothing but the command id could tell."""
    await migrated(database_url)
    command_id = random_id()
    async with (
        open_append(database_url, write(part(stream(1), 0), command_id=command_id)) as first,
        connected(database_url) as second,
        connected(database_url) as observer,
    ):
        pid = second.get_server_pid()
        again = write(part(stream(2), 0), command_id=command_id)
        answer = asyncio.create_task(call(second, again))
        await eventually(lambda: waits_for_a_lock(observer, pid), within=5)
        await first.commit()
        assert (await answer)["repeated"] == [0]


async def test_writers_of_different_streams_do_not_wait_for_each_other(database_url: str) -> None:
    await migrated(database_url)
    async with open_append(database_url, write(part(stream(1), 0))):
        async with asyncio.timeout(5):
            assert await append(database_url, write(part(stream(2), 0))) == [2]


async def test_the_version_is_unique_whatever_happens_above(database_url: str) -> None:
    await append_raw(database_url)
    with pytest.raises(asyncpg.UniqueViolationError):
        await append_raw(database_url)


async def append_raw(database_url: str) -> None:
    await migrated(database_url)
    async with connected(database_url) as connection:
        await connection.execute(
            "INSERT INTO events (stream_id, community_id, version, event_id, at, type,"
            " schema_version, data, meta) VALUES ($1, $2, 1, $1, now(), 'Counted', 1, '{}', '{}')",
            stream(1),
            COMMUNITY,
        )
