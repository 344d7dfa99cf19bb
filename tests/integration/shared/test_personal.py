"""Personal data: readable by those who may, for ever unreadable once the person is erased."""

import base64
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

import pytest

from shared import erasure
from shared.command_handler import Claimed
from shared.consumer import arrival
from shared.contracts.contract import Contract, PersonForgotten
from shared.decider import Decider
from shared.envelope import seal
from shared.event_store import Fact, Forget, Keep, Meta
from shared.feature import Feature
from shared.ids import Code, PersonId, random_id
from shared.personal import Unreadable, Vault
from shared.personal_value import Sealed
from shared.projection import ProjectionReader, position, step
from shared.reaction import Ask
from shared.service import Service
from tests.integration.shared.counting import (
    COMMUNITY,
    NOON,
    OTHER_COMMUNITY,
    counter,
    origin,
    read_to_end,
    running,
)
from tests.integration.shared.test_reaction_agenda import worker
from tests.integration.shared.test_relay_consumer import Raw
from tests.integration.shared.writing import person

ADA, BOB = person(1), person(2)


@dataclass(frozen=True)
class WriteName:
    name: Sealed


@dataclass(frozen=True)
class NameWritten:
    name: Sealed


def decide(command: WriteName, _: None) -> list[NameWritten]:
    return [NameWritten(command.name)]


def evolve(_: None, __: NameWritten) -> None:
    return None


NAME: Decider[WriteName, None, NameWritten] = Decider(
    "name", initial=None, decide=decide, evolve=evolve, commands=WriteName, events=NameWritten
)


class PersonErased(Contract):
    topic: ClassVar[str] = "tessera.membership.member.v1"

    person_id: PersonId


class CountingForgot(PersonForgotten):
    topic: ClassVar[str] = "tessera.counting.privacy.v1"


FEATURES = (
    Feature(name="name", deciders=(NAME,)),
    erasure.feature("counting", PersonErased, CountingForgot),
)


@contextlib.asynccontextmanager
async def opened(database_url: str, **settings: Any) -> AsyncIterator[Service]:
    async with running(database_url, *FEATURES, **settings) as service:
        yield service


async def write(
    service: Service, *texts: str, owner: PersonId = ADA, keep: Any = None
) -> list[Sealed]:
    """Seal and store, as a request does; the boxes."""
    sealer = service.vault.sealer()
    boxes = [await sealer.seal(owner, text) for text in texts]
    boxes.append(await sealer.seal(owner, "an invoice", "accounting"))
    asks = [Ask(NAME, random_id(), WriteName(box)) for box in boxes]
    asks[0] = replace(asks[0], keep=sealer.take_keep() + (keep or Keep()))
    await service.handler.handle(asks, origin())
    return boxes


async def erase(service: Service, owner: PersonId = ADA, at: datetime = NOON) -> None:
    """What happens when membership says that a person was erased."""
    event_id = random_id()
    fact = Fact(
        source="membership",
        position=1,
        event_id=event_id,
        stream_id=owner,
        community_id=COMMUNITY,
        version=1,
        type="PersonErased",
        at=at,
        recorded_at=at,
        body=None,
        meta=Meta(event_id, event_id),
    )
    told = PersonErased(community_id=COMMUNITY, occurred_at=at, person_id=owner)
    record = seal(fact, told, 0)
    raw = Raw(record.value, tuple(record.headers), record.key, record.topic)
    await service.inbox.store([arrival(raw)])
    for reader in service.readers():
        for source in service.sources().values():
            await read_to_end(service, reader, source)
    await worker(service).step()
    for projection in service.blueprint.projections:
        reader = ProjectionReader(projection)
        upto = await position(service.pool, reader, service.log)
        await step(service.pool, [reader], service.log, upto)


async def test_what_is_sealed_is_opened(database_url: str) -> None:
    async with opened(database_url) as service:
        name, motto, invoice = await write(service, "Ada Lovelace", "žluť 🦊")
        assert await service.vault.open([name, None, motto, invoice]) == [
            "Ada Lovelace",
            None,
            "žluť 🦊",
            "an invoice",
        ]


async def test_a_person_has_one_key_of_each_class(database_url: str) -> None:
    async with opened(database_url) as service:
        first = await write(service, "Ada")
        second = await write(service, "Ada")
        rows = await service.pool.fetch("SELECT retention FROM counting_personal.keys ORDER BY 1")
        assert [row["retention"] for row in rows] == ["accounting", "profile"]
        assert first[0].box != second[0].box
        assert await service.vault.open([first[0], second[0]]) == ["Ada", "Ada"]


