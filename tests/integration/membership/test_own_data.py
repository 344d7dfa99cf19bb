"""What membership keeps of somebody, for them alone: all of it, in every community, and nobody else in it."""

import json
from datetime import timedelta

import pytest

from shared.clock import real_now
from shared.takeout import reading
from tests.integration.membership.house import House, Json, link_in
from tests.integration.membership.test_introduction import two
from tests.integration.membership.test_invitation import accept, invite, letter_to

MINE = "/me/data"


async def taken(house: House, token: str) -> Json:
    await house.quiet()
    return await house.call("GET", MINE, token=token)


def types(document: Json) -> list[str]:
    return [fact["type"] for fact in document["facts"]]


def of_type(document: Json, name: str) -> list[Json]:
    return [fact for fact in document["facts"] if fact["type"] == name]


async def test_a_person_takes_out_all_that_is_kept_in_every_community(house: House) -> None:
    chess, _ = await house.community("olga@example.com")
    go, _ = await house.community("gus@example.com", slug="go")
    ada, _ = await house.join("ada@example.com", chess, "Ada Lovelace")
    ada_at_go, token = await house.join("ada@example.com", go, "A. Lovelace")
    entry = {"name": "Ada", "about": "Plays the Budapest Gambit"}
    await house.call("PUT", "/me/directory-entry", entry, token=token)
    await house.call("POST", "/me/departure", token=token)
    document = await taken(house, token)
    joined = of_type(document, "MemberJoined")
    assert {(one["of"], one["data"]["name"]) for one in joined} == {
        (ada, "Ada Lovelace"),
        (ada_at_go, "A. Lovelace"),
    }
    assert {one["data"]["email"] for one in joined} == {"ada@example.com"}
    (shown,) = of_type(document, "EntryShown")
    assert shown["community_id"] == go
    assert shown["classes"] == ["profile"]
    assert shown["data"] == entry | {"person_id": ada_at_go, "contact": None}
    # What has nobody's name in it is found as well, since it happened to them.
    (left,) = of_type(document, "MemberLeft")
    assert (left["of"], left["data"], left["source"]) == (ada_at_go, {}, "membership")
    assert document["types"]["EntryShown"]["purpose"].startswith("What a person lets the other")
    assert document["types"]["EntryShown"]["meaning"].startswith("In the person's own words")
    assert {key["person_id"] for key in document["keys"]} == {ada, ada_at_go}
    assert {(one["kind"], one["community_id"]) for one in document["found_by"]} >= {
        ("email", chess),
        ("person", go),
    }
    assert len(document["beside"]["sessions"]) == 4
    assert "olga" not in json.dumps(document)


async def test_nobody_else_is_in_it(house: House) -> None:
    both = await two(house)
    asked = await both.ask("ada", "bob")
    for_ada, for_bob = [await taken(house, both.tokens[who]) for who in ("ada", "bob")]
    (of_ada,), (of_bob,) = [of_type(one, "IntroductionAsked") for one in (for_ada, for_bob)]
    assert of_ada["data"]["words"] == "I am ada"
    assert (of_ada["data"]["asker"], of_ada["data"]["asked"]) == (both.ids["ada"], None)
    assert of_bob["data"]["words"] is None
    assert (of_bob["data"]["asker"], of_bob["data"]["asked"]) == (None, both.ids["bob"])
    await both.answer("bob", asked["introduction_id"], agreed=False)
    before = for_ada
    for_ada, for_bob = [await taken(house, both.tokens[who]) for who in ("ada", "bob")]
    # A no is told to nobody, not even by what is missing; but who said it has said it.
    assert for_ada["facts"] == before["facts"]
    assert for_ada["heard"] == before["heard"]
    assert of_type(for_bob, "IntroductionDeclined")[0]["data"] == {"asked": both.ids["bob"]}
    for whose, other in ((for_ada, "bob"), (for_bob, "ada")):
        assert both.ids[other] not in json.dumps(whose)
        assert f"{other}@example.com" not in json.dumps(whose)


