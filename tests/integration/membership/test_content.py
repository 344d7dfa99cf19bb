"""Files sent and read by their doors; content that opens to some earlier, closes at once, and is bought."""

import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from shared import files
from shared.clock import real_now
from shared.contracts.billing_order import (
    OrderLine,
    OrderPaid,
    OrderRefunded,
    OrderReinstated,
    OrderSuspended,
)
from shared.contracts.contract import MoneyValue
from shared.ids import random_id
from tests.integration.membership.house import House, Json, running

TEN_EUROS = MoneyValue(minor=1000, currency="EUR")
LESSON = b"# How to lose well\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "files"


@pytest.fixture
async def house(database_url: str, folder: Path) -> AsyncIterator[House]:
    async with running(database_url, origin="http://tessera.test", files_folder=folder) as service:
        yield service


def announced(data: bytes, media_type: str = "text/markdown", **more: Any) -> Json:
    digest = hashlib.sha256(data).hexdigest()
    told = {"name": "Leçon 1.md", "size": len(data), "media_type": media_type, "sha256": digest}
    return told | more


def kept_in(folder: Path) -> dict[str, bytes]:
    """Every file below, half a one too."""
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


async def send(house: House, door: Json, data: Any, **headers: str) -> int:
    """Through the door as it is, without a token."""
    answer = await house.client.request(
        door["method"], door["url"], content=data, headers=door["headers"] | headers
    )
    return answer.status_code


async def file(house: House, token: str, data: bytes = LESSON, **more: Any) -> str:
    told = await house.call("POST", "/files", announced(data, **more), token=token)
    assert await send(house, told["upload"], data) == 204
    await house.call("POST", f"/files/{told['file_id']}/completion", token=token)
    return str(told["file_id"])


def described(file_ids: list[str], **more: Any) -> Json:
    return {
        "kind": "article",
        "words": [{"language": "en", "title": "How to lose well", "teaser": "Ten lessons."}],
        "files": [{"file_id": file_id} for file_id in file_ids],
        "audience": "members",
    } | more


async def published(house: House, token: str, visible_from: Any = None, **more: Any) -> str:
    """New content with one file, which the read models know."""
    body = described([await file(house, token)], **more)
    drafted = await house.call("POST", "/content", body, token=token)
    content_id = str(drafted["content_id"])
    when = {"visible_from": visible_from.isoformat() if visible_from else None}
    done = await house.call("POST", f"/content/{content_id}/publication", when, token=token)
    await house.call("GET", "/content/desk", token=token, Tessera_Wait_For=done["position"])
    return content_id


async def shelf(house: House, token: str) -> dict[str, bool]:
    listed = await house.call("GET", "/content", token=token)
    return {item["content_id"]: item["is_open"] for item in listed["items"]}


async def fetched(house: House, content_id: str, token: str, **more: Any) -> bytes:
    door = await house.call("GET", f"/content/{content_id}/file", token=token)
    answer = await house.client.get(door["url"], **more)
    assert answer.is_success
    assert answer.headers["x-content-type-options"] == "nosniff"
    return answer.content


async def test_what_was_announced_is_kept_and_read_again(house: House, folder: Path) -> None:
    community_id, owner = await house.community("olga@example.com")
    told = await house.call("POST", "/files", announced(LESSON), token=owner, expect=201)
    done = f"/files/{told['file_id']}/completion"
    early = await house.call("POST", done, token=owner, expect=409)
    assert early["errors"][0]["code"] == "file_not_sent"
    assert await send(house, told["upload"], LESSON) == 204
    assert await send(house, told["upload"], LESSON) == 204, "sending it again does no harm"
    await house.call("POST", done, token=owner)
    await house.call("POST", done, token=owner)
    assert kept_in(folder) == {f"{community_id}/{told['file_id']}": LESSON}


async def test_other_bytes_than_the_announced_are_not_kept(house: House, folder: Path) -> None:
    _, owner = await house.community("olga@example.com")
    told = await house.call("POST", "/files", announced(LESSON), token=owner)
    door = told["upload"]
    assert await send(house, door, b"x" * len(LESSON)) == 422, "another hash"
    assert await send(house, door, LESSON[:-1]) == 422, "too short"
    assert await send(house, door, LESSON + b"!") == 422, "too long"
    assert await send(house, door, LESSON, **{"content-type": "text/html"}) == 422, "another type"
    key = {"idempotency-key": "one"}
    assert await send(house, door, LESSON, **key) == 415, "a key would have it read whole"
    assert kept_in(folder) == {}
    await house.call("POST", f"/files/{told['file_id']}/completion", token=owner, expect=409)