async def test_no_table_holds_what_was_typed(database_url: str) -> None:
    async with opened(database_url) as service:
        lookup = service.vault.lookup("email", COMMUNITY, "ada@example.org", ADA)
        await write(service, "Ada Lovelace", "ada@example.org", keep=Keep(lookups=(lookup,)))
        tables = await service.pool.fetch(
            "SELECT schemaname, tablename FROM pg_tables WHERE schemaname LIKE 'counting%'"
        )
        for schema, table in tables:
            for row in await service.pool.fetch(f'SELECT t::text FROM "{schema}"."{table}" t'):
                assert "Lovelace" not in row[0]
                assert "example" not in row[0]


async def test_a_box_opens_for_nobody_else_and_in_no_other_class(database_url: str) -> None:
    async with opened(database_url) as service:
        (name, _) = await write(service, "Ada")
        await write(service, "Bob", owner=BOB)
        for moved in (replace(name, person_id=BOB), replace(name, retention="accounting")):
            with pytest.raises(Unreadable):
                await service.vault.open([moved])


async def test_a_key_that_was_moved_to_another_person_opens_nothing(database_url: str) -> None:
    async with opened(database_url) as service:
        (name, _) = await write(service, "Ada")
        await write(service, "Bob", owner=BOB)
        await service.pool.execute(
            "UPDATE counting_personal.keys SET wrapped = (SELECT wrapped FROM counting_personal.keys"
            " WHERE person_id = $1 AND retention = 'profile') WHERE person_id = $2",
            ADA,
            BOB,
        )
        with pytest.raises(Unreadable):
            await service.vault.open([replace(name, person_id=BOB)])


@pytest.mark.parametrize("box", ["", "A", "####", "AAAA"])
async def test_a_damaged_box_is_no_erasure(database_url: str, box: str) -> None:
    async with opened(database_url) as service:
        (name, _) = await write(service, "Ada")
        with pytest.raises(Unreadable):
            await service.vault.open([replace(name, box=Code(box))])


async def test_a_wrong_key_encryption_key_is_no_erasure(database_url: str) -> None:
    async with opened(database_url) as service:
        boxes = await write(service, "Ada")
        for keks in ({"1": b"x" * 32}, {"2": b"k" * 32}):
            wrong = Vault(service.name, service.pool, keks, service.secret)
            with pytest.raises(Unreadable):
                await wrong.open(boxes)
        await service.pool.execute("UPDATE counting_personal.keys SET wrapped = 'x'")
        with pytest.raises(Unreadable):
            await service.vault.open(boxes)


async def test_a_new_key_encryption_key_leaves_the_old_ones_readable(database_url: str) -> None:
    async with opened(database_url) as service:
        (old, _) = await write(service, "Ada")
    keks = ",".join(
        f"{kek_id}:{base64.urlsafe_b64encode(byte * 32).decode()}"
        for kek_id, byte in (("2", b"n"), ("1", b"k"))
    )
    async with opened(database_url, kek=keks) as service:
        (new, _) = await write(service, "Bob", owner=BOB)
        assert await service.vault.open([old, new]) == ["Ada", "Bob"]
        rows = await service.pool.fetch(
            "SELECT DISTINCT person_id, kek_id FROM counting_personal.keys"
        )
        assert {row["person_id"]: row["kek_id"] for row in rows} == {ADA: "1", BOB: "2"}


async def tombstones(service: Service) -> list[UUID]:
    rows = await service.pool.fetch("SELECT person_id FROM counting_personal.erasures")
    return [row["person_id"] for row in rows]


async def test_after_an_erasure_nothing_opens_at_once(database_url: str) -> None:
    async with opened(database_url) as service:
        boxes = await write(service, "Ada", "a motto")
        (bob, _) = await write(service, "Bob", owner=BOB)
        assert await service.vault.open(boxes) == ["Ada", "a motto", "an invoice"]
        await erase(service)
        assert await service.vault.open([*boxes, bob]) == [None, None, "an invoice", "Bob"]
        assert await tombstones(service) == [ADA]


async def test_what_accounting_needs_opens_until_its_date(database_url: str) -> None:
    async with opened(database_url) as service:
        (_, invoice) = await write(service, "Ada")
        await erase(service, at=NOON)
        keep_until = await service.pool.fetchval("SELECT keep_until FROM counting_personal.keys")
        assert keep_until == datetime(2036, 3, 1, 12, tzinfo=UTC)
        assert await service.vault.open([invoice]) == ["an invoice"]
        await service.pool.execute(
            "UPDATE counting_personal.keys SET keep_until = clock_timestamp() - interval '1 s'"
        )
        assert await service.vault.open([invoice]) == [None]


