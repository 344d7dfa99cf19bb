"""Terms that change: published in versions, accepted by version, asked for again."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from shared.clock import real_now
from shared.ids import random_id
from tests.integration.membership.house import House, Json


def terms(text: int = 1, **more: Any) -> Json:
    return {
        "kind": "terms",
        "url": f"https://chess.example/terms-{text}.pdf",
        "sha256": f"{text:064x}",
    } | more


async def published(house: House, owner: str, text: int = 1, **more: Any) -> Json:
    return await house.call("POST", "/documents", terms(text, **more), token=owner, expect=201)


async def mine(house: House, token: str) -> Json:
    """How the person stands with the terms."""
    told = await house.call("GET", "/documents/mine", token=token)
    (item,) = told["items"]
    found: Json = item
    return found


async def accept(house: House, token: str, version: int, kind: str = "terms", **more: Any) -> Json:
    path = f"/documents/{kind}/acceptance"
    return await house.call("POST", path, {"version": version}, token=token, **more)


async def missing(house: House, owner: str, **query: Any) -> Json:
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    return await house.call("GET", f"/documents/terms/acceptances?{asked}", token=owner)


async def test_a_person_agrees_to_the_version_in_force_and_is_asked_again_for_the_next(
    house: House,
) -> None:
    community_id, owner = await house.community("olga@example.com")
    _, token = await house.join("ada@example.com", community_id)
    assert (await house.call("GET", "/documents/mine", token=token))["items"] == []
    await published(house, owner)
    seen = await mine(house, token)
    assert (seen["in_force"]["version"], seen["asked"], seen["accepted"]) == (1, True, None)
    await accept(house, token, 1)
    await accept(house, token, 1)
    assert (await mine(house, token))["asked"] is False
    soon = real_now() + timedelta(days=14)
    await published(house, owner, 2, effective_at=soon.isoformat(), changes="Refunds take a week")
    seen = await mine(house, token)
    assert (seen["in_force"]["version"], seen["asked"]) == (1, False)
    assert [one["changes"] for one in seen["announced"]] == ["Refunds take a week"]
    await house.service.move_clock(soon + timedelta(seconds=1))
    seen = await mine(house, token)
    assert (seen["in_force"]["version"], seen["asked"], seen["accepted"]) == (2, True, 1)
    problem = await accept(house, token, 1, expect=422)
    assert problem["errors"][0]["code"] == "document_replaced"
    await accept(house, token, 2)
    assert (await mine(house, token))["asked"] is False


async def test_a_change_that_needs_no_agreement_asks_nobody(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    _, token = await house.join("ada@example.com", community_id)
    await published(house, owner)
    await accept(house, token, 1)
    await published(house, owner, 2, must_accept=False)
    seen = await mine(house, token)
    assert (seen["in_force"]["version"], seen["asked"]) == (2, False)


async def test_anybody_reads_every_version(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    await published(house, owner)
    await published(house, owner, 2)
    await published(house, owner, 3, kind="privacy", language="fr")
    told = await house.call("GET", f"/public/communities/{community_id}/documents")
    listed = [(one["kind"], one["version"], one["language"]) for one in told["items"]]
    assert listed == [("privacy", 1, "fr"), ("terms", 1, "en"), ("terms", 2, "en")]
    elsewhere = await house.call("GET", f"/public/communities/{random_id()}/documents")
    assert elsewhere["items"] == []


async def test_staff_see_who_has_not_agreed(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    people = [
        await house.join(f"{name}@example.com", community_id) for name in ("ada", "bob", "cy")
    ]
    assert (await missing(house, owner))["version"] == 0
    await published(house, owner)
    (ada, token), *others = people
    await accept(house, token, 1)
    seen = await missing(house, owner)
    assert (seen["version"], seen["members"], seen["accepted"]) == (1, 3, 1)
    assert seen["items"] == sorted(person_id for person_id, _ in others)
    first = await missing(house, owner, limit=1)
    second = await missing(house, owner, limit=1, after=first["next"])
    assert first["items"] + second["items"] == seen["items"]
    (_, leaving), _ = others
    await house.call("POST", "/me/departure", token=leaving)
    seen = await missing(house, owner)
    assert (seen["members"], seen["accepted"], len(seen["items"])) == (2, 1, 1)
    assert ada not in seen["items"]


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"kind": "recipe"}, "/kind"),
        ({"url": "http://chess.example/terms"}, "/url"),
        ({"sha256": "abc"}, "/sha256"),
        ({"language": "English"}, "/language"),
        ({"effective_at": "2020-01-01T00:00:00Z"}, "/effective_at"),
        ({"effective_at": "2030-01-01T00:00:00"}, "/effective_at"),
        ({"changes": ""}, "/changes"),
        ({"colour": "red"}, "/colour"),
    ],
)
async def test_what_cannot_be_published_is_named(house: House, wrong: Json, pointer: str) -> None:
    _, owner = await house.community("olga@example.com")
    problem = await house.call("POST", "/documents", terms() | wrong, token=owner, expect=422)
    assert problem["errors"][0]["pointer"] == pointer


async def test_only_who_may_publishes_and_only_a_person_accepts(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    _, token = await house.join("ada@example.com", community_id)
    await house.call("POST", "/documents", terms(), token=token, expect=403)
    await house.call("POST", "/documents", terms(), expect=401)
    await house.call("GET", "/documents/terms/acceptances", token=token, expect=403)
    await accept(house, owner, 1, expect=403)
    await accept(house, token, 1, expect=404)
    await published(house, owner)
    await accept(house, token, 2, expect=404)
    await accept(house, token, 1, kind="recipe", expect=422)
    _, stranger = await house.community("zoe@example.com", "draughts")
    assert (await missing(house, stranger))["version"] == 0


async def test_versions_published_at_once_have_a_number_each(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    soon = (real_now() + timedelta(days=1)).isoformat()
    await asyncio.gather(
        *(published(house, owner, text, effective_at=soon) for text in range(1, 6))
    )
    told = await house.call("GET", f"/public/communities/{community_id}/documents")
    assert [one["version"] for one in told["items"]] == [1, 2, 3, 4, 5]
    assert len({one["sha256"] for one in told["items"]}) == 5
