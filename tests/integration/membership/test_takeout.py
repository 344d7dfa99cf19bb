"""A community as its owner takes it out of membership: all of it in one file, nobody else's, and recorded."""

import gc
import json
import tracemalloc
from uuid import UUID

import httpx
import pyarrow as pa
import pytest

from services.membership.takeout import CONTENTS
from shared.http import create_app
from shared.takeout import columns
from tests.doubles.serving import serving
from tests.integration.membership.house import BASE, House
from tests.integration.membership.test_application import SECRET, apply, closed_community
from tests.integration.membership.test_poll import opened, vote
from tests.integration.takeouts import TakenOut, read

TAKEOUT = "/exports/community"
FEW, MANY = 2_000, 20_000


async def answered(house: House, token: str | None, query: str = "") -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return await house.client.get(BASE + TAKEOUT + query, headers=headers)


async def taken_out(house: House, token: str) -> TakenOut:
    await house.quiet()
    return read(await answered(house, token), CONTENTS)


async def test_the_owner_takes_out_all_of_their_community_in_one_file(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    gold = await house.tier(owner, "Gold", paid=True)
    ada, for_ada = await house.join("ada@example.com", community_id, '=Ada "A." Lovelace')
    await house.quiet()
    await house.call("POST", f"/people/{ada}/gifts", {"tier_id": gold}, token=owner)
    await house.call(
        "POST", "/ideas", {"title": "A garden", "text": "With bees in it."}, token=for_ada
    )
    await house.call("POST", "/invitations", {"email": "bea@example.com"}, token=owner)
    taken = await taken_out(house, owner)
    assert taken.manifest["community_id"] == community_id
    assert (taken.manifest["service"], taken.manifest["schema_version"]) == ("membership", 1)
    assert taken.manifest["left_out"]["introductions"]
    assert taken.manifest["left_out"]["directory.contact"]
    (member,) = taken.parquet["members"]
    assert (member["person_id"], member["standing"]) == (ada, "joined")
    # To programs the name is as she wrote it; a spreadsheet runs nothing of it.
    assert (member["name"], member["email"]) == ('=Ada "A." Lovelace', "ada@example.com")
    assert taken.csv["members"][0]["name"] == '\'=Ada "A." Lovelace'
    assert member["joined_at"].utcoffset().total_seconds() == 0
    assert [(row["name"], row["paid"]) for row in taken.parquet["tiers"]] == [("Gold", True)]
    (access,) = taken.parquet["access"]
    assert (access["person_id"], access["tier_id"], access["ended_at"]) == (ada, gold, None)
    (idea,) = taken.parquet["ideas"]
    assert (idea["title"], idea["text"]) == ("A garden", "With bees in it.")
    assert [row["email"] for row in taken.parquet["invitations"]] == ["bea@example.com"]
    assert [row["slug"] for row in taken.parquet["communities"]] == ["chess"]
    assert '"b": "' not in taken.text(), "something in it is still sealed"


async def test_nothing_of_another_community_is_in_it(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    other_id, for_gus = await house.community("gus@example.com", slug="go")
    ada, _ = await house.join("ada@example.com", community_id)
    await house.tier(owner, "Gold", paid=True)
    theirs, ours = await taken_out(house, for_gus), await taken_out(house, owner)
    for taken, own, foreign in ((theirs, other_id, community_id), (ours, community_id, other_id)):
        rows = [row for table in taken.parquet.values() for row in table]
        assert {row["community_id"] for row in rows} == {own}
        assert foreign not in taken.text()
    # Where nothing has happened yet, there are tables without rows.
    assert (theirs.parquet["members"], theirs.parquet["tiers"]) == ([], [])
    assert ada not in theirs.text()


async def test_only_the_owner_takes_it_out_and_it_is_listed(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    _, for_ada = await house.join("ada@example.com", community_id)
    client = await house.call("POST", "/clients", {"name": "desk", "role": "admin"}, token=owner)
    await house.quiet()
    grant = {"grant": "client_credentials", "client_id": client["client_id"]}
    secret = {"client_secret": client["client_secret"]}
    admin = (await house.call("POST", "/tokens", grant | secret))["access_token"]
    for token, status in ((None, 401), (for_ada, 403), (admin, 403)):
        assert (await answered(house, token)).status_code == status
    refused = await answered(house, owner, "?dry_run=true")
    assert refused.json()["errors"][0]["code"] == "no_dry_run"
    await house.quiet()
    assert (await house.call("GET", "/exports", token=owner))["items"] == []
    taken = await taken_out(house, owner)
    await house.quiet()
    (listed,) = (await house.call("GET", "/exports", token=owner))["items"]
    account_id = (await house.call("GET", "/me", token=owner))["account_id"]
    assert (listed["kind"], listed["filters"], listed["taken_by"]) == ("community", [], account_id)
    assert len(taken.parquet["clients"]) == 1
    assert client["client_secret"] not in taken.text()


async def test_an_erased_person_has_no_name_in_it(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    ada, for_ada = await house.join("ada@example.com", community_id, "Ada Lovelace")
    await house.call("POST", "/ideas", {"title": "Ada's garden", "text": "Hers."}, token=for_ada)
    assert "Ada Lovelace" in (await taken_out(house, owner)).text()
    await house.call("POST", f"/people/{ada}/erasure", token=owner, expect=202)
    taken = (await taken_out(house, owner)).text()
    for words in ("Ada Lovelace", "ada@example.com", "Ada's garden"):
        assert words not in taken


async def test_what_applicants_answered_is_in_it_until_they_are_forgotten(house: House) -> None:
    community_id, owner = await closed_community(house)
    applied = await apply(house, community_id, "ada@example.com")
    (application,) = (await taken_out(house, owner)).parquet["applications"]
    assert (application["name"], application["email"]) == ("Ada", "ada@example.com")
    assert [one["said"] for one in json.loads(application["answers"])] == [SECRET, "well"]
    path = f"/communities/{community_id}/applications/mine"
    await house.call("DELETE", path, token=await house.token("ada@example.com"))
    after = await taken_out(house, owner)
    assert applied["application_id"] in after.text()
    assert SECRET not in after.text()
    assert "ada@example.com" not in after.text()


async def test_how_somebody_voted_in_an_anonymous_poll_is_not_in_it(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    ada, for_ada = await house.join("ada@example.com", community_id)
    by_name = await opened(house, owner)
    secret = await opened(house, owner, secrecy="anonymous")
    for poll_id in (by_name, secret):
        await vote(house, poll_id, for_ada, [1], [3])
    taken = await taken_out(house, owner)
    (ballot,) = taken.parquet["ballots"]
    assert (ballot["poll_id"], ballot["person_id"]) == (by_name, ada)
    assert len(taken.parquet["polls"]) == 2


async def test_every_row_is_in_it_once_over_many_pages(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    community_id, owner = await house.community("olga@example.com")
    people = [(await house.join(f"p{number}@example.com", community_id))[0] for number in range(7)]
    monkeypatch.setattr(columns, "PAGE", 3)
    taken = await taken_out(house, owner)
    assert [row["person_id"] for row in taken.parquet["members"]] == sorted(people)


async def test_ten_times_as_many_take_no_more_memory(house: House) -> None:
    few, for_few = await house.community("olga@example.com")
    many, for_many = await house.community("gus@example.com", slug="go")
    for community_id, rows in ((few, FEW), (many, MANY)):
        await house.service.pool.execute(
            "INSERT INTO messages_v1 SELECT gen_random_uuid(), $1, gen_random_uuid(),"
            " gen_random_uuid()::text || repeat(' welcome', 10), now()"
            " FROM generate_series(1, $2::int)",
            UUID(community_id), rows,
        )  # fmt: skip
    async with serving(create_app(house.service)) as address:
        await _peak(address, for_few)
        (_, of_few), (size, of_many) = [
            await _peak(address, token) for token in (for_few, for_many)
        ]
    assert size > 2_000_000
    assert of_many < 1.25 * of_few, "it grows with what is taken out"


async def test_whoever_hangs_up_leaves_nothing_behind(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    await house.service.pool.execute(
        "INSERT INTO messages_v1 SELECT gen_random_uuid(), $1, gen_random_uuid(),"
        " gen_random_uuid()::text, now() FROM generate_series(1, $2::int)",
        UUID(community_id), MANY,
    )  # fmt: skip
    async with serving(create_app(house.service)) as address, httpx.AsyncClient() as client:
        url = f"{address}/api/membership/v1{TAKEOUT}"
        headers = {"Authorization": f"Bearer {owner}"}
        for _ in range(house.service.pool.get_max_size() + 1):
            async with client.stream("GET", url, headers=headers) as answer:
                async for chunk in answer.aiter_bytes():
                    assert chunk.startswith(b"PK")
                    break
    taken = await taken_out(house, owner)
    assert len(taken.parquet["messages"]) == MANY


async def _peak(address: str, token: str) -> tuple[int, int]:
    """How many bytes came, and the most memory that was taken for them."""
    size = arrow = 0
    async with httpx.AsyncClient(timeout=60) as client:
        gc.collect()
        tracemalloc.start()
        try:
            url = f"{address}/api/membership/v1{TAKEOUT}"
            headers = {"Authorization": f"Bearer {token}"}
            async with client.stream("GET", url, headers=headers) as answer:
                assert answer.is_success
                async for chunk in answer.aiter_bytes():
                    size += len(chunk)
                    arrow = max(arrow, pa.total_allocated_bytes())
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    return size, peak + arrow