async def test_lists_of_many_hold_the_person_alone(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    await house.quiet()
    rows = "name,email\nAda,ada@example.com\nBob,bob@example.com\nBad,bad"
    answer = await house.client.post(
        "http://tessera.test/api/membership/v1/imports",
        content=rows,
        headers={
            "Authorization": f"Bearer {owner}",
            "Content-Type": "text/csv",
            "Idempotency-Key": "members",
        },
    )
    import_id = answer.json()["import_id"]
    await house.call("POST", f"/imports/{import_id}/start", token=owner)
    await house.quiet()
    await house.service.move_clock(real_now() + timedelta(minutes=2))
    ada, token = await house.join("ada@example.com", community_id)
    document = await taken(house, token)
    (rows_taken,) = of_type(document, "RowsTaken")
    (row,) = rows_taken["data"]["taken"]
    assert (row["person_id"], row["name"], row["email"]) == (ada, "Ada", "ada@example.com")
    assert "refused" not in rows_taken["data"]
    assert of_type(document, "LettersReleased")[0]["data"]["letters"] == [
        {"person_id": ada, "until": None}
    ]
    # What happened to the file as a whole is not about Ada.
    assert not {"ImportUploaded", "RowsSealed", "RowsRefused"} & set(types(document))
    assert "bob" not in json.dumps(document)


async def test_an_account_is_told_of_its_roles_and_of_how_it_came_by_them(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    await invite(house, owner, role="moderator")
    token = await house.token("ada@example.com")
    await accept(house, link_in(await letter_to(house)), token)
    document = await taken(house, token)
    (invited,) = of_type(document, "PersonInvited")
    assert invited["community_id"] == community_id
    # Who invited is not who it is about; the address was forgotten when its owner came.
    assert (invited["data"]["invited_by"], invited["data"]["email"]) == (None, None)
    assert {"InvitationPosted", "InvitationAccepted"} <= set(types(document))
    assert [one["data"]["role"] for one in of_type(document, "StaffRoleGranted")] == ["moderator"]
    for_olga = await taken(house, owner)
    assert [one["data"]["role"] for one in of_type(for_olga, "StaffRoleGranted")] == ["owner"]
    assert not of_type(for_olga, "PersonInvited")


async def test_what_is_sealed_under_a_key_of_its_own_is_opened_as_well(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    await house.call(
        "PUT",
        "/admission",
        {"way": "application", "questions": [{"text": "Why?", "required": True}]},
        token=owner,
    )
    token = await house.token("ada@example.com")
    path = f"/communities/{community_id}/applications"
    said = {"name": "Ada", "email": "ada@example.com", "version": 1, "answers": ["For the Gambit"]}
    await house.call("POST", path, said, token=token)
    (sent,) = of_type(await taken(house, token), "ApplicationSent")
    assert (sent["data"]["name"], sent["data"]["email"]) == ("Ada", "ada@example.com")
    assert sent["data"]["answers"] == [{"question": "Why?", "said": "For the Gambit"}]


async def test_who_was_shut_out_has_it_all_the_same(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    ada, _ = await house.join("ada@example.com", community_id, "Ada Lovelace")
    await house.call("POST", f"/people/{ada}/ban", token=owner)
    document = await taken(house, await house.token("ada@example.com"))
    assert of_type(document, "MemberJoined")[0]["data"]["name"] == "Ada Lovelace"
    assert of_type(document, "MemberBanned")[0]["of"] == ada


async def test_a_program_is_nobody(house: House) -> None:
    _, owner = await house.community("olga@example.com")
    made = await house.call("POST", "/clients", {"name": "Books", "role": "admin"}, token=owner)
    grant = {"grant": "client_credentials", "client_id": made["client_id"]}
    secret = {"client_secret": made["client_secret"]}
    program = (await house.call("POST", "/tokens", grant | secret))["access_token"]
    refused = await house.call("GET", MINE, token=program, expect=403)
    assert refused["errors"][0]["code"] == "not_a_person"


async def test_who_was_erased_gets_nothing_and_a_stranger_never_did(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    other, _ = await house.community("gus@example.com", slug="go")
    ada, token = await house.join("ada@example.com", community_id, "Ada Lovelace")
    elsewhere, _ = await house.join("ada@example.com", other, "Ada at Go")
    await house.call("GET", MINE, expect=401)
    assert ada not in json.dumps(await taken(house, owner))
    assert ada in json.dumps(await taken(house, token))
    await house.call("POST", f"/people/{ada}/erasure", token=owner, expect=202)
    document = await taken(house, token)
    assert ada not in json.dumps(document)
    assert community_id not in json.dumps(document)
    assert elsewhere in document["ids"]
    # Whoever signs in with the address afterwards is somebody else there.
    assert ada not in json.dumps(await taken(house, await house.token("ada@example.com")))


async def test_a_document_of_any_length_is_sent_a_page_at_a_time(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    community_id, _ = await house.community("olga@example.com")
    _, token = await house.join("ada@example.com", community_id)
    for number in range(12):
        await house.call("PUT", "/me/directory-entry", {"name": f"Ada {number}"}, token=token)
    whole = await taken(house, token)
    monkeypatch.setattr(reading, "PAGE", 5)
    paged = await taken(house, token)
    assert paged["facts"] == whole["facts"]
    assert [one["data"]["name"] for one in of_type(paged, "EntryShown")] == [
        f"Ada {number}" for number in range(12)
    ]
