"""Events packs what it keeps of a person when membership asks for it, once, for whoever has the bundle's key."""

import hashlib
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.events.app import blueprint_of
from services.events.settings import Settings
from shared.clock import real_now
from shared.contracts.membership_member import PersonErased
from shared.takeout.packing import PART, PartPacked, part_stream
from shared.testing import eventually
from tests.integration.bundles import Asked, pack
from tests.integration.events.conftest import QUOTE_KEY
from tests.integration.events.house import House, running, settings_of
from tests.integration.events.test_merging import MERGED
from tests.integration.events.test_story import ada, bob, community, hold, on_sale, order_paid


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "files"


def with_files(database_url: str, folder: Path | None) -> Settings:
    return settings_of(Settings, database_url, quote_key=QUOTE_KEY, files_folder=folder)


@pytest.fixture
async def house(database_url: str, folder: Path) -> AsyncIterator[House]:
    async with running(blueprint_of(with_files(database_url, folder))) as service:
        yield service


async def told_by(house: House) -> list[PartPacked]:
    """What it has said of its parts."""
    rows = await house.service.pool.fetch("SELECT * FROM events WHERE type = 'PartPacked'")
    return [house.service.store.fact(row).body for row in rows]


async def tickets(house: House) -> None:
    gathering_id = await on_sale(house, 5)
    await house.hear(order_paid(await hold(house, gathering_id, holder="Ada Lovelace")))
    await house.hear(order_paid(await hold(house, gathering_id, bob, holder="Bob Bishop")))
    await house.quiet()


async def test_a_part_is_all_that_is_kept_here_and_nobody_else_reads_it(
    house: House, folder: Path
) -> None:
    await tickets(house)
    asked = Asked(folder, community, ada.person_id)
    await house.hear(asked.contract())
    await house.quiet()
    document = asked.document("events")
    mine = await house.ask(ada, "GET", "/me/data")
    assert document["facts"] == [one for one in mine["facts"] if one["type"] != "PartPacked"]
    assert [one["type"] for one in document["facts"]].count("TicketIssued") == 1
    assert "Bob" not in json.dumps(document)
    box = asked.box("events")
    assert b"Lovelace" not in box
    (told,) = await told_by(house)
    assert (told.size, told.sha256) == (len(box), hashlib.sha256(box).hexdigest())
    assert (told.bundle_id, told.number, told.person_id) == (
        asked.bundle_id, 1, ada.person_id,
    )  # fmt: skip


async def test_each_number_is_packed_once_whatever_is_heard_twice(
    house: House, folder: Path
) -> None:
    asked = Asked(folder, community, ada.person_id)
    await house.hear(asked.contract())
    await house.quiet()
    box = asked.box("events")
    await house.hear(asked.contract())
    await house.quiet()
    assert asked.box("events") == box
    asked.number = 2
    await house.hear(asked.contract())
    await house.quiet()
    assert [told.number for told in await told_by(house)] == [1, 2]
    last, _ = await house.service.handler.state(PART, part_stream(asked.bundle_id), community)
    assert last == 2


async def test_what_was_kept_and_never_told_is_told_and_not_packed_again(
    house: House, folder: Path
) -> None:
    asked = Asked(folder, community, ada.person_id)
    _, kept = await pack(folder, asked, community, "events", {"before": "it died"})
    await house.hear(asked.contract())
    await house.quiet()
    assert asked.document("events") == {"before": "it died"}
    (told,) = await told_by(house)
    assert (told.size, told.sha256) == (kept["size"], kept["sha256"])


async def test_whom_they_have_taken_in_is_in_it(house: House, folder: Path) -> None:
    await tickets(house)
    await house.hear(MERGED)
    asked = Asked(folder, community, bob.person_id)
    await house.hear(asked.contract())
    await house.quiet()
    types = [one["type"] for one in asked.document("events")["facts"]]
    assert types.count("TicketIssued") == 2


async def test_of_who_was_erased_before_nothing_is_packed(house: House, folder: Path) -> None:
    await tickets(house)
    gone = PersonErased(community_id=community, occurred_at=real_now(), person_id=ada.person_id)
    await house.hear(gone)
    await house.quiet()
    asked = Asked(folder, community, ada.person_id)
    await house.hear(asked.contract())
    await house.quiet()
    document = asked.document("events")
    assert (document["facts"], document["heard"], document["keys"]) == ([], [], [])


async def test_it_waits_until_it_knows_where_files_are_kept(
    database_url: str, folder: Path
) -> None:
    asked = Asked(folder, community, ada.person_id)
    async with running(blueprint_of(with_files(database_url, None))) as house:
        await house.hear(asked.contract())

        async def said() -> str | None:
            said: str | None = await house.service.pool.fetchval(
                "SELECT last_error FROM agenda WHERE name LIKE '%when_bundle_asked_pack'"
            )
            return said

        assert await eventually(said, bool) == (
            "Transient: This service has not been told where files are kept."
        )
        assert await told_by(house) == []
    async with running(blueprint_of(with_files(database_url, folder))) as house:
        await house.quiet()
        assert len(await told_by(house)) == 1
        assert asked.document("events")["service"] == "events"
