"""Members from elsewhere: seen first, then taken, each once, whatever happens in between."""

import asyncio
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest

from services.membership.member_import.publications import PUBLICATIONS
from shared.clock import real_now
from shared.contracts.billing_offer import OfferPublished
from shared.contracts.contract import MoneyValue
from shared.contracts.membership_origin import MembersBrought, Origin, origin_of
from shared.contracts.membership_prepaid import MembersPrepaid
from shared.testing import eventually
from tests.integration.membership.house import BASE, House, Json, running
from tools.house import ROOT

HEADER = "name,email,tier,paid_until,external_id"


def in_days(days: int) -> str:
    return (real_now() + timedelta(days=days)).date().isoformat()


def file_of(*rows: str, header: str = HEADER) -> bytes:
    return "\n".join([header, *rows, ""]).encode()


async def sent(
    house: House, token: str | None, raw: bytes, options: str = "", **headers: str
) -> httpx.Response:
    told = {"Content-Type": "text/csv", "Idempotency-Key": str(uuid4())} | headers
    if token is not None:
        told["Authorization"] = f"Bearer {token}"
    return await eventually(
        lambda: house.client.post(
            f"{BASE}/imports?language=fr{options}", content=raw, headers=told
        ),
        lambda answer: answer.status_code != 503,  # the community's page may take a moment
    )


async def upload(house: House, token: str, raw: bytes, options: str = "") -> str:
    """The import, whose report can be read."""
    answer = await sent(house, token, raw, options)
    assert answer.status_code == 201, answer.text
    import_id = str(answer.json()["import_id"])
    await report(house, token, import_id, Tessera_Wait_For=answer.json()["position"])
    return import_id


async def report(house: House, token: str, import_id: str, **headers: Any) -> Json:
    return await house.call("GET", f"/imports/{import_id}", token=token, **headers)


async def refusals(house: House, token: str, import_id: str) -> list[tuple[int, str]]:
    page = await house.call("GET", f"/imports/{import_id}/refusals", token=token)
    return [(row["line"], row["reason"]) for row in page["items"]]


async def start(house: House, token: str, import_id: str) -> None:
    await house.call("POST", f"/imports/{import_id}/start", {}, token=token, expect=202)


async def ends(house: House, token: str, import_id: str, standing: str = "completed") -> Json:
    return await eventually(
        lambda: report(house, token, import_id),
        lambda seen: seen["standing"] == standing,
        within=60,
    )


async def brought(house: House, token: str, raw: bytes) -> Json:
    import_id = await upload(house, token, raw)
    await start(house, token, import_id)
    return await ends(house, token, import_id)


async def members(house: House, token: str) -> dict[str, str]:
    page = await house.call("GET", "/members?limit=200", token=token)
    return {member["email"]: member["person_id"] for member in page["items"]}


async def eventually_members(house: House, token: str, count: int) -> dict[str, str]:
    return await eventually(
        lambda: members(house, token), lambda seen: len(seen) == count, within=60
    )


async def written_to(house: House) -> list[str]:
    """Who has a letter once its minute has come."""
    await settled(house)
    await house.service.move_clock(house.service.clock.now() + timedelta(seconds=61))
    await settled(house)
    return letters(house)


def letters(house: House) -> list[str]:
    return sorted(one.to for one in house.mailbox.letters if one.template.startswith("brought"))


async def events(house: House) -> dict[str, int]:
    rows = await house.service.pool.fetch(
        "SELECT type, count(*) AS n FROM events GROUP BY type ORDER BY type"
    )
    return {row["type"]: row["n"] for row in rows}


async def settled(house: House) -> None:
    """Nothing is under way any more, apart from what the clock brings."""

    async def due() -> bool:
        quiet = await house.service.quiet()
        return quiet.agenda_due == 0 and quiet.readers_behind == 0

    await eventually(due, within=240)


def people(count: int, tier: str = "Gold") -> Iterator[str]:
    day = in_days(30)
    for number in range(count):
        yield f"Member {number},member{number}@example.com,{tier},{day},old-{number}"


