"""A community that chooses its members: questions, answers, a yes or a no, and nothing kept that is over."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

from tests.integration.membership.house import House, Json, code_of

QUESTIONS = [
    {"text": "Why us?"},
    {"text": "How well do you play?", "options": ["well", "not yet"], "required": False},
]
SECRET = "Because of the Budapest Gambit"
DAY = timedelta(days=1)


async def closed_community(house: House) -> tuple[str, str]:
    """One that is joined by applying, and its owner's token."""
    community_id, owner = await house.community("olga@example.com")
    choice = {"way": "application", "questions": QUESTIONS}
    await house.call("PUT", "/admission", choice, token=owner, expect=200)
    return community_id, owner


async def apply(house: House, community_id: str, email: str, **more: Any) -> Json:
    token = more.pop("token", None) or await house.token(email)
    expect = more.pop("expect", 201)
    body = {
        "name": "Ada",
        "email": email,
        "language": "fr",
        "version": 1,
        "answers": [SECRET, "well"],
    }
    path = f"/communities/{community_id}/applications"
    return await house.call("POST", path, body | more, token=token, expect=expect)


async def listed(house: House, owner: str, query: str = "") -> list[Json]:
    return list((await house.call("GET", f"/applications{query}", token=owner))["items"])


async def mine(house: House, community_id: str, token: str) -> str:
    path = f"/communities/{community_id}/applications/mine"
    return str((await house.call("GET", path, token=token))["standing"])


async def accept(
    house: House, owner: str, application_id: str, expect: int = 200, number: int = 1
) -> Json:
    path = f"/applications/{application_id}/acceptance"
    return await house.call("POST", path, {"number": number}, token=owner, expect=expect)


def templates(house: House, email: str) -> list[str]:
    return [letter.template for letter in house.mailbox.to(email)]


async def test_what_one_accepts_by_applying_holds_once_one_is_taken_in(house: House) -> None:
    community_id, owner = await closed_community(house)
    body = {"kind": "terms", "url": "https://chess.example/terms.pdf", "sha256": "0" * 64}
    await house.call("POST", "/documents", body, token=owner, expect=201)
    email = "ada@example.com"
    refused = await apply(house, community_id, email, expect=422)
    assert code_of(refused) == "documents_not_accepted"
    assert await listed(house, owner) == []
    agreed = [{"kind": "terms", "version": 1, "language": "en"}]
    applied = await apply(house, community_id, email, accepted_documents=agreed)
    await accept(house, owner, applied["application_id"])
    await house.quiet()
    member = await house.token(email, community_id)
    (terms,) = (await house.call("GET", "/documents/mine", token=member))["items"]
    assert (terms["accepted"], terms["asked"]) == (1, False)
    assert terms["accepted_language"] == "en"


async def test_who_applies_is_read_and_taken_in(house: House) -> None:
    community_id, owner = await closed_community(house)
    await house.tier(owner, "Light", paid=False)
    door = await house.call("GET", f"/public/communities/{community_id}/admission")
    assert (door["way"], door["version"]) == ("application", 1)
    assert [asked["text"] for asked in door["questions"]] == ["Why us?", "How well do you play?"]

    account = await house.token("ada@example.com")
    body = {"name": "Ada", "email": "ada@example.com"}
    path = f"/communities/{community_id}/members"
    refused = await house.call("POST", path, body, token=account, expect=409)
    assert code_of(refused) == "by_application"

    applied = await apply(house, community_id, "ada@example.com")
    assert await mine(house, community_id, account) == "waiting"
    assert await listed(house, owner, "?filter[standing]=refused") == []
    (waiting,) = await listed(house, owner, "?filter[standing]=waiting")
    assert (waiting["name"], waiting["email"], waiting["language"]) == (
        "Ada",
        "ada@example.com",
        "fr",
    )
    assert [one["answer"] for one in waiting["answers"]] == [SECRET, "well"]

    accepted = await accept(house, owner, applied["application_id"])
    member = await house.token("ada@example.com", community_id)

    async def joined() -> list[tuple[str, str]]:
        items = (await house.call("GET", "/members", token=owner))["items"]
        return [(item["person_id"], item["name"]) for item in items]

    await house.eventually(joined, [(accepted["person_id"], "Ada")])
    member = await house.token("ada@example.com", community_id)
    await house.eventually_live(accepted["person_id"], member, ("Light", "joined"))
    (now,) = await listed(house, owner)
    assert (now["standing"], now["person_id"]) == ("accepted", accepted["person_id"])
    assert [one["answer"] for one in now["answers"]] == [SECRET, "well"]

    async def letters() -> list[str]:
        return [name for name in templates(house, "ada@example.com") if "application" in name]

    await house.eventually(letters, ["application_waiting", "application_accepted"])
    links = {letter.template: str(letter.link) for letter in house.mailbox.to("ada@example.com")}
    assert links["application_waiting"].endswith(f"/communities/{community_id}/application")
    assert links["application_accepted"].endswith(f"/communities/{community_id}/welcome")