async def test_an_erased_person_gets_no_new_key(database_url: str) -> None:
    async with opened(database_url) as service:
        await write(service, "Ada")
        await erase(service)
        with pytest.raises(Claimed):
            await write(service, "Ada again")
        await erase(service)
        assert await service.pool.fetchval("SELECT count(*) FROM counting_personal.keys") == 1


async def test_a_service_says_once_that_it_has_forgotten(database_url: str) -> None:
    async with opened(database_url) as service:
        await erase(service)
        await erase(service)
        facts = await service.pool.fetch("SELECT type FROM events")
        assert [row["type"] for row in facts] == ["PersonForgotten"]


# Lookups


async def test_a_person_is_found_by_what_they_typed_in_their_community(database_url: str) -> None:
    async with opened(database_url) as service:
        find, vault = service.vault.find, service.vault
        keep = Keep(lookups=(vault.lookup("email", COMMUNITY, "Ada@Example.org", ADA),))
        await write(service, "Ada", keep=keep)
        assert await find("email", COMMUNITY, " ada@example.ORG ") == ADA
        assert await find("email", OTHER_COMMUNITY, "ada@example.org") is None
        assert await find("name", COMMUNITY, "ada@example.org") is None
        assert await find("email", COMMUNITY, "bob@example.org") is None
        other = Vault(service.name, service.pool, {"1": b"k" * 32}, b"another secret")
        assert await other.find("email", COMMUNITY, "ada@example.org") is None


async def test_what_an_erased_person_was_found_by_is_free_again(database_url: str) -> None:
    async with opened(database_url) as service:
        lookup = service.vault.lookup
        keep = Keep(lookups=(lookup("email", COMMUNITY, "ada@example.org", ADA),))
        await write(service, "Ada", keep=keep)
        await erase(service)
        assert await service.vault.find("email", COMMUNITY, "ada@example.org") is None
        again = Keep(lookups=(lookup("email", COMMUNITY, "ada@example.org", BOB),))
        await write(service, "Bob", owner=BOB, keep=again)
        assert await service.vault.find("email", COMMUNITY, "ada@example.org") == BOB


# Restores


async def test_a_restored_key_store_forgets_again_before_it_serves(database_url: str) -> None:
    tables = ("keys", "lookups", "erasures")
    async with opened(database_url) as service:
        keep = Keep(lookups=(service.vault.lookup("email", COMMUNITY, "ada", ADA),))
        name, invoice = await write(service, "Ada", keep=keep)
        (bob, _) = await write(service, "Bob", owner=BOB)
        backup = {
            table: await service.pool.fetch(f"SELECT * FROM counting_personal.{table}")
            for table in tables
        }
        await erase(service)
        for table, rows in backup.items():
            await service.pool.execute(f"TRUNCATE counting_personal.{table}")
            for row in rows:
                places = ", ".join(f"${n}" for n in range(1, len(row) + 1))
                await service.pool.execute(
                    f"INSERT INTO counting_personal.{table} VALUES ({places})", *row
                )
        assert await service.vault.open([name]) == ["Ada"], "nothing was restored"
    async with opened(database_url) as service:
        assert await service.vault.open([name, invoice, bob]) == [None, "an invoice", "Bob"]
        assert await service.vault.find("email", COMMUNITY, "ada") is None
        assert await tombstones(service) == [ADA]
        keep_until = await service.pool.fetchval(
            "SELECT keep_until FROM counting_personal.keys WHERE person_id = $1", ADA
        )
        assert keep_until > NOON + timedelta(days=3650)
        with pytest.raises(Claimed):
            await write(service, "Ada again")


async def test_forgetting_travels_with_its_event(database_url: str) -> None:
    """A crash before the commit forgets nobody and says nothing; after it, both are so."""
    async with opened(database_url) as service:
        boxes = await write(service, "Ada")
        forget = Ask(
            erasure.FORGETTING,
            counter(1),
            erasure.ForgetPerson(ADA, NOON),
            Keep(forget=(Forget(ADA),)),
        )
        await service.handler.dry_run([forget], origin())
        assert await service.vault.open(boxes) == ["Ada", "an invoice"]
        await service.handler.handle([forget], origin())
        assert await service.vault.open(boxes) == [None, "an invoice"]