async def test_members_from_elsewhere_keep_what_they_paid_for_and_come_in(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    await house.tier(owner, "Everybody", paid=False)
    await house.tier(owner, "Gold", paid=True)
    day = in_days(30)
    import_id = await upload(
        house,
        owner,
        file_of(f"Ada Lovelace,ada@example.com,gold,{day},cus_1", "Bob,bob@example.com,,,"),
    )
    seen = await report(house, owner, import_id)
    assert (seen["standing"], seen["accepted"], seen["known"], seen["refused"]) == (
        "uploaded", 2, 0, 0,
    )  # fmt: skip
    assert await members(house, owner) == {}
    await start(house, owner, import_id)
    done = await ends(house, owner, import_id)
    assert (done["taken"], done["refused"], done["letters_due"]) == (2, 0, 2)
    found = await eventually_members(house, owner, 2)
    ada = found["ada@example.com"]

    async def reasons() -> list[tuple[str, str]]:
        return sorted(await house.live(ada, owner))

    await house.eventually(reasons, [("Everybody", "joined"), ("Gold", "gift")])
    assert await written_to(house) == ["ada@example.com", "bob@example.com"]
    (letter,) = house.mailbox.to("ada@example.com")
    night = datetime.combine(
        datetime.fromisoformat(day).date() + timedelta(days=1),
        datetime.min.time(),
        ZoneInfo("Europe/Paris"),
    )
    assert (letter.template, letter.language, letter.sender) == (
        "brought_in_until", "fr", "Chess Club",
    )  # fmt: skip
    assert letter.values["until"] == night.astimezone(UTC)
    person_id, token = await house.join("ada@example.com", community_id, name="Ada L.")
    assert person_id == ada
    me = await house.call("GET", "/me", token=token)
    assert (me["name"], me["standing"]) == ("Ada L.", "joined")
    assert sorted(reason["kind"] for reason in me["access"]) == ["gift", "joined"]
    await house.service.move_clock(night + timedelta(minutes=1))
    token = await house.token("ada@example.com", community_id)
    await house.eventually_live(ada, token, ("Everybody", "joined"))


async def test_the_same_file_again_changes_nothing(house: House) -> None:
    _, owner = await house.community("olga@example.com")
    await house.tier(owner, "Gold", paid=True)
    raw = file_of(*people(30))
    await brought(house, owner, raw)
    await eventually_members(house, owner, 30)
    assert len(await written_to(house)) == 30
    before = await events(house)
    again = await brought(house, owner, raw)
    assert len(await written_to(house)) == 30
    after = await events(house)
    assert (again["known"], again["taken"]) == (30, 30)
    for changed in ("MemberJoined", "AccessGranted", "MessageSent"):
        assert after[changed] == before[changed] == 30, changed


async def test_a_row_is_known_by_its_id_elsewhere_or_by_its_address(house: House) -> None:
    _, owner = await house.community("olga@example.com")
    await brought(house, owner, file_of("Ada,ada@example.com,,,cus_1", "Bob,bob@example.com,,,"))
    before = await eventually_members(house, owner, 2)
    await brought(
        house, owner, file_of("Ada,ada@new.example,,,CUS_1", "Bob,BOB@example.com,,,cus_2")
    )
    done = await brought(
        house, owner, file_of("Ada,bob@example.com,,,cus_1", "Bob,bob@other.example,,,cus_2")
    )
    assert (done["taken"], done["refused"]) == (1, 1)
    await settled(house)
    assert await members(house, owner) == before


async def told_origins(house: House) -> list[Origin]:
    """Who was told to be whom elsewhere."""
    rows = await house.service.pool.fetch(
        "SELECT * FROM events WHERE type = 'RowsTaken' ORDER BY position"
    )
    told = [PUBLICATIONS[0].map(house.service.store.fact(row)) for row in rows]
    return [one for told in told if isinstance(told, MembersBrought) for one in told.origins]


async def test_who_somebody_was_elsewhere_is_told_as_a_print(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    await brought(house, owner, file_of("Ada,ada@example.com,,,cus_1", "Bob,bob@example.com,,,"))
    ada = (await eventually_members(house, owner, 2))["ada@example.com"]
    (origin,) = await told_origins(house)
    assert str(origin.person_id) == ada
    assert origin.origin == origin_of(UUID(community_id), "cus_1")
    assert origin.origin != origin_of(uuid4(), "cus_1"), "in another community it is another"
    await brought(house, owner, file_of("Bob,bob@example.com,,,cus_2"))
    _, late = await told_origins(house)
    assert str(late.person_id) == (await members(house, owner))["bob@example.com"]


async def told_prepaid(house: House) -> list[MembersPrepaid]:
    rows = await house.service.pool.fetch(
        "SELECT * FROM events WHERE type = 'PrepaidRowsTaken' ORDER BY position"
    )
    told = [PUBLICATIONS[1].map(house.service.store.fact(row)) for row in rows]
    return [one for one in told if isinstance(one, MembersPrepaid)]


async def sells(house: House, community_id: str, tier_id: str, **more: Any) -> str:
    """Billing says that the tier is sold by an offer."""
    offer: Json = {
        "community_id": UUID(community_id),
        "occurred_at": real_now(),
        "offer_id": uuid4(),
        "name": "Gold, monthly",
        "tier_id": UUID(tier_id),
        "price": MoneyValue(minor=1000, currency="EUR"),
        "interval": "month",
        "trial_days": 0,
    } | more
    await house.hear(OfferPublished(**offer), offer["offer_id"])
    await house.quiet()
    return str(offer["offer_id"])


async def test_who_paid_until_a_day_is_to_be_asked_for_a_card_where_an_offer_is_named(
    house: House,
) -> None:
    community_id, owner = await house.community("olga@example.com")
    gold = await house.tier(owner, "Gold", paid=True)
    offer_id = await sells(house, community_id, gold)
    day = in_days(30)
    rows = file_of(f"Ada,ada@example.com,gold,{day},", "Bob,bob@example.com,,,")
    import_id = await upload(house, owner, rows, f"&offer_id={offer_id}&letter=at_once")
    await start(house, owner, import_id)
    await ends(house, owner, import_id)
    found = await eventually_members(house, owner, 2)
    (told,) = await told_prepaid(house)
    assert (str(told.offer_id), told.letter) == (offer_id, "at_once")
    (one,) = told.people
    assert str(one.person_id) == found["ada@example.com"]
    assert one.until.date() >= datetime.fromisoformat(day).date()
    await brought(house, owner, rows)
    assert len(await told_prepaid(house)) == 1, "no offer is named"


async def test_an_offer_that_does_not_follow_what_was_paid_is_refused(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    gold = await house.tier(owner, "Gold", paid=True)
    once = await sells(house, community_id, gold, interval="once")
    rows = file_of("Bob,bob@example.com,,,")
    for options, code in (
        (f"&offer_id={uuid4()}", "offer_not_found"),
        (f"&offer_id={once}", "offer_does_not_fit"),
        ("&letter=at_once", "offer_missing"),
    ):
        answer = await sent(house, owner, rows, options)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, code)
        assert answer.json()["errors"][0]["pointer"] == "/offer_id"


async def test_members_who_came_by_themselves_are_not_written_to(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    gold = await house.tier(owner, "Gold", paid=True)
    ada, token = await house.join("ada@example.com", community_id)
    day = in_days(20)
    done = await brought(house, owner, file_of(f"Ada,ada@example.com,Gold,{day},"))
    assert (done["known"], done["taken"], done["letters_due"]) == (1, 1, 0)
    await house.eventually_live(ada, token, ("Gold", "gift"))
    assert gold
    assert await written_to(house) == []


async def test_who_left_or_was_shut_out_is_not_brought_back(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    _, token = await house.join("ada@example.com", community_id)
    await house.call("POST", "/me/departure", {}, token=token)
    eve, _ = await house.join("eve@example.com", community_id)
    await house.call("POST", f"/people/{eve}/ban", {}, token=owner)
    import_id = await upload(
        house, owner, file_of("Ada,ada@example.com,,,", "Eve,eve@example.com,,,")
    )
    await start(house, owner, import_id)
    done = await ends(house, owner, import_id)
    assert (done["taken"], done["refused"]) == (0, 2)
    assert await refusals(house, owner, import_id) == [(2, "left"), (3, "banned")]


@pytest.mark.timeout(600)
async def test_ten_thousand_rows_are_taken_bit_by_bit_and_again_change_nothing(
    house: House,
) -> None:
    _, owner = await house.community("olga@example.com")
    rows = [f"Member {number},member{number}@example.com,,," for number in range(9_990)]
    raw = file_of(*rows, *(["Nobody,nowhere,,,"] * 10))
    import_id = await upload(house, owner, raw)
    assert await refusals(house, owner, import_id) == [
        (line, "not_an_email") for line in range(9_992, 10_002)
    ]
    await start(house, owner, import_id)
    seen: list[int] = []

    async def is_over() -> bool:
        told = await report(house, owner, import_id)
        seen.append(told["taken"])
        return bool(told["standing"] == "completed")

    await eventually(is_over, within=240)
    assert seen == sorted(seen)
    assert len(set(seen)) > 5, "whoever watches sees it grow"
    assert seen[-1] == 9_990
    await eventually(lambda: joined(house), lambda count: count == 9_990, within=240)
    again = await brought(house, owner, raw)
    assert (again["known"], again["taken"], again["refused"]) == (9_990, 9_990, 10)
    await settled(house)
    assert await joined(house) == 9_990


async def joined(house: House) -> int:
    return (await events(house)).get("MemberJoined", 0)


async def test_every_refused_row_is_named_with_its_line_and_reason(house: House) -> None:
    _, owner = await house.community("olga@example.com")
    await house.tier(owner, "Gold", paid=True)
    await house.tier(owner, "Everybody", paid=False)
    silver = await house.tier(owner, "Silver", paid=True)
    retired = await house.call("POST", f"/tiers/{silver}/retirement", {}, token=owner)
    await house.call("GET", "/tiers", token=owner, Tessera_Wait_For=retired["position"])
    day, past = in_days(10), in_days(-2)
    raw = file_of(
        f"Ada,ada@example.com,Gold,{day},1",  # 2
        ",nameless@example.com,,,",
        "Nomail,,,,",
        "Wrong,wrong.example.com,,,",
        f"Copper,c@example.com,Copper,{day},",
        f"Silver,s@example.com,Silver,{day},",
        "Slashes,d@example.com,Gold,31/01/2099,",
        f"Past,p@example.com,Gold,{past},",
        "Forever,f@example.com,Gold,,",
        f"Nothing,n@example.com,,{day},",
        '"=HYPERLINK(""http://evil.example"")",h@example.com,,,',  # 12
        "Plus,+x@example.com,,,",
        "Twice,ADA@example.com,,,",
        "Twice,other@example.com,,,1",
        "Many,m@example.com,,,2,3",
        f"{'x' * 201},long@example.com,,,",
        "",
        '"Two\nlines",two@example.com,Everybody,,',  # 19
        "Nobody,@example.com,,,",  # 21
    )
    import_id = await upload(house, owner, raw)
    seen = await report(house, owner, import_id)
    assert (seen["accepted"], seen["refused"]) == (2, 16)
    assert await refusals(house, owner, import_id) == [
        (3, "name_missing"),
        (4, "email_missing"),
        (5, "not_an_email"),
        (6, "unknown_tier"),
        (7, "retired_tier"),
        (8, "not_a_date"),
        (9, "already_over"),
        (10, "paid_until_missing"),
        (11, "paid_until_without_tier"),
        (12, "formula"),
        (13, "formula"),
        (14, "twice_in_file"),
        (15, "twice_in_file"),
        (16, "too_many_cells"),
        (17, "too_long"),
        (21, "formula"),
    ]
    page = await house.call("GET", f"/imports/{import_id}/refusals?limit=3", token=owner)
    rest = await house.call(
        "GET", f"/imports/{import_id}/refusals?limit=200&after={page['next']}", token=owner
    )
    assert len(page["items"]) + len(rest["items"]) == 16


@pytest.mark.parametrize(
    ("raw", "code", "line"),
    [
        (b"", "empty_file", None),
        (b"\xef\xbb\xbf \n", "empty_file", None),
        (file_of(), "no_rows", None),
        ("name;email\nZoë;zoe@example.com\n".encode("cp1252"), "not_utf8", 2),
        ("name,email\nAda,ada@example.com\n".encode("utf-16"), "not_utf8", 1),
        (b"name,email\nA\x00da,ada@example.com\n", "not_text", None),
        (b"PK\x03\x04\xff\xfe", "not_utf8", 1),
        (b'name,email\n"Ada,ada@example.com\n', "broken_quotes", 2),
        (b"Ada,ada@example.com\n", "missing_columns", None),
        (b"name,email,e-mail\nAda,a@b.example,c@d.example\n", "column_twice", None),
        (file_of(*["Ada,a@b.example,,,"] * 10_001), "too_many_rows", 10_002),
    ],
)
async def test_a_file_that_is_none_is_refused_with_one_clear_word(
    house: House, raw: bytes, code: str, line: int | None
) -> None:
    _, owner = await house.community("olga@example.com")
    answer = await sent(house, owner, raw)
    assert answer.status_code == 422, answer.text
    (wrong,) = answer.json()["errors"]
    assert (wrong["code"], wrong["params"].get("line")) == (code, line)


async def test_a_file_is_csv_and_at_most_a_megabyte(house: House) -> None:
    _, owner = await house.community("olga@example.com")
    large = file_of(*["x" * 100 + ",a@b.example,,,"] * 10_000)
    assert len(large) > 1024 * 1024
    assert (await sent(house, owner, large)).status_code == 413
    as_json = await sent(house, owner, b"{}", **{"Content-Type": "application/json"})
    assert as_json.json()["errors"][0]["code"] == "not_csv"
    as_text = await sent(house, owner, b"name", **{"Content-Type": "text/plain"})
    assert as_text.status_code == 415
    wrong_room = await house.client.post(
        f"{BASE}/tiers",
        content=b"name,paid",
        headers={
            "Content-Type": "text/csv",
            "Authorization": f"Bearer {owner}",
            "Idempotency-Key": "x",
        },
    )
    assert wrong_room.status_code == 422


@pytest.mark.parametrize(
    "raw",
    [
        '\ufeffNom;Adresse e-mail;Ville\r\n"Zoë ""Z"" Ø";zoe@example.com;Paris\r\n'.encode(),
        'E-Mail\tFull name\nzoe@example.com\t"Zoë ""Z"" Ø"\n'.encode(),
        'name,email\n\n"Zoë  ""Z"" Ø", zoe@example.com'.encode(),
    ],
)
async def test_files_are_read_as_spreadsheets_write_them(house: House, raw: bytes) -> None:
    _, owner = await house.community("olga@example.com")
    await brought(house, owner, raw)
    await eventually_members(house, owner, 1)
    page = await house.call("GET", "/members", token=owner)
    assert [(one["name"], one["email"]) for one in page["items"]] == [
        ('Zoë "Z" Ø', "zoe@example.com")
    ]


async def test_who_may_bring_members_and_whose_imports_are_seen(house: House) -> None:
    chess, owner = await house.community("olga@example.com", "chess")
    _, other = await house.community("gina@example.com", "go")
    raw = file_of("Ada,ada@example.com,,,")
    import_id = await upload(house, owner, raw)
    for path in ("start", "cancellation"):
        await house.call("POST", f"/imports/{import_id}/{path}", {}, token=other, expect=404)
    await house.call("GET", f"/imports/{import_id}", token=other, expect=404)
    await house.call("GET", f"/imports/{import_id}/refusals", token=other, expect=404)
    assert (await house.call("GET", "/imports", token=other))["items"] == []
    mine = await house.call("GET", "/imports", token=owner)
    assert [one["import_id"] for one in mine["items"]] == [import_id]
    _, member = await house.join("mia@example.com", chess)
    account = (await house.call("GET", "/me", token=member))["account_id"]
    await house.call("POST", "/staff", {"account_id": account, "role": "moderator"}, token=owner)
    moderator = await house.token("mia@example.com", chess)
    assert (await sent(house, moderator, raw)).status_code == 403
    assert (await sent(house, None, raw)).status_code == 401
    for path in ("start", "cancellation"):
        await house.call("POST", f"/imports/{import_id}/{path}", {}, token=moderator, expect=403)
    await house.call("GET", f"/imports/{import_id}", token=moderator, expect=403)
    unknown = "00000000-0000-8000-8000-000000000001"
    await house.call("POST", f"/imports/{unknown}/start", {}, token=owner, expect=404)
    await house.call("GET", "/imports/not-an-id", token=owner, expect=422)


async def test_imports_of_one_moment_are_all_listed_page_by_page(house: House) -> None:
    _, owner = await house.community("olga@example.com")
    sent_in = {await upload(house, owner, file_of(f"P{n},p{n}@example.com,,,")) for n in range(3)}
    await house.service.pool.execute("UPDATE imports_v1 SET uploaded_at = now()")
    seen, after = [], ""
    for _ in sent_in:
        page = await house.call("GET", f"/imports?limit=1{after}", token=owner)
        seen += [one["import_id"] for one in page["items"]]
        after = f"&after={page['next']}"
    assert (sorted(seen), page["next"]) == (sorted(sent_in), None)


async def test_the_same_upload_twice_is_one_import(house: House) -> None:
    _, owner = await house.community("olga@example.com")
    raw = file_of("Ada,ada@example.com,,,")
    first, again = [await sent(house, owner, raw, **{"Idempotency-Key": "one"}) for _ in range(2)]
    assert first.json() == again.json()
    other = await sent(house, owner, raw + b"\n", **{"Idempotency-Key": "one"})
    assert other.json()["errors"][0]["code"] == "idempotency_key_reused"


async def test_an_import_is_started_once_and_cancelled_or_left_it_is_forgotten(
    house: House,
) -> None:
    _, owner = await house.community("olga@example.com")
    raw = file_of("Ada,ada@example.com,,,")
    cancelled, left, nothing = [
        await upload(house, owner, file)
        for file in (raw, raw, file_of("Ada,no address,,,"))
    ]  # fmt: skip
    problem = await house.call("POST", f"/imports/{nothing}/start", {}, token=owner, expect=409)
    assert problem["errors"][0]["code"] == "nothing_to_import"
    await house.call("POST", f"/imports/{cancelled}/cancellation", {}, token=owner)
    await ends(house, owner, cancelled, "cancelled")
    await house.service.move_clock(real_now() + timedelta(hours=25))
    await ends(house, owner, left, "expired")
    for over in (cancelled, left):
        problem = await house.call("POST", f"/imports/{over}/start", {}, token=owner, expect=409)
        assert problem["errors"][0]["code"] == "import_over"
    await settled(house)
    assert await members(house, owner) == {}
    keys = await house.service.pool.fetchval("SELECT count(*) FROM membership_personal.keys")
    assert keys == 0
    done = await upload(house, owner, raw)
    await start(house, owner, done)
    await start(house, owner, done)
    await ends(house, owner, done)
    problem = await house.call("POST", f"/imports/{done}/cancellation", {}, token=owner, expect=409)
    assert problem["errors"][0]["code"] == "import_completed"


async def test_nothing_of_a_file_stays_that_can_be_read(house: House) -> None:
    _, owner = await house.community("olga@example.com")
    raw = file_of("Adalbert Quince,adalbert@example.com,,,cus_quince")
    await brought(house, owner, raw)
    await eventually_members(house, owner, 1)
    await settled(house)
    tables = await house.service.pool.fetch(
        "SELECT schemaname || '.' || quote_ident(tablename) AS name FROM pg_tables"
        " WHERE schemaname IN ('membership', 'membership_personal')"
    )
    for table in tables:
        rows = await house.service.pool.fetch(f"SELECT t::text AS row FROM {table['name']} t")
        for row in rows:
            for word in ("quince", "adalbert"):
                assert word not in row["row"].casefold(), table["name"]
    keys = await house.service.pool.fetch("SELECT person_id FROM membership_personal.keys")
    assert len(keys) == 1  # the member's own; the file's is destroyed


async def test_who_was_brought_can_be_erased_before_they_come_in(house: House) -> None:
    _, owner = await house.community("olga@example.com")
    await brought(house, owner, file_of("Ada,ada@example.com,,,cus_1"))
    found = await eventually_members(house, owner, 1)
    await settled(house)
    path = f"/people/{found['ada@example.com']}/erasure"
    await house.call("POST", path, {}, token=owner, expect=202)
    await eventually_members(house, owner, 0)
    await settled(house)
    for table in ("keys", "lookups"):
        left = await house.service.pool.fetchval(
            f"SELECT count(*) FROM membership_personal.{table} t"
            f" WHERE t.person_id = '{found['ada@example.com']}'"
        )
        assert left == 0, table


async def test_letters_go_so_many_a_minute(database_url: str) -> None:
    async with running(database_url, import_letters=4) as house:
        _, owner = await house.community("olga@example.com")
        await brought(house, owner, file_of(*(f"M{n},m{n}@example.com,,," for n in range(10))))
        counts = [len(await written_to(house)) for _ in range(4)]
        assert counts == [4, 8, 10, 10]
        assert len(set(letters(house))) == len(letters(house)) == 10


async def test_whatever_is_done_again_changes_nothing(house: House) -> None:
    """As after a crash between any deed and its mark."""
    _, owner = await house.community("olga@example.com")
    await house.tier(owner, "Gold", paid=True)
    await brought(house, owner, file_of(*people(60)))
    assert len(await written_to(house)) == 60
    before = await events(house)
    for _ in range(2):
        await house.service.pool.execute(
            "UPDATE agenda SET state = 'waiting', claimed_until = NULL, attempts = 0"
            " WHERE state = 'done' AND (name LIKE '%rows%' OR name LIKE '%letters%')"
        )
        await settled(house)
    assert await events(house) == before
    assert len(letters(house)) == 60


async def test_who_joins_while_the_file_is_taken_is_one_person(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    await house.tier(owner, "Gold", paid=True)
    import_id = await upload(house, owner, file_of(*people(60)))
    joiners = [f"member{number}@example.com" for number in (0, 30, 59)]
    tokens = [await house.token(email) for email in joiners]
    await start(house, owner, import_id)
    joined = await asyncio.gather(
        *(
            house.call(
                "POST",
                f"/communities/{community_id}/members",
                {"name": "Me", "email": email},
                token=token,
            )
            for email, token in zip(joiners, tokens, strict=True)
        )
    )
    await ends(house, owner, import_id)
    found = await eventually_members(house, owner, 60)
    assert [found[email] for email in joiners] == [answer["person_id"] for answer in joined]


async def test_a_worker_that_is_stopped_in_the_middle_goes_on_later(database_url: str) -> None:
    async with running(database_url) as house:
        _, owner = await house.community("olga@example.com")
        await house.tier(owner, "Gold", paid=True)
        import_id = await upload(house, owner, file_of(*people(150)))
        await start(house, owner, import_id)
        await eventually(lambda: report(house, owner, import_id), lambda seen: seen["taken"] >= 50)
        key = house.service.settings.token_key.get_secret_value()
        public = house.service.settings.token_keys
    written_before = letters(house)
    more: dict[str, Any] = {"token_key": key, "token_keys": public}
    async with running(database_url, **more) as house:
        done = await ends(house, owner, import_id)
        assert (done["taken"], done["refused"]) == (150, 0)
        assert len(await eventually_members(house, owner, 150)) == 150
        await written_to(house)
        counted = await events(house)
        assert counted["MemberJoined"] == counted["AccessGranted"] == 150
        assert counted["MessageSent"] == 150
        assert sorted(written_before + letters(house)) == sorted(
            f"member{number}@example.com" for number in range(150)
        )


async def test_a_worker_that_is_killed_in_the_middle_loses_nothing(database_url: str) -> None:
    async with running(database_url) as house:
        _, owner = await house.community("olga@example.com")
        await house.tier(owner, "Gold", paid=True)
        import_id = await upload(house, owner, file_of(*people(150)))
        settings = house.service.settings
        keys = {
            "token_key": settings.token_key.get_secret_value(),
            "token_keys": settings.token_keys,
        }
        started = await house.call(
            "POST", f"/imports/{import_id}/start?dry_run=true", {}, token=owner
        )
        assert [event["type"] for event in started["would"]["events"]] == ["ImportStarted"]
    async with running(database_url, turning=False, **keys) as house:
        await start(house, owner, import_id)
        told = {"database_url": database_url, "keys": keys}
        worker = await asyncio.create_subprocess_exec(
            sys.executable, "-c", WORKER, json.dumps(told), cwd=ROOT
        )
        try:
            await eventually(lambda: taken(house), lambda count: count >= 2, within=60)
        finally:
            worker.kill()
            await worker.wait()
        assert await taken(house) < 6
    async with running(database_url, **keys) as house:
        await ends(house, owner, import_id)
        assert len(await eventually_members(house, owner, 150)) == 150
        assert len(await written_to(house)) == len(set(letters(house))) == 150
        counted = await events(house)
        assert counted["MemberJoined"] == counted["AccessGranted"] == 150
        assert counted["MessageSent"] == 150
        assert counted["RowsTaken"] == 6


async def taken(house: House) -> int:
    return (await events(house)).get("RowsTaken", 0)


WORKER = """
import asyncio, json, sys
from tests.integration.membership.house import running

async def work(database_url, keys):
    async with running(database_url, **keys):
        await asyncio.Event().wait()

asyncio.run(work(**json.loads(sys.argv[1])))
"""