async def test_what_a_member_wrote_is_forgotten_with_them(house: House) -> None:
    community_id, owner = await closed_community(house)
    applied = await apply(house, community_id, "ada@example.com")
    accepted = await accept(house, owner, applied["application_id"])
    assert await said(house, owner) == [[SECRET, "well"]]
    await house.quiet()
    path = f"/people/{accepted['person_id']}/erasure"
    await house.call("POST", path, token=owner, expect=202)
    await house.eventually(lambda: said(house, owner), [[None, None]])
    assert code_of(await accept(house, owner, applied["application_id"], 404)) == (
        "application_forgotten"
    )


async def said(house: House, owner: str) -> list[list[str | None]]:
    return [[one["answer"] for one in item["answers"]] for item in await listed(house, owner)]


async def test_who_is_refused_hears_it_and_may_come_back_after_thirty_days(house: House) -> None:
    community_id, owner = await closed_community(house)
    account = await house.token("ada@example.com")
    applied = await apply(house, community_id, "ada@example.com")
    path = f"/applications/{applied['application_id']}/refusal"
    for _ in range(2):
        await house.call("POST", path, token=owner, expect=200)
    assert await mine(house, community_id, account) == "refused"
    assert code_of(await apply(house, community_id, "ada@example.com", expect=409)) == (
        "refused_lately"
    )
    assert code_of(await accept(house, owner, applied["application_id"], 409)) == "not_waiting"
    assert (await listed(house, owner))[0]["answers"][0]["answer"] == SECRET

    async def refusals() -> int:
        return templates(house, "ada@example.com").count("application_refused")

    await house.eventually(refusals, 1)
    await house.service.move_clock(house.service.clock.now() + 30 * DAY)
    owner = await house.token("olga@example.com", community_id)
    await house.eventually(lambda: said(house, owner), [[None, None]])
    again = await apply(house, community_id, "ada@example.com")
    assert again["application_id"] == applied["application_id"]
    (now,) = await listed(house, owner)
    assert (now["standing"], now["number"], now["answers"][0]["answer"]) == ("waiting", 2, SECRET)
    assert code_of(await accept(house, owner, again["application_id"], 409)) == (
        "another_application"
    )
    await accept(house, owner, again["application_id"], number=2)


async def test_what_is_withdrawn_or_unanswered_is_forgotten(house: House) -> None:
    community_id, _ = await closed_community(house)
    account = await house.token("ada@example.com")
    await apply(house, community_id, "ada@example.com")
    path = f"/communities/{community_id}/applications/mine"
    await house.call("DELETE", path, token=account, expect=200)
    await apply(house, community_id, "bob@example.com", name="Bob")
    await house.service.move_clock(house.service.clock.now() + 60 * DAY)
    owner = await house.token("olga@example.com", community_id)

    async def told() -> list[tuple[str, str | None]]:
        return sorted((item["standing"], item["name"]) for item in await listed(house, owner))

    await house.eventually(told, [("expired", None), ("withdrawn", None)])
    rows = await house.service.pool.fetch("SELECT data::text AS said FROM events")
    assert SECRET not in "".join(row["said"] for row in rows)


