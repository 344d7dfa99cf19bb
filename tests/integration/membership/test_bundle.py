"""All that every service keeps of a person in one ZIP: whole or not yet, for who may have it, and gone in time."""

import hashlib
import io
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zipfile import ZipFile

import pytest

from services.membership.bundle.decider import BUNDLE, KEPT, LINK_LIFE, Bundle, bundle_stream
from shared.contracts import analytics_bundle_part, billing_bundle_part, events_bundle_part
from tests.integration.bundles import pack
from tests.integration.membership.house import House, Json, running
from tests.integration.membership.test_content import kept_in
from tests.integration.membership.test_merging import ADA, two

OTHERS = {
    "analytics": analytics_bundle_part,
    "billing": billing_bundle_part,
    "events": events_bundle_part,
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "files"


@pytest.fixture
async def house(database_url: str, folder: Path) -> AsyncIterator[House]:
    async with running(database_url, origin="http://tessera.test", files_folder=folder) as service:
        yield service


class Person:
    """Somebody of a community, and how they or the staff ask for what is kept of them."""

    def __init__(self, house: House, folder: Path, community_id: str, person_id: str) -> None:
        self.house, self.folder = house, folder
        self.community_id, self.person_id = UUID(community_id), UUID(person_id)
        self.path, self.token = "/me/bundle", ""

    @property
    def bundle_id(self) -> UUID:
        return bundle_stream(self.person_id, by_staff=self.path != "/me/bundle")

    def for_staff(self, token: str) -> "Person":
        staff = Person(self.house, self.folder, str(self.community_id), str(self.person_id))
        staff.path, staff.token = f"/people/{self.person_id}/bundle", token
        return staff

    async def ask(self, **more: Any) -> Json:
        asked = await self.house.call("POST", self.path, token=self.token, **more)
        await self.house.quiet()
        return asked

    async def state(self) -> Json:
        return await self.house.call("GET", self.path, token=self.token)

    async def bundle(self) -> Bundle:
        kept: Bundle | None
        kept, _ = await self.house.service.handler.state(BUNDLE, self.bundle_id, self.community_id)
        assert kept is not None
        return kept

    async def others_pack(self, *services: str, document: Json | None = None) -> None:
        asked = (await self.bundle()).asked
        for service in services:
            said = {"service": service} | (document or {})
            _, told = await pack(self.folder, asked, self.community_id, service, said)
            contract = OTHERS[service].PartPacked(
                community_id=self.community_id,
                occurred_at=self.house.service.clock.now(),
                **told,
            )
            await self.house.hear(contract, self.bundle_id)
        await self.house.quiet()

    async def ready(self) -> None:
        await self.ask()
        await self.others_pack(*OTHERS)

    async def link(self) -> str:
        opened = await self.house.call("POST", f"{self.path}/link", token=self.token)
        return str(opened["url"])

    async def fetch(self, url: str | None = None) -> dict[str, bytes]:
        answer = await self.house.client.get(url or await self.link())
        assert answer.is_success, answer.text
        assert answer.headers["content-type"] == "application/zip"
        assert answer.headers["cache-control"] == "no-store"
        with ZipFile(io.BytesIO(answer.content)) as archive:
            assert archive.testzip() is None
            return {name: archive.read(name) for name in archive.namelist()}


async def ada_in(house: House, folder: Path) -> tuple[Person, str]:
    community_id, owner = await house.community("olga@example.com")
    person_id, token = await house.join(ADA, community_id, "Ada Lovelace")
    ada = Person(house, folder, community_id, person_id)
    ada.token = token
    return ada, owner


async def test_a_person_has_all_of_it_in_one_file_that_says_what_it_is(
    house: House, folder: Path
) -> None:
    ada, _ = await ada_in(house, folder)
    await ada.ready()
    assert (await ada.state())["state"] == "ready"
    packed = await ada.fetch()
    assert set(packed) == {
        *(f"{service}/data.json" for service in ("membership", *OTHERS)), "index.json", "README.txt",
    }  # fmt: skip
    assert json.loads(packed["billing/data.json"]) == {"service": "billing"}
    document = json.loads(packed["membership/data.json"])
    (joined,) = [fact for fact in document["facts"] if fact["type"] == "MemberJoined"]
    assert (joined["data"]["name"], joined["data"]["email"]) == ("Ada Lovelace", ADA)
    assert {fact["type"] for fact in document["facts"]} >= {"AccountOpened", "BundleAsked"}
    assert document["beside"]["sessions"]
    index = json.loads(packed["index.json"])
    for file in index["files"]:
        content = packed[file["name"]]
        assert (file["bytes"], file["sha256"]) == (
            len(content), hashlib.sha256(content).hexdigest(),
        )  # fmt: skip
    readme = packed["README.txt"].decode()
    assert all(f"{file['name']}\n  {file['holds']['en']}" in readme for file in index["files"])
    # The key that opens it is nobody's to read, not even theirs.
    private = await house.service.vault.open([(await ada.bundle()).asked.private_key])
    assert str(private[0]) not in json.dumps(document)
    # Where it is kept there is no word of it.
    kept = b"".join(kept_in(folder).values())
    assert len(kept_in(folder)) == len(OTHERS) + 1
    assert b"Lovelace" not in kept


async def test_it_waits_for_who_is_late_and_says_for_whom(house: House, folder: Path) -> None:
    ada, _ = await ada_in(house, folder)
    await house.call("GET", ada.path, token=ada.token, expect=404)
    await ada.ask()
    await ada.others_pack("billing")
    told = await ada.state()
    assert (told["state"], told["awaited"]) == ("awaited", ["analytics", "events"])
    refused = await house.call("POST", f"{ada.path}/link", token=ada.token, expect=409)
    assert refused["errors"][0]["code"] == "bundle_not_ready"
    assert refused["errors"][0]["params"]["awaited"] == ["analytics", "events"]
    # Days later as well: nobody is given a part of it.
    await house.service.move_clock(house.service.clock.now() + timedelta(days=9))
    await house.quiet()
    ada.token = await house.token(ADA, str(ada.community_id))
    await ada.others_pack("events", "analytics")
    assert (await ada.state())["awaited"] == []
    assert set(await ada.fetch()) >= {"events/data.json"}


async def test_who_asks_twice_is_packed_for_once_and_who_asks_later_anew(
    house: House, folder: Path
) -> None:
    ada, _ = await ada_in(house, folder)
    first = await ada.ask(Idempotency_Key="once")
    assert await ada.ask(Idempotency_Key="once") == first
    await ada.ask()
    assert (await ada.bundle()).asked.number == 1
    await ada.others_pack(*OTHERS)
    before = kept_in(folder)
    await ada.ask()
    assert (await ada.bundle()).asked.number == 2
    assert (await ada.state())["awaited"] == sorted(OTHERS)
    assert not set(before) & set(kept_in(folder))
    await ada.others_pack(*OTHERS, document={"again": True})
    assert json.loads((await ada.fetch())["events/data.json"])["again"] is True


async def test_a_link_is_good_for_minutes_and_for_nothing_else(house: House, folder: Path) -> None:
    ada, _ = await ada_in(house, folder)
    await ada.ready()
    url = await ada.link()
    await ada.fetch(url)
    for wrong in (url[:-4], f"{url}x"):
        assert (await house.client.get(wrong)).status_code == 409
    other = house.service.links.make(
        "erasure", ada.bundle_id, ada.community_id, house.service.clock.now() + LINK_LIFE
    )
    stolen = url.rpartition("/")[0] + f"/{other}"
    assert (await house.client.get(stolen)).json()["errors"][0]["code"] == "link_expired"
    dry = await house.call("POST", f"{ada.path}/link?dry_run=true", token=ada.token)
    assert (dry["url"], [one["type"] for one in dry["would"]["events"]]) == (None, ["BundleOpened"])
    first = await house.call("POST", f"{ada.path}/link", token=ada.token, Idempotency_Key="link")
    await house.service.move_clock(house.service.clock.now() + LINK_LIFE)
    # Whoever asks under the same key has what was given then, so that every link is recorded.
    again = await house.call("POST", f"{ada.path}/link", token=ada.token, Idempotency_Key="link")
    assert again["expires_at"] == first["expires_at"]
    assert (await house.client.get(again["url"])).status_code == 409
    assert (await house.client.get(url)).json()["errors"][0]["code"] == "link_expired"
    await ada.fetch()


async def test_the_link_to_one_opens_none_that_is_asked_for_after_it(
    house: House, folder: Path
) -> None:
    ada, _ = await ada_in(house, folder)
    await ada.ready()
    url = await ada.link()
    await ada.ask()
    await ada.others_pack("billing")
    assert (await house.client.get(url)).json()["errors"][0]["code"] == "link_expired"
    await ada.others_pack("events", "analytics")
    assert (await ada.state())["state"] == "ready"
    assert (await house.client.get(url)).json()["errors"][0]["code"] == "link_expired"
    await ada.fetch()


async def test_after_its_days_it_is_gone(house: House, folder: Path) -> None:
    ada, _ = await ada_in(house, folder)
    await ada.ready()
    assert len(kept_in(folder)) == 4
    until = house.service.clock.now() + KEPT
    await house.service.move_clock(until - timedelta(minutes=1))
    url = await ada.link()
    await house.quiet()
    assert len(kept_in(folder)) == 4
    await house.service.move_clock(until + timedelta(minutes=1))
    await house.quiet()
    assert kept_in(folder) == {}
    assert (await house.client.get(url)).status_code == 404
    await house.call("GET", ada.path, token=ada.token, expect=404)


async def test_who_is_erased_meanwhile_leaves_nothing_and_what_comes_late_is_removed(
    house: House, folder: Path
) -> None:
    ada, owner = await ada_in(house, folder)
    await ada.ask()
    await ada.others_pack("billing")
    assert len(kept_in(folder)) == 2
    box = kept_in(folder)
    await house.call("POST", f"/people/{ada.person_id}/erasure", token=owner, expect=202)
    await house.quiet()
    assert kept_in(folder) == {}
    asked = (await ada.bundle()).asked
    assert await house.service.vault.open([asked.private_key]) == [None]
    assert box  # Whoever has copied it has no key for it any more.
    await ada.others_pack("events", "analytics")
    assert kept_in(folder) == {}
    await house.call("GET", ada.path, token=ada.token, expect=404)
    refused = await house.call("POST", ada.path, token=ada.token, expect=404)
    assert refused["errors"][0]["code"] == "person_not_found"


async def test_a_ready_one_is_gone_with_its_person_and_its_link(house: House, folder: Path) -> None:
    ada, _ = await ada_in(house, folder)
    await ada.ready()
    url = await ada.link()
    await house.call("POST", f"/people/{ada.person_id}/erasure", token=ada.token, expect=202)
    await house.quiet()
    assert (await house.client.get(url)).status_code == 404
    assert kept_in(folder) == {}


async def test_staff_ask_apart_are_recorded_and_get_nothing_of_the_account(
    house: House, folder: Path
) -> None:
    ada, owner = await ada_in(house, folder)
    await ada.ready()
    staff = ada.for_staff(owner)
    await house.call("GET", staff.path, token=owner, expect=404)
    await staff.ready()
    document = json.loads((await staff.fetch())["membership/data.json"])
    (joined,) = [fact for fact in document["facts"] if fact["type"] == "MemberJoined"]
    assert joined["data"]["name"] == "Ada Lovelace"
    assert "AccountOpened" not in {fact["type"] for fact in document["facts"]}
    assert document["beside"] == {}
    (taken,) = (await house.call("GET", "/exports", token=owner))["items"]
    assert (taken["kind"], taken["filters"]) == ("person", [f"person_id={ada.person_id}"])
    # They see that it was asked for them.
    of_ada = await house.call("GET", "/me/data", token=ada.token)
    asked = [fact for fact in of_ada["facts"] if fact["type"] == "BundleAsked"]
    assert {fact["of"] for fact in asked} == {str(ada.bundle_id), str(staff.bundle_id)}


async def test_only_who_may_asks_and_only_of_whom_is_theirs(house: House, folder: Path) -> None:
    ada, owner = await ada_in(house, folder)
    _, other_owner = await house.community("gus@example.com", slug="go")
    await house.join("bob@example.com", str(ada.community_id), "Bob")
    bob_token = await house.token("bob@example.com", str(ada.community_id))
    for method, path in (("POST", ""), ("GET", ""), ("POST", "/link")):
        place = f"/people/{ada.person_id}/bundle{path}"
        await house.call(method, place, expect=401)
        await house.call(method, place, token=bob_token, expect=403)
        await house.call(method, place, token=ada.token, expect=403)
        # Of another community it is as if there were nobody.
        await house.call(method, place, token=other_owner, expect=404)
    await house.call("POST", "/me/bundle", token=other_owner, expect=403)
    unknown = f"/people/{ada.community_id}/bundle"
    await house.call("POST", unknown, token=owner, expect=404)
    assert kept_in(folder) == {}


async def test_what_is_not_as_it_was_packed_is_not_given(house: House, folder: Path) -> None:
    ada, _ = await ada_in(house, folder)
    await ada.ready()
    url = await ada.link()
    path = next(folder / name for name in kept_in(folder))
    path.write_bytes(path.read_bytes()[:-1])
    assert (await house.client.get(url)).status_code == 503
    path.unlink()
    assert (await house.client.get(url)).status_code == 503


async def test_whom_they_have_taken_in_is_in_it_and_other_communities_are_not(
    house: House, folder: Path
) -> None:
    both = await two(house)
    elsewhere, _ = await house.community("gus@example.com", slug="go")
    await house.join(ADA, elsewhere, "Ada at Go")
    await both.merge()
    ada = Person(house, folder, both.community_id, both.ada)
    ada.token = await house.token(ADA, both.community_id)
    await ada.ready()
    text = (await ada.fetch())["membership/data.json"].decode()
    assert both.ida in text
    assert "ida@example.com" in text
    assert "Ada at Go" not in text
    assert elsewhere not in text


async def test_without_a_place_for_files_nobody_is_promised_one(database_url: str) -> None:
    async with running(database_url) as house:
        community_id, _ = await house.community("olga@example.com")
        _, token = await house.join(ADA, community_id)
        refused = await house.call("POST", "/me/bundle", token=token, expect=404)
        assert refused["errors"][0]["code"] == "files_not_offered"
