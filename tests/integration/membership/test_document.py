"""Terms that change: published in versions, accepted by version, asked for again."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.membership.document import reactions
from services.membership.document.commands import FindReaders
from shared.clock import real_now
from shared.contracts.billing_checkout import AcceptedDocument, CheckoutCompleted
from shared.contracts.contract import MoneyValue
from shared.ids import random_id
from shared.reaction import ActionContext
from tests.integration.membership.house import BASE, House, Json, running


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


async def join(house: House, email: str, community_id: str, *accepted: Any, **more: Any) -> Json:
    """Join by a call that carries what is accepted, as (kind, version)."""
    body = {
        "name": "Ada",
        "email": email,
        "accepted_documents": [{"kind": kind, "version": version} for kind, version in accepted],
    }
    path, token = f"/communities/{community_id}/members", await house.token(email)
    return await house.call("POST", path, body, token=token, **more)


async def test_joining_and_accepting_is_one_call(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    await published(house, owner)
    await published(house, owner, 2, kind="privacy")
    before = real_now()
    wanted = [("terms", 1), ("privacy", 1)]
    joined = await join(house, "ada@example.com", community_id, *wanted, expect=201)
    told = await house.call("GET", "/documents/mine", token=joined["access_token"])
    assert joined["documents"] == []
    stand = [(one["in_force"]["kind"], one["accepted"], one["asked"]) for one in told["items"]]
    assert stand == [("terms", 1, False), ("privacy", 1, False)]
    since = [datetime.fromisoformat(one["accepted_at"]) for one in told["items"]]
    assert all(before <= moment <= real_now() for moment in since)
    seen = await missing(house, owner)
    assert (seen["members"], seen["accepted"], seen["items"]) == (1, 1, [])


async def test_nobody_joins_without_accepting_what_is_to_be_accepted(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    await published(house, owner)
    await published(house, owner, 2, kind="privacy")
    await published(house, owner, 3, kind="conduct", must_accept=False)
    (refusal,) = (await join(house, "ada@example.com", community_id, ("terms", 1), expect=422))[
        "errors"
    ]
    assert (refusal["code"], refusal["pointer"]) == (
        "documents_not_accepted",
        "/accepted_documents",
    )
    url = "https://chess.example/terms-2.pdf"
    missing_one = {"kind": "privacy", "version": 1, "url": url}
    assert refusal["params"]["documents"] == [missing_one]
    assert (await house.call("GET", "/members", token=owner))["items"] == []
    seen = await house.service.pool.fetchval(
        "SELECT count(*) FROM events WHERE type IN ('MemberJoined', 'DocumentAccepted')"
    )
    assert seen == 0, "nothing half done"
    wanted = [("terms", 1), ("privacy", 1)]
    joined = await join(house, "ada@example.com", community_id, *wanted, expect=201)
    assert joined["documents"] == []


async def test_who_left_accepts_what_is_asked_by_then_to_come_back(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    ada, token = await house.join("ada@example.com", community_id)
    await house.call("POST", "/me/departure", {}, token=token)
    await published(house, owner)
    problem = await join(house, "ada@example.com", community_id, expect=422)
    assert problem["errors"][0]["code"] == "documents_not_accepted"
    again = await join(house, "ada@example.com", community_id, ("terms", 1), expect=201)
    assert again["person_id"] == ada


async def test_who_is_a_member_is_told_what_is_still_to_be_accepted(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    await house.join("ada@example.com", community_id)
    await published(house, owner)
    joined = await join(house, "ada@example.com", community_id, expect=201)
    assert joined["documents"] == [{"kind": "terms", "version": 1}]
    seen = await mine(house, joined["access_token"])
    assert (seen["asked"], seen["accepted"], seen["accepted_at"]) == (True, None, None)


async def test_who_joined_before_accepts_by_joining_again_and_once(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    ada, token = await house.join("ada@example.com", community_id)
    await published(house, owner)
    again = await join(house, "ada@example.com", community_id, ("terms", 1))
    assert again["person_id"] == ada
    since = (await mine(house, token))["accepted_at"]
    await join(house, "ada@example.com", community_id, ("terms", 1), ("terms", 1))
    seen = await mine(house, token)
    assert (seen["accepted"], seen["accepted_at"]) == (1, since)


async def test_what_cannot_be_accepted_keeps_who_would_join_outside(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    await published(house, owner)
    await published(house, owner, 2)
    await published(house, owner, 3, kind="privacy")
    wanted = [("privacy", 1), ("terms", 1)]
    problem = await join(house, "ada@example.com", community_id, *wanted, expect=422)
    assert problem["errors"][0]["code"] == "document_replaced"
    assert problem["errors"][0]["pointer"] == "/accepted_documents/1/version"
    beyond = [("privacy", 1), ("terms", 3)]
    problem = await join(house, "ada@example.com", community_id, *beyond, expect=404)
    assert problem["errors"][0]["code"] == "document_not_found"
    await join(house, "ada@example.com", community_id, ("terms", 0), expect=422)
    await join(house, "ada@example.com", community_id, ("recipe", 1), expect=422)
    await join(house, "ada@example.com", community_id, *[("terms", 2)] * 11, expect=422)
    assert (await house.call("GET", "/members", token=owner))["items"] == []
    wanted = [("terms", 2), ("privacy", 1)]
    joined = await join(house, "ada@example.com", community_id, *wanted, expect=201)
    told = await house.call("GET", "/documents/mine", token=joined["access_token"])
    assert [one["accepted"] for one in told["items"]] == [2, 1]


async def test_a_version_of_another_community_is_not_accepted_by_joining_here(
    house: House,
) -> None:
    _, stranger = await house.community("zoe@example.com", "draughts")
    await published(house, stranger)
    community_id, owner = await house.community("olga@example.com")
    await join(house, "ada@example.com", community_id, ("terms", 1), expect=404)
    assert (await house.call("GET", "/members", token=owner))["items"] == []


async def test_what_an_erased_person_accepted_stays_a_fact(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    await published(house, owner)
    joined = await join(house, "ada@example.com", community_id, ("terms", 1), expect=201)
    ada, token = joined["person_id"], joined["access_token"]
    await house.call("POST", f"/people/{ada}/erasure", {}, token=owner, expect=202)
    assert (await missing(house, owner))["members"] == 0
    assert (await mine(house, token))["accepted"] == 1


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
    answer = await house.client.get(f"{BASE}/public/communities/{community_id}/documents")
    assert answer.headers["cache-control"] == "public, max-age=60"
    await house.call("GET", f"/public/communities/{random_id()}/documents", expect=404)


FRENCH = {"language": "fr", "url": "https://chess.example/conditions.pdf", "sha256": "f" * 64}


async def test_a_version_is_read_in_the_readers_language_and_one_binds(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    await published(house, owner, translations=[FRENCH])
    path = f"/public/communities/{community_id}/documents"
    for query, header, language in (
        ("", "", "en"),
        ("", "fr-CA, en;q=0.5", "fr"),
        ("?language=fr", "en", "fr"),
        ("?language=de", "", "en"),
    ):
        told = await house.call("GET", path + query, Accept_Language=header)
        (version,) = told["items"]
        assert version["language"] == language
        assert version["url"] == (FRENCH if language == "fr" else terms())["url"]
        assert [(one["language"], one["binds"]) for one in version["texts"]] == [
            ("en", True),
            ("fr", False),
        ]
    answer = await house.client.get(f"{BASE}{path}", headers={"Accept-Language": "fr"})
    assert answer.headers["vary"] == "Accept-Language"
    await house.call("GET", f"{path}?language=French", expect=422)


async def test_of_which_language_was_shown_is_kept_with_the_acceptance(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    _, ada = await house.join("ada@example.com", community_id)
    _, bob = await house.join("bob@example.com", community_id)
    await published(house, owner, translations=[FRENCH])
    path = "/documents/terms/acceptance"
    wrong = {"version": 1, "language": "de"}
    problem = await house.call("POST", path, wrong, token=ada, expect=422)
    assert problem["errors"][0]["code"] == "document_not_in_language"
    assert problem["errors"][0]["pointer"] == "/language"
    assert (await mine(house, ada))["asked"]
    await house.call("POST", path, {"version": 1, "language": "fr"}, token=ada)
    await accept(house, bob, 1)
    assert (await mine(house, ada))["accepted_language"] == "fr"
    assert (await mine(house, bob))["accepted_language"] is None, "nobody said"
    kept = await house.service.pool.fetch(
        "SELECT data->>'language' AS l FROM events WHERE type = 'DocumentAccepted'"
    )
    assert sorted(str(row["l"]) for row in kept) == ["None", "fr"]


async def test_who_comes_in_says_in_which_language_they_agreed(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    await published(house, owner, translations=[FRENCH])
    token = await house.token("ada@example.com")

    async def join_in(language: str, expect: int) -> Json:
        agreed = {"kind": "terms", "version": 1, "language": language}
        body = {"name": "Ada", "email": "ada@example.com", "accepted_documents": [agreed]}
        path = f"/communities/{community_id}/members"
        return await house.call("POST", path, body, token=token, expect=expect)

    refused = await join_in("de", 422)
    assert refused["errors"][0]["pointer"] == "/accepted_documents/0/language"
    joined = await join_in("fr", 201)
    assert (await mine(house, joined["access_token"]))["accepted_language"] == "fr"


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
        ({"translations": [FRENCH, FRENCH]}, "/translations"),
        ({"translations": [FRENCH | {"language": "en"}]}, "/translations"),
        ({"translations": [FRENCH | {"url": "ftp://x"}]}, "/translations/0/url"),
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
    await house.quiet()  # Which of them was answered last is not which came last.
    told = await house.call("GET", f"/public/communities/{community_id}/documents")
    assert [one["version"] for one in told["items"]] == [1, 2, 3, 4, 5]
    assert len({one["sha256"] for one in told["items"]}) == 5


async def test_what_was_agreed_to_when_something_was_bought_is_not_asked_again(
    house: House,
) -> None:
    community_id, owner = await house.community("olga@example.com")
    person_id, token = await house.join("ada@example.com", community_id)
    await published(house, owner)
    bought = CheckoutCompleted(
        community_id=UUID(community_id),
        occurred_at=real_now(),
        checkout_id=random_id(),
        person_id=UUID(person_id),
        total=MoneyValue(minor=1000, currency="EUR"),
        documents=(AcceptedDocument(kind="terms", number=1, shown_in="en"),),
    )
    for _ in range(2):
        await house.hear(bought, bought.checkout_id)
        await house.quiet()
    seen = await mine(house, token)
    assert (seen["asked"], seen["accepted"]) == (False, 1)
    assert seen["accepted_language"] == "en"
    await published(house, owner, 2)
    assert (await mine(house, token))["asked"] is True


async def written(house: House) -> list[tuple[str, str]]:
    """Who was written to about a document, and from where it can be read."""
    await house.quiet()
    letters = [one for one in house.mailbox.letters if one.template.startswith("document_")]
    return sorted((one.to, str(one.values["url"])) for one in letters)


async def test_members_are_written_to_once_when_a_version_is_to_be_accepted(
    house: House,
) -> None:
    community_id, owner = await house.community("olga@example.com")
    _, stranger = await house.community("zoe@example.com", "draughts")
    await published(house, owner)
    for name in ("ada", "bob"):
        await join(house, f"{name}@example.com", community_id, ("terms", 1), expect=201)
    leaving = await join(house, "cy@example.com", community_id, ("terms", 1), expect=201)
    await house.call("POST", "/me/departure", {}, token=leaving["access_token"])
    assert await written(house) == []
    soon = real_now() + timedelta(days=14)
    more = {"effective_at": soon.isoformat(), "changes": "Refunds take a week"}
    await published(house, owner, 2, **more)
    await published(house, stranger, 9)
    url = "https://chess.example/terms-2.pdf"
    assert await written(house) == [("ada@example.com", url), ("bob@example.com", url)]
    letter = house.mailbox.to("ada@example.com")[-1]
    assert letter.template == "document_terms"
    assert letter.values == {"url": url, "from": soon, "changes": "Refunds take a week"}
    assert letter.link is not None
    assert letter.link.endswith(f"/communities/{community_id}/documents")
    assert letter.way_out is None
    await house.service.move_clock(soon + timedelta(seconds=1))
    assert len(await written(house)) == 2


async def test_a_correction_is_written_to_nobody(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    await house.join("ada@example.com", community_id)
    await published(house, owner, must_accept=False)
    assert await written(house) == []
    told = await house.service.pool.fetchval(
        "SELECT count(*) FROM events WHERE type = 'ReadersTold'"
    )
    assert told == 0


async def test_of_versions_for_different_days_each_is_told(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    await house.join("ada@example.com", community_id)
    first, later = (real_now() + timedelta(days=days) for days in (14, 30))
    await published(house, owner, 1, effective_at=first.isoformat())
    await published(house, owner, 2, effective_at=later.isoformat())
    urls = [f"https://chess.example/terms-{text}.pdf" for text in (1, 2)]
    assert await written(house) == [("ada@example.com", url) for url in urls]


async def test_only_the_latest_is_told_and_only_to_who_has_not_accepted_it_meanwhile(
    database_url: str,
) -> None:
    async with running(database_url) as house:
        community_id, owner = await house.community("olga@example.com")
        _, token = await house.join("ada@example.com", community_id)
        await house.join("bob@example.com", community_id)
        await house.quiet()
        settings = house.service.settings
        keys = {
            "token_key": settings.token_key.get_secret_value(),
            "token_keys": settings.token_keys,
        }
    async with running(database_url, turning=False, **keys) as house:
        await published(house, owner, 1)
        await published(house, owner, 2)
        await accept(house, token, 2)
    async with running(database_url, **keys) as house:
        assert await written(house) == [("bob@example.com", "https://chess.example/terms-2.pdf")]


async def test_many_are_told_some_at_a_time_and_nobody_twice(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reactions, "TOLD_AT_ONCE", 2)
    community_id, owner = await house.community("olga@example.com")
    names = ("ada", "bob", "cy", "dan", "eve")
    for name in names:
        await house.join(f"{name}@example.com", community_id)
    await published(house, owner)
    everybody = [f"{name}@example.com" for name in names]
    assert [to for to, _ in await written(house)] == everybody

    async def chunks() -> list[int]:
        rows = await house.service.pool.fetch(
            "SELECT json_array_length(data->'people') FROM events"
            " WHERE type = 'ReadersTold' ORDER BY position"
        )
        return [row[0] for row in rows]

    assert await chunks() == [2, 2, 1]
    service = house.service
    for _ in range(2):
        context = ActionContext(random_id(), 1, UUID(community_id), service.clock.now(), service)
        await reactions.find_readers(FindReaders("terms", 1), context)
    assert [to for to, _ in await written(house)] == everybody
    assert await chunks() == [2, 2, 1]