async def test_what_does_not_fit_is_refused_by_name(house: House) -> None:
    community_id, owner = await closed_community(house)
    account = await house.token("ada@example.com")

    async def refused(expect: int, **more: Any) -> str:
        email = more.pop("email", "ada@example.com")
        told = await apply(house, community_id, email, token=account, expect=expect, **more)
        return code_of(told)

    assert await refused(422, email="eve@example.com") == "not_your_email"
    assert await refused(409, version=2) == "questions_changed"
    assert await refused(422, answers=[SECRET]) == "other_questions"
    assert await refused(422, answers=[SECRET, "well", "more"]) == "other_questions"
    assert await refused(422, answers=[None, "well"]) == "answer_missing"
    assert await refused(422, answers=[SECRET, "brilliantly"]) == "not_an_option"
    assert await refused(422, answers=["x" * 2001, None]) == "string_too_long"
    assert await listed(house, owner) == []
    nobody = {"name": "A", "email": "ada@example.com", "version": 1}
    path = f"/communities/{UUID(int=7)}/applications"
    await house.call("POST", path, nobody, token=account, expect=404)

    await house.call("PUT", "/admission", {"way": "invitation"}, token=owner)
    assert await refused(409) == "by_invitation"
    body = {"name": "Ada", "email": "ada@example.com"}
    path = f"/communities/{community_id}/members"
    told = await house.call("POST", path, body, token=account, expect=409)
    assert code_of(told) == "by_invitation"
    await house.call("PUT", "/admission", {"way": "open"}, token=owner)
    assert await refused(409) == "nothing_to_apply_for"
    await house.join("ada@example.com", community_id)
    assert await refused(409) == "already_member"


async def test_only_those_who_may_decide_and_only_in_their_own_community(house: House) -> None:
    community_id, owner = await closed_community(house)
    applied = await apply(house, community_id, "ada@example.com")
    _, stranger = await house.community("eve@example.com", slug="go")
    application_id = applied["application_id"]
    await accept(house, stranger, application_id, 404)
    assert await listed(house, stranger) == []
    staff = await house.token("sam@example.com")
    me = await house.call("GET", "/me", token=staff)
    role = {"account_id": me["account_id"], "role": "accountant"}
    await house.call("POST", "/staff", role, token=owner, expect=201)

    async def forbidden() -> int:
        token = await house.token("sam@example.com", community_id)
        answer = await house.client.get(
            "http://tessera.test/api/membership/v1/applications",
            headers={"Authorization": f"Bearer {token}"},
        )
        return answer.status_code

    await house.eventually(forbidden, 403)
    accountant = await house.token("sam@example.com", community_id)
    await accept(house, accountant, application_id, 403)
    choice = {"way": "open"}
    await house.call("PUT", "/admission", choice, token=accountant, expect=403)
    wrong = {"way": "application", "questions": [{"text": "Well?", "options": ["yes"]}]}
    told = await house.call("PUT", "/admission", wrong, token=owner, expect=422)
    assert code_of(told) == "no_choice"


async def test_an_owner_joins_their_own_community_by_themselves(house: House) -> None:
    community_id, _ = await closed_community(house)
    await house.join("olga@example.com", community_id, "Olga")


async def test_staff_hear_once_a_day_that_somebody_waits(house: House) -> None:
    community_id, _ = await closed_community(house)
    await house.join("olga@example.com", community_id, "Olga")
    for email in ("ada@example.com", "bob@example.com"):
        await apply(house, community_id, email)

    async def heard() -> int:
        return templates(house, "olga@example.com").count("application_to_read")

    async def received() -> list[str]:
        mail = [*templates(house, "ada@example.com"), *templates(house, "bob@example.com")]
        return [name for name in mail if name == "application_waiting"]

    await house.eventually(received, ["application_waiting"] * 2)
    await house.eventually(heard, 1)