async def test_a_door_cannot_be_forged_turned_round_or_kept_open(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    community_id, owner = await house.community("olga@example.com")
    door = (await house.call("POST", "/files", announced(LESSON), token=owner))["upload"]
    base, _, token = door["url"].rpartition("/")
    forged = [token[:-4] + "AAAA", "..%2f..%2fetc%2fpasswd", "nothing", token.swapcase()]
    for wrong in forged:
        assert await send(house, door | {"url": f"{base}/{wrong}"}, LESSON) in (403, 404)
    assert (await house.client.get(door["url"])).status_code == 403, "a door leads one way"
    content_id = await published(house, owner, audience="public")
    path = f"/public/communities/{community_id}/content/{content_id}/file"
    read = await house.call("GET", path)
    assert (await house.client.get(read["url"])).content == LESSON
    assert await send(house, read | {"method": "PUT"}, LESSON) == 403
    monkeypatch.setattr(files, "LIFE", dict.fromkeys(files.LIFE, timedelta(seconds=-1)))
    late = await house.call("GET", path)
    assert (await house.client.get(late["url"])).status_code == 403


async def test_large_files_pass_in_pieces_and_are_read_in_ranges(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    piece, pieces = b"\x01" * 65_536, 48
    data = piece * pieces

    async def stream() -> AsyncIterator[bytes]:
        for _ in range(pieces):
            yield piece

    told = await house.call("POST", "/files", announced(data, "video/mp4"), token=owner)
    assert await send(house, told["upload"], stream()) == 204, "larger than any other body may be"
    await house.call("POST", f"/files/{told['file_id']}/completion", token=owner)
    body = described([told["file_id"]], kind="video", audience="public")
    content_id = (await house.call("POST", "/content", body, token=owner))["content_id"]
    await house.call("POST", f"/content/{content_id}/publication", {}, token=owner)
    path = f"/public/communities/{community_id}/content/{content_id}/file"
    door = await house.call("GET", path)
    part = await house.client.get(door["url"], headers={"range": "bytes=65535-65536"})
    assert (part.status_code, part.content) == (206, b"\x01\x01")
    assert part.headers["content-disposition"].startswith("inline;")


async def test_a_text_is_saved_and_never_shown_under_our_name(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    content_id = await published(house, owner, audience="public")
    path = f"/public/communities/{community_id}/content/{content_id}/file"
    answer = await house.client.get((await house.call("GET", path))["url"])
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''Le%C3%A7on%201.md"
    assert answer.headers["content-type"].startswith("text/markdown")


async def test_members_see_what_is_theirs_and_gold_sees_it_two_days_earlier(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    gold = await house.tier(owner, "Gold", paid=True)
    ada, ada_token = await house.join("ada@example.com", community_id)
    _, bob_token = await house.join("bob@example.com", community_id)
    await house.call("POST", f"/people/{ada}/gifts", {"tier_id": gold}, token=owner)
    opening = real_now() + timedelta(days=3)
    early = [{"tier_id": gold, "hours": 48}]
    content_id = await published(house, owner, opening, early=early)
    for_gold = await published(house, owner, audience="tiers", tiers=[gold])
    draft = described([await file(house, owner)])
    await house.call("POST", "/content", draft, token=owner)

    await house.eventually(lambda: shelf(house, ada_token), {content_id: False, for_gold: True})
    assert await shelf(house, bob_token) == {content_id: False}
    path = f"/content/{content_id}/file"
    soon = await house.call("GET", path, token=ada_token, expect=409)
    assert soon["errors"][0]["code"] == "content_not_open_yet"
    never = await house.call("GET", f"/content/{for_gold}/file", token=bob_token, expect=409)
    assert never["errors"][0]["code"] == "content_closed"

    await house.service.move_clock(opening - timedelta(hours=47))
    assert await fetched(house, content_id, ada_token) == LESSON
    await house.call("GET", path, token=bob_token, expect=409)
    assert await shelf(house, bob_token) == {content_id: False}

    await house.service.move_clock(opening)
    assert await fetched(house, content_id, bob_token) == LESSON
    assert await shelf(house, bob_token) == {content_id: True}


async def test_losing_access_closes_it_at_once(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    gold = await house.tier(owner, "Gold", paid=True)
    ada, token = await house.join("ada@example.com", community_id)
    gift = await house.call("POST", f"/people/{ada}/gifts", {"tier_id": gold}, token=owner)
    content_id = await published(house, owner, audience="tiers", tiers=[gold])
    assert await fetched(house, content_id, token) == LESSON
    taken = f"/people/{ada}/gifts/{gift['gift_id']}/withdrawal"
    await house.call("POST", taken, token=owner)
    await house.call("GET", f"/content/{content_id}/file", token=token, expect=409)
    assert await shelf(house, token) == {}


async def test_who_has_left_reads_what_is_public_and_no_more(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    _, token = await house.join("ada@example.com", community_id)
    content_id = await published(house, owner)
    assert await fetched(house, content_id, token) == LESSON
    await house.call("POST", "/me/departure", token=token)
    await house.call("GET", f"/content/{content_id}/file", token=token, expect=409)


async def test_withdrawn_content_is_nowhere_but_on_the_desk(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    _, token = await house.join("ada@example.com", community_id)
    content_id = await published(house, owner, audience="public")
    gone = await house.call("POST", f"/content/{content_id}/withdrawal", token=owner)
    wait = {"Tessera_Wait_For": gone["position"]}
    desk = await house.call("GET", "/content/desk?filter[standing]=withdrawn", token=owner, **wait)
    assert [item["content_id"] for item in desk["items"]] == [content_id]
    assert await shelf(house, token) == {}
    public = f"/public/communities/{community_id}/content"
    assert (await house.call("GET", public))["items"] == []
    await house.call("GET", f"{public}/{content_id}/file", expect=404)
    await house.call("GET", f"/content/{content_id}/file", token=token, expect=404)


async def test_everybody_may_read_teasers_and_open_what_is_public(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    for_all = await published(house, owner, audience="public")
    teased = await published(house, owner)
    silent = [{"language": "en", "title": "For members only"}]
    await published(house, owner, words=silent)
    public = f"/public/communities/{community_id}/content"
    listed = (await house.call("GET", f"{public}?limit=1"))["items"]
    listed += (await house.call("GET", public))["items"]
    assert [item["content_id"] for item in listed] == [teased, teased, for_all]
    assert listed[0]["words"][0]["teaser"] == "Ten lessons."
    assert "files" not in listed[0]
    await house.call("GET", f"{public}/{teased}/file", expect=409)
    assert "url" in await house.call("GET", f"{public}/{for_all}/file")


async def test_lists_go_on_where_they_stopped(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    _, token = await house.join("ada@example.com", community_id)
    wanted = [await published(house, owner) for _ in range(3)]
    for path, key in (("/content", token), ("/content/desk", owner)):
        seen: list[str] = []
        after = ""
        while True:
            page = await house.call("GET", f"{path}?limit=2{after}", token=key)
            seen += [item["content_id"] for item in page["items"]]
            if page["next"] is None:
                break
            after = f"&after={page['next']}"
        assert seen == wanted[::-1], path


async def test_a_revision_shows_everywhere(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    _, token = await house.join("ada@example.com", community_id)
    content_id = await published(house, owner)
    second = await file(house, owner, b"Two", name="two.pdf", media_type="application/pdf")
    first = await file(house, owner, b"One")
    words = [{"language": "fr", "title": "Bien perdre"}]
    body = described([first, second], words=words)
    done = await house.call("PUT", f"/content/{content_id}", body, token=owner)
    listed = await house.call("GET", "/content", token=token, Tessera_Wait_For=done["position"])
    assert [item["words"][0]["title"] for item in listed["items"]] == ["Bien perdre"]
    assert [part["name"] for part in listed["items"][0]["files"]] == ["Leçon 1.md", "two.pdf"]
    named = f"/content/{content_id}/file?file_id="
    door = await house.call("GET", f"{named}{second}", token=token)
    assert (await house.client.get(door["url"])).content == b"Two"
    await house.call("GET", f"{named}{random_id()}", token=token, expect=404)


TITLED = [
    {"language": "en", "title": "How to lose well", "teaser": "Ten lessons."},
    {"language": "fr", "title": "Bien perdre", "teaser": "Dix leçons."},
]


def text(markdown: str, language: str = "en") -> Json:
    return {"language": language, "markdown": markdown}


async def written(house: House, token: str, texts: list[Json], **more: Any) -> str:
    """New content that is published and to be read."""
    body = described([], words=TITLED, texts=texts, **more)
    content_id = (await house.call("POST", "/content", body, token=token, expect=201))["content_id"]
    done = await house.call("POST", f"/content/{content_id}/publication", {}, token=token)
    await house.call("GET", "/content/desk", token=token, Tessera_Wait_For=done["position"])
    return str(content_id)


async def test_news_are_read_as_markdown_and_as_html_that_does_nothing(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    ada, token = await house.join("ada@example.com", community_id)
    markdown = "# Lose **well**\r\n\n<script>alert(1)</script> [x](javascript:alert(1))"
    content_id = await written(house, owner, [text(markdown)], kind="news")
    read = await house.call("GET", f"/content/{content_id}/text", token=token)
    assert read["markdown"] == markdown.replace("\r\n", "\n")
    assert "<h1>Lose <strong>well</strong></h1>" in read["html"]
    assert "<script" not in read["html"]
    assert "href" not in read["html"]
    assert (read["language"], read["languages"], read["version"]) == ("en", ["en"], 1)
    assert read["changed_at"] is None
    listed = await house.call("GET", "/content", token=token)
    assert [one["language"] for one in listed["items"][0]["texts"]] == ["en"]
    assert "Lose" not in str(listed), "a list says what there is, not what it says"
    opened = await house.service.pool.fetch(
        "SELECT data->>'person_id' AS by FROM events WHERE type = 'ContentOpened'"
    )
    assert [row["by"] for row in opened] == [ada]
    await house.call("GET", f"/content/{content_id}/file", token=token, expect=404)


async def test_a_text_opens_to_whom_its_files_would_and_when(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    gold = await house.tier(owner, "Gold", paid=True)
    ada, ada_token = await house.join("ada@example.com", community_id)
    _, bob_token = await house.join("bob@example.com", community_id)
    await house.call("POST", f"/people/{ada}/gifts", {"tier_id": gold}, token=owner)
    opening = real_now() + timedelta(days=3)
    body = described([], words=TITLED, texts=[text("Secret")])
    body["early"] = [{"tier_id": gold, "hours": 48}]
    content_id = (await house.call("POST", "/content", body, token=owner))["content_id"]
    path, public = (
        f"/content/{content_id}/text",
        f"/public/communities/{community_id}/content/{content_id}/text",
    )
    await house.call("GET", path, token=ada_token, expect=404)
    when = {"visible_from": opening.isoformat()}
    await house.call("POST", f"/content/{content_id}/publication", when, token=owner)
    await house.eventually(lambda: shelf(house, ada_token), {content_id: False})
    soon = await house.call("GET", path, token=ada_token, expect=409)
    assert soon["errors"][0]["code"] == "content_not_open_yet"
    await house.service.move_clock(opening - timedelta(hours=47))
    assert (await house.call("GET", path, token=ada_token))["markdown"] == "Secret"
    early = await house.call("GET", path, token=bob_token, expect=409)
    never = await house.call("GET", public, expect=409)
    teasers = await house.call("GET", f"/public/communities/{community_id}/content")
    assert teasers["items"][0]["words"][0]["teaser"] == "Ten lessons."
    assert "Secret" not in str((early, never, teasers))
    await house.service.move_clock(opening)
    await house.call("GET", path, token=bob_token)
    await house.call("POST", f"/content/{content_id}/withdrawal", token=owner)
    gone = await house.call("GET", path, token=ada_token, expect=404)
    assert "Secret" not in str(gone)
    at_desk = f"/content/desk/{content_id}/text"
    assert (await house.call("GET", at_desk, token=owner))["markdown"] == "Secret"
    await house.call("GET", at_desk, token=ada_token, expect=403)


async def test_who_reads_a_corrected_text_sees_when_it_was_changed(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    content_id = await written(house, owner, [text("Firts")], audience="public")
    path = f"/public/communities/{community_id}/content/{content_id}/text"
    first = await house.call("GET", path)
    assert (first["version"], first["changed_at"]) == (1, None)
    later = real_now() + timedelta(days=1)
    await house.service.move_clock(later)
    body = described([], words=TITLED, texts=[text("First")], audience="public")
    await house.call("PUT", f"/content/{content_id}", body, token=owner)
    again = await house.call("PUT", f"/content/{content_id}", body, token=owner)
    second = await house.call("GET", path)
    assert (second["markdown"], second["version"]) == ("First", 2), again
    assert second["changed_at"] >= later.isoformat()[:19]


async def test_a_text_comes_in_the_language_of_who_reads_it(house: House) -> None:
    community_id, owner = await house.community("olga@example.com", language="fr")
    both = [text("Lose"), text("Perdre", "fr")]
    content_id = await written(house, owner, both, audience="public")
    path = f"/public/communities/{community_id}/content/{content_id}/text"
    for query, header, language in (
        ("", "", "fr"),
        ("", "en-GB, fr;q=0.5", "en"),
        ("?language=en", "fr", "en"),
        ("?language=de", "", "fr"),
    ):
        read = await house.call("GET", path + query, Accept_Language=header)
        assert read["language"] == language
        assert read["languages"] == ["en", "fr"]
    await house.call("GET", f"{path}?language=English", expect=422)


async def test_a_long_article_is_kept_whole_and_what_is_longer_is_refused(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    longest = "é\n" * 33_332 + "é"
    content_id = await written(house, owner, [text(longest)], audience="public")
    path = f"/public/communities/{community_id}/content/{content_id}/text"
    assert (await house.call("GET", path))["markdown"] == longest
    kept = await house.service.pool.fetch("SELECT markdown FROM texts_v1")
    assert [row["markdown"] for row in kept] == [longest]
    for wrong, pointer in (
        ({"texts": [text("x" * 100_001)]}, "/texts/0/markdown"),
        ({"texts": [text(" ")]}, "/texts/0/markdown"),
        ({"texts": [text("\u0000")]}, "/texts/0/markdown"),
        ({"texts": [text("one"), text("one")]}, "/texts"),
        ({"texts": [text("one"), text("two")]}, "/texts"),
        ({"texts": [text("Eins", "de")]}, "/texts"),
        ({"texts": [text("one")], "kind": "video"}, "/texts"),
    ):
        body = described([], words=TITLED) | wrong
        problem = await house.call("POST", "/content", body, token=owner, expect=422)
        assert [error["pointer"] for error in problem["errors"]] == [pointer], wrong
    assert await house.service.pool.fetchval("SELECT count(*) FROM texts_v1") == 1


async def test_what_is_a_file_has_nothing_to_read(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    content_id = await published(house, owner, audience="public", kind="video")
    path = f"/public/communities/{community_id}/content/{content_id}/text"
    problem = await house.call("GET", path, expect=404)
    assert problem["errors"][0]["code"] == "text_not_found"


async def test_content_that_names_what_is_not_there_is_refused_by_its_places(house: House) -> None:
    _, owner = await house.community("olga@example.com")
    half = await house.call("POST", "/files", announced(LESSON), token=owner)
    early = [{"tier_id": str(random_id()), "hours": 2}]
    tiers = [str(random_id())]
    body = described([half["file_id"]], audience="tiers", tiers=tiers, early=early)
    problem = await house.call("POST", "/content", body, token=owner, expect=422)
    pointers = [wrong["pointer"] for wrong in problem["errors"]]
    assert pointers == ["/tiers/0", "/early/0/tier_id", "/files/0/file_id"]
    wrong = described([], kind="poem", words=[{"language": "English", "title": ""}])
    problem = await house.call("POST", "/content", wrong, token=owner, expect=422)
    assert len(problem["errors"]) == 3
    await house.call("POST", "/files", announced(b""), token=owner, expect=422)
    bad = announced(LESSON, sha256="zz", media_type="text")
    assert len((await house.call("POST", "/files", bad, token=owner, expect=422))["errors"]) == 2


async def test_content_and_files_are_the_staffs_and_of_one_community(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    _, member = await house.join("ada@example.com", community_id)
    content_id = await published(house, owner)
    file_id = await file(house, owner)
    _, stranger = await house.community("eve@example.com", slug="go")
    for path in ("/content", "/files", f"/content/{content_id}/publication"):
        await house.call("POST", path, {}, token=member, expect=403)
    await house.call("GET", "/content/desk", token=member, expect=403)
    await house.call("GET", "/content", expect=401)
    body = described([])
    await house.call("PUT", f"/content/{content_id}", body, token=stranger, expect=404)
    await house.call("POST", f"/content/{content_id}/publication", {}, token=stranger, expect=404)
    await house.call("POST", f"/content/{content_id}/withdrawal", token=stranger, expect=404)
    await house.call("POST", f"/files/{file_id}/completion", token=stranger, expect=404)
    await house.call("POST", "/content", described([file_id]), token=stranger, expect=422)
    assert (await house.call("GET", "/content/desk", token=stranger))["items"] == []
    await house.join("eve@example.com", community_id)


async def test_without_a_place_for_files_their_doors_say_so(database_url: str) -> None:
    async with running(database_url) as house:
        _, owner = await house.community("olga@example.com")
        told = await house.call("POST", "/files", announced(LESSON), token=owner, expect=404)
        assert told["errors"][0]["code"] == "files_not_offered"
        await house.call("GET", "/stored-files/anything", expect=404)


def order_paid(community_id: str, person_id: str, content_id: str, order_id: UUID) -> OrderPaid:
    content = UUID(content_id)
    return OrderPaid(
        community_id=UUID(community_id),
        occurred_at=real_now(),
        order_id=order_id,
        person_id=UUID(person_id),
        checkout_id=random_id(),
        payment_id=random_id(),
        total=TEN_EUROS,
        lines=(
            OrderLine(kind="offer", amount=TEN_EUROS, offer_id=random_id(), content_id=content),
        ),
    )


async def test_a_digital_product_opens_when_it_is_paid_and_closes_when_refunded(
    house: House,
) -> None:
    community_id, owner = await house.community("olga@example.com")
    ada, token = await house.join("ada@example.com", community_id)
    content_id = await published(house, owner, audience="buyers", kind="download")
    path, order_id = f"/content/{content_id}/file", random_id()
    await house.call("GET", path, token=token, expect=409)
    assert await shelf(house, token) == {}
    await house.hear(order_paid(community_id, ada, content_id, order_id), order_id)
    await house.eventually(lambda: shelf(house, token), {content_id: True})
    assert await fetched(house, content_id, token) == LESSON
    refunded = OrderRefunded(
        community_id=UUID(community_id),
        occurred_at=real_now(),
        order_id=order_id,
        person_id=UUID(ada),
        total=TEN_EUROS,
        reason="requested",
    )
    await house.hear(refunded, order_id)
    await house.eventually(lambda: shelf(house, token), {})
    await house.call("GET", path, token=token, expect=409)

    async def bought() -> list[tuple[str, str | None]]:
        access = await house.call("GET", f"/people/{ada}/access", token=token)
        return [(reason["content_id"], reason["cause"]) for reason in access["bought"]]

    await house.eventually(bought, [(content_id, "refunded")])


async def test_a_digital_product_is_withheld_while_a_bank_decides(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    ada, token = await house.join("ada@example.com", community_id)
    content_id = await published(house, owner, audience="buyers", kind="download")
    order_id = random_id()
    paid = order_paid(community_id, ada, content_id, order_id)
    about: Json = {
        "community_id": paid.community_id,
        "order_id": order_id,
        "person_id": paid.person_id,
    }
    await house.hear(paid, order_id)
    await house.eventually(lambda: shelf(house, token), {content_id: True})
    held = OrderSuspended(**about, occurred_at=real_now(), cause="disputed")
    await house.hear(held, order_id)
    await house.eventually(lambda: shelf(house, token), {})
    await house.call("GET", f"/content/{content_id}/file", token=token, expect=409)
    back = OrderReinstated(**about, occurred_at=real_now(), lines=paid.lines)
    await house.hear(back, order_id)
    await house.eventually(lambda: shelf(house, token), {content_id: True})
    access = await house.call("GET", f"/people/{ada}/access", token=token)
    assert [reason["cause"] for reason in access["bought"]] == ["suspended", None]


async def test_opening_content_counts_as_activity_once_a_day(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    ada, token = await house.join("ada@example.com", community_id)
    content_id = await published(house, owner)
    for _ in range(3):
        await fetched(house, content_id, token)

    async def tallies() -> list[tuple[str, int]]:
        told = await house.call("GET", f"/people/{ada}/activity", token=token)
        return [(item["kind"], item["times"]) for item in told["items"]]

    await house.eventually(tallies, [("content_opened", 1)])
    await house.service.move_clock(real_now() + timedelta(days=1))
    await fetched(house, content_id, token)
    await house.eventually(tallies, [("content_opened", 2)])
