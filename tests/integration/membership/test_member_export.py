"""The members as a table: for whoever may see them, with what they agreed to, and recorded for the owner to see."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from shared.takeout import table
from tests.integration.membership.house import BASE, House, code_of

EXPORT = "/exports/members"


async def exported(
    house: House, token: str | None, query: str = "", **params: str
) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return await house.client.get(BASE + EXPORT + query, params=params or None, headers=headers)


def rows_of(answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.is_success, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="members.csv"'
    text = answer.content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


async def test_staff_take_out_who_the_members_are_and_what_is_open_to_them(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    everybody = await house.tier(owner, "Everybody", paid=False)
    gold = await house.tier(owner, "Gold; or more", paid=True)
    ada, for_ada = await house.join("ada@example.com", community_id, '=Ada "A." Lovelace')
    await house.quiet()
    await house.call("POST", f"/people/{ada}/gifts", {"tier_id": gold}, token=owner)
    terms = {
        "kind": "terms",
        "url": "https://club.example/terms",
        "sha256": "0" * 64,
        "language": "en",
        "must_accept": True,
    }
    _, for_bob = await house.join("bob@example.com", community_id, "Bob")
    await house.call("POST", "/documents", terms, token=owner)
    await house.call("POST", "/documents/terms/acceptance", {"version": 1}, token=for_ada)
    await house.call(
        "PUT",
        f"/people/{ada}/preferences",
        {"preferences": [{"channel": "email", "kind": "announcement", "wanted": False}]},
        token=for_ada,
    )
    await house.call("POST", "/me/departure", token=for_bob)
    await house.quiet()
    bob_row, ada_row = rows_of(await exported(house, owner))
    assert (bob_row["name"], bob_row["standing"], bob_row["tiers"]) == ("Bob", "left", "")
    assert ada_row["person_id"] == ada
    # What a spreadsheet would run, it does not.
    assert (ada_row["name"], ada_row["email"]) == ('\'=Ada "A." Lovelace', "ada@example.com")
    assert ada_row["tiers"] == "Everybody; Gold; or more"
    # Access is given a moment after, by what hears of the joining.
    joined, since = (datetime.fromisoformat(ada_row[one]) for one in ("joined_at", "tiers_since"))
    assert joined <= since < joined + timedelta(minutes=1)
    assert datetime.now(UTC) - since < timedelta(minutes=1)
    assert (ada_row["opted_out"], bob_row["opted_out"]) == ("announcement", "")
    assert (ada_row["terms_version"], ada_row["privacy_version"]) == ("1", "")
    assert ada_row["terms_accepted_at"]
    assert everybody != gold
    (only,) = rows_of(await exported(house, owner, "?filter[standing]=joined"))
    assert only["person_id"] == ada


async def test_who_took_what_is_seen_by_the_owner_and_not_undone(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    await house.call("GET", "/exports", expect=401)
    assert (await house.call("GET", "/exports", token=owner))["items"] == []
    for query in ("", "?filter[standing]=banned", ""):
        rows_of(await exported(house, owner, query))
    await house.quiet()
    first = await house.call("GET", "/exports?limit=2", token=owner)
    second = await house.call("GET", f"/exports?limit=2&after={first['next']}", token=owner)
    taken = [*first["items"], *second["items"]]
    assert [one["filters"] for one in taken] == [[], ["standing=banned"], []]
    assert {one["kind"] for one in taken} == {"members"}
    account_id = (await house.call("GET", "/me", token=owner))["account_id"]
    assert {one["taken_by"] for one in taken} == {account_id}
    assert len({one["export_id"] for one in taken}) == 3
    # A dry run would be a way to take it and leave no trace.
    refused = await exported(house, owner, "?dry_run=true")
    assert (refused.status_code, code_of(refused.json())) == (422, "no_dry_run")
    other, for_gus = await house.community("gus@example.com", slug="go")
    assert (await house.call("GET", "/exports", token=for_gus))["items"] == []
    assert community_id != other


async def test_it_is_refused_to_whom_the_list_is(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    ada, for_ada = await house.join("ada@example.com", community_id)
    assert (await exported(house, None)).status_code == 401
    assert (await exported(house, for_ada)).status_code == 403
    await house.call("GET", "/exports", token=for_ada, expect=403)
    wrong = await exported(house, owner, "?filter[standing]=erased")
    assert wrong.status_code == 422
    _, for_gus = await house.community("gus@example.com", slug="go")
    assert rows_of(await exported(house, for_gus)) == []
    # Nothing was recorded of what was refused.
    await house.quiet()
    assert (await house.call("GET", "/exports", token=owner))["items"] == []
    await house.call("POST", f"/people/{ada}/erasure", token=owner, expect=202)
    await house.quiet()
    assert rows_of(await exported(house, owner)) == []


async def test_every_member_is_in_it_once_over_many_pages(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    community_id, owner = await house.community("olga@example.com")
    for number in range(7):
        await house.join(f"p{number}@example.com", community_id, f"P{number}")
    await house.quiet()
    monkeypatch.setattr(table, "PAGE", 3)
    names = [row["name"] for row in rows_of(await exported(house, owner))]
    assert names == [f"P{number}" for number in (6, 5, 4, 3, 2, 1, 0)]