async def test_two_staff_at_once_take_somebody_in_once(house: House) -> None:
    community_id, owner = await closed_community(house)
    applied = await apply(house, community_id, "ada@example.com")
    told = await asyncio.gather(
        *(accept(house, owner, applied["application_id"]) for _ in range(4))
    )
    assert len({one["person_id"] for one in told}) == 1
    rows = await house.service.pool.fetch("SELECT type FROM events")
    assert [row["type"] for row in rows].count("ApplicationAccepted") == 1


async def test_who_left_applied_again_and_is_erased_leaves_no_application(house: House) -> None:
    community_id, owner = await closed_community(house)
    applied = await apply(house, community_id, "ada@example.com")
    accepted = await accept(house, owner, applied["application_id"])
    await house.quiet()
    member = await house.token("ada@example.com", community_id)
    await house.call("POST", "/me/departure", token=member, expect=200)
    await apply(house, community_id, "ada@example.com")
    path = f"/people/{accepted['person_id']}/erasure"
    await house.call("POST", path, token=owner, expect=202)

    async def standings() -> list[tuple[str, str | None]]:
        return [(item["standing"], item["email"]) for item in await listed(house, owner)]

    await house.eventually(standings, [("withdrawn", None)])


async def test_who_left_was_refused_since_and_is_erased_leaves_no_word_of_it(
    house: House,
) -> None:
    community_id, owner = await closed_community(house)
    applied = await apply(house, community_id, "ada@example.com")
    accepted = await accept(house, owner, applied["application_id"])
    await house.quiet()
    member = await house.token("ada@example.com", community_id)
    await house.call("POST", "/me/departure", token=member, expect=200)
    again = await apply(house, community_id, "ada@example.com")
    path = f"/applications/{again['application_id']}/refusal"
    await house.call("POST", path, token=owner, expect=200)
    assert await said(house, owner) == [[SECRET, "well"]]
    path = f"/people/{accepted['person_id']}/erasure"
    await house.call("POST", path, token=owner, expect=202)
    await house.eventually(lambda: said(house, owner), [[None, None]])
    (left,) = await listed(house, owner)
    assert (left["name"], left["email"]) == (None, None)


async def test_who_was_refused_may_have_it_forgotten_and_still_has_to_wait(house: House) -> None:
    community_id, owner = await closed_community(house)
    account = await house.token("ada@example.com")
    applied = await apply(house, community_id, "ada@example.com")
    path = f"/applications/{applied['application_id']}/refusal"
    await house.call("POST", path, token=owner, expect=200)
    path = f"/communities/{community_id}/applications/mine"
    before = await house.call("GET", path, token=account)
    await house.call("DELETE", path, token=account)
    await house.eventually(lambda: said(house, owner), [[None, None]])
    now = await house.call("GET", path, token=account)
    assert (now["standing"], now["again_at"]) == ("withdrawn", before["again_at"])
    assert (await listed(house, owner))[0]["again_at"] == before["again_at"]
    assert code_of(await apply(house, community_id, "ada@example.com", expect=409)) == (
        "refused_lately"
    )


async def test_a_page_of_applications_shows_each_with_its_own_words(house: House) -> None:
    community_id, owner = await closed_community(house)
    for number in range(3):
        email = f"ada{number}@example.com"
        answers = [f"Reason {number}", None if number == 1 else "not yet"]
        await apply(house, community_id, email, name=f"Ada {number}", answers=answers)
    seen, after = [], ""
    while True:
        page = await house.call("GET", f"/applications?limit=2{after}", token=owner)
        seen += [
            (item["name"], item["email"], [one["answer"] for one in item["answers"]])
            for item in page["items"]
        ]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert seen == [
        ("Ada 2", "ada2@example.com", ["Reason 2", "not yet"]),
        ("Ada 1", "ada1@example.com", ["Reason 1", None]),
        ("Ada 0", "ada0@example.com", ["Reason 0", "not yet"]),
    ]
