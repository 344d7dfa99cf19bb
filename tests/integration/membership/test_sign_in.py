"""Proving an address, keeping a session, and what does not pass for either."""

from collections.abc import AsyncIterator
from typing import Any

import jwt
import pytest

from services.membership.gateways.gateway import NotProved, Unreachable, Unsendable
from tests.integration.membership.house import BASE, House, Json, running


async def ask_for_code(house: House, email: str = "ada@example.com") -> str:
    await house.call("POST", "/sign-in", {"email": email}, expect=202)
    return house.mailbox.code_for(email)


async def redeem(
    house: House, code: str, email: str = "ada@example.com", **more: Any
) -> tuple[int, Json]:
    body = {"grant": "code", "email": email, "code": code} | more
    answer = await house.client.post(f"{BASE}/tokens", json=body)
    return answer.status_code, answer.json()


async def refresh(house: House, token: str) -> tuple[int, Json]:
    body = {"grant": "refresh", "refresh_token": token}
    answer = await house.client.post(f"{BASE}/tokens", json=body)
    return answer.status_code, answer.json()


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


async def test_the_letter_is_in_the_language_that_is_asked_for_or_preferred(house: House) -> None:
    body = {"email": "ada@example.com"}
    for sent, header, written in (
        (body, {"Accept-Language": "fr-FR,fr;q=0.9,en;q=0.8"}, "fr"),
        (body | {"language": "en"}, {"Accept-Language": "fr"}, "en"),
        (body, {}, "en"),
    ):
        answer = await house.client.post(f"{BASE}/sign-in", json=sent, headers=header)
        assert answer.status_code == 202
        assert house.mailbox.to("ada@example.com")[-1].language == written


async def test_a_code_is_good_once(house: House) -> None:
    code = await ask_for_code(house)
    assert (await redeem(house, code))[0] == 200
    status, problem = await redeem(house, code)
    assert status == 401
    assert problem["errors"][0]["code"] == "invalid_grant"


async def test_one_address_is_one_account_however_it_is_written(house: House) -> None:
    first = await house.sign_in("ada@example.com")
    second = await house.sign_in("Ada@Example.com")
    subjects = {
        jwt.decode(tokens["access_token"], options={"verify_signature": False})["sub"]
        for tokens in (first, second)
    }
    assert len(subjects) == 1


async def test_a_new_code_takes_the_place_of_the_old(house: House) -> None:
    old = await ask_for_code(house)
    new = await ask_for_code(house)
    if old != new:
        assert (await redeem(house, old))[0] == 401
    assert (await redeem(house, new))[0] == 200


async def test_five_wrong_tries_use_a_code_up(house: House) -> None:
    code = await ask_for_code(house)
    for _ in range(5):
        assert (await redeem(house, other_than(code)))[0] == 401
    assert (await redeem(house, code))[0] == 401


async def test_a_code_is_good_for_the_address_it_was_sent_to(house: House) -> None:
    code = await ask_for_code(house)
    assert (await redeem(house, code, "eve@example.com"))[0] == 401


@pytest.mark.parametrize("here", ["ada@straße.example", "ada@όνομας.example", "ﬁnn@example.com"])
async def test_an_address_that_only_looks_alike_proves_no_other(house: House, here: str) -> None:
    """A mailbox of one's own at straße.example opens nothing of whoever is at strasse.example."""
    there = here.casefold()
    assert there != here.lower()
    code = await ask_for_code(house, here)
    assert (await redeem(house, code, there))[0] == 401
    assert (await redeem(house, code, here))[0] == 200
    mine = (await house.sign_in(here))["access_token"]
    theirs = (await house.sign_in(there))["access_token"]
    accounts = {
        jwt.decode(one, options={"verify_signature": False})["sub"] for one in (mine, theirs)
    }
    assert len(accounts) == 2


async def test_a_code_goes_to_the_mailbox_that_it_proves(house: House) -> None:
    """The Kelvin sign is a capital k: whoever has it in their address reads no code of whoever has the letter."""
    await house.call("POST", "/sign-in", {"email": "\u212aate@example.com"})
    assert [letter.to for letter in house.mailbox.letters] == ["kate@example.com"]


async def test_a_code_runs_out(house: House) -> None:
    code = await ask_for_code(house)
    await house.service.pool.execute(
        "UPDATE sign_in_codes SET expires_at = clock_timestamp() - interval '1 second'"
    )
    assert (await redeem(house, code))[0] == 401


async def test_codes_are_stored_as_nothing_one_could_use(house: House) -> None:
    code = await ask_for_code(house)
    rows = await house.service.pool.fetch("SELECT c::text AS stored FROM sign_in_codes c")
    assert all(code not in row["stored"] and "ada@" not in row["stored"] for row in rows)


async def test_a_wrong_community_does_not_cost_the_code(house: House) -> None:
    code = await ask_for_code(house)
    nowhere = "00000000-0000-8000-8000-000000000001"
    assert (await redeem(house, code, community_id=nowhere))[0] == 404
    assert (await redeem(house, code))[0] == 200


@pytest.fixture
async def strict_house(database_url: str) -> AsyncIterator[House]:
    async with running(database_url, codes_per_email=2, codes_per_address=3) as house:
        yield house


async def test_an_address_is_not_flooded(strict_house: House) -> None:
    for _ in range(2):
        await ask_for_code(strict_house)
    answer = await strict_house.client.post(f"{BASE}/sign-in", json={"email": "ada@example.com"})
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 3601
    assert len(strict_house.mailbox.letters) == 2


async def test_nobody_floods_many_addresses(strict_house: House) -> None:
    for number in range(3):
        await ask_for_code(strict_house, f"somebody{number}@example.com")
    body = {"email": "somebody4@example.com"}
    problem = await strict_house.call("POST", "/sign-in", body, expect=429)
    assert problem["errors"][0]["code"] == "too_many_codes"


async def test_a_mail_server_that_is_away_is_said_to_be(house: House) -> None:
    house.mailbox.failure = Unreachable("The mail server does not answer.")
    answer = await house.client.post(f"{BASE}/sign-in", json={"email": "ada@example.com"})
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]


async def test_an_address_no_mail_server_takes_is_named(house: House) -> None:
    house.mailbox.failure = Unsendable("refused_by_mail_server")
    body = {"email": "ada@example.com"}
    problem = await house.call("POST", "/sign-in", body, expect=422)
    assert problem["errors"][0]["pointer"] == "/email"


async def test_what_is_no_address_is_refused_at_the_door(house: House) -> None:
    for email in ("ada", "ada@example", "a b@example.com", "ada@example.com, eve@example.com"):
        problem = await house.call("POST", "/sign-in", {"email": email}, expect=422)
        assert problem["errors"][0]["pointer"] == "/email"


async def test_a_session_goes_on_with_its_newest_token(house: House) -> None:
    token = (await house.sign_in("ada@example.com"))["refresh_token"]
    for _ in range(3):
        status, answer = await refresh(house, token)
        assert status == 200
        assert answer["refresh_token"] != token
        token = answer["refresh_token"]


async def test_a_replayed_token_ends_its_session_and_no_other(house: House) -> None:
    stolen = (await house.sign_in("ada@example.com"))["refresh_token"]
    elsewhere = (await house.sign_in("ada@example.com"))["refresh_token"]
    _, rotated = await refresh(house, stolen)
    assert (await refresh(house, stolen))[0] == 401
    assert (await refresh(house, rotated["refresh_token"]))[0] == 401
    assert (await refresh(house, elsewhere))[0] == 200


async def test_a_session_runs_out(house: House) -> None:
    token = (await house.sign_in("ada@example.com"))["refresh_token"]
    await house.service.pool.execute(
        "UPDATE sessions SET expires_at = clock_timestamp() - interval '1 second'"
    )
    assert (await refresh(house, token))[0] == 401


@pytest.mark.parametrize("token", ["", "nonsense", "0" * 32 + ".secret", "." * 200])
async def test_what_is_no_refresh_token_opens_nothing(house: House, token: str) -> None:
    assert (await refresh(house, token))[0] == 401


async def test_signing_out_ends_the_session(house: House) -> None:
    token = (await house.sign_in("ada@example.com"))["refresh_token"]
    await house.call("POST", "/tokens/revocation", {"refresh_token": token}, expect=204)
    assert (await refresh(house, token))[0] == 401


async def test_signing_out_everywhere_ends_every_session_of_the_account_and_no_other(
    house: House,
) -> None:
    here, lost, stays = [
        (await house.sign_in(f"{name}@example.com"))["refresh_token"]
        for name in ("ada", "ada", "bob")
    ]
    everywhere = {"everywhere": True}
    nobody = {"refresh_token": f"{'0' * 32}.secret"} | everywhere
    await house.call("POST", "/tokens/revocation", nobody, expect=204)
    _, renewed = await refresh(house, lost)
    body = {"refresh_token": here} | everywhere
    await house.call("POST", "/tokens/revocation", body, expect=204)
    assert (await refresh(house, here))[0] == 401
    assert (await refresh(house, renewed["refresh_token"]))[0] == 401
    assert (await refresh(house, stays))[0] == 200


async def test_a_browser_keeps_its_token_where_scripts_cannot_see_it(house: House) -> None:
    code = await ask_for_code(house)
    body = {"grant": "code", "email": "ada@example.com", "code": code, "cookie": True}
    answer = await house.client.post(f"{BASE}/tokens", json=body)
    assert answer.json()["refresh_token"] is None
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Path=/api/membership/v1/tokens" in cookie
    renewed = await house.client.post(f"{BASE}/tokens", json={"grant": "refresh"})
    assert renewed.status_code == 200
    assert renewed.json()["refresh_token"] is None
    assert renewed.headers["Set-Cookie"] != cookie
    assert (await house.client.post(f"{BASE}/tokens/revocation", json={})).status_code == 204
    house.client.cookies.clear()
    assert (await house.client.post(f"{BASE}/tokens", json={"grant": "refresh"})).status_code == 401


async def test_without_a_provider_there_is_no_exchange(house: House) -> None:
    body = {"grant": "exchange", "id_token": "a.b.c"}
    problem = await house.call("POST", "/tokens", body, expect=422)
    assert problem["errors"][0]["code"] == "exchange_is_off"


class Provider:
    """Vouches for the address that a token is."""

    async def email_of(self, id_token: str) -> str:
        if id_token == "away":
            raise Unreachable("The identity provider's keys cannot be had.")
        if "@" not in id_token:
            raise NotProved("no address")
        return id_token


async def test_a_provider_s_word_is_as_good_as_a_code(house: House) -> None:
    house.service.gateways["identity"] = Provider()  # type: ignore[index]
    body = {"grant": "exchange", "id_token": "ada@example.com"}
    exchanged = await house.call("POST", "/tokens", body)
    me = await house.call("GET", "/me", token=exchanged["access_token"])
    by_code = await house.call("GET", "/me", token=await house.token("ada@example.com"))
    assert me == by_code
    assert exchanged["refresh_token"]
    forged = body | {"id_token": "forged"}
    await house.call("POST", "/tokens", forged, expect=401)
    await house.call("POST", "/tokens", body | {"id_token": "away"}, expect=503)


async def test_a_client_signs_in_with_its_secret_until_it_is_shut_out(house: House) -> None:
    _, owner = await house.community("olga@example.com")
    body = {"name": "Importer", "role": "read_only"}
    registered = await house.call(
        "POST", "/clients", body, token=owner, expect=201, Idempotency_Key="importer"
    )
    repeated = await house.call(
        "POST", "/clients", body, token=owner, expect=201, Idempotency_Key="importer"
    )
    assert repeated["client_id"] == registered["client_id"]
    assert repeated["client_secret"] is None
    grant = {
        "grant": "client_credentials",
        "client_id": registered["client_id"],
        "client_secret": registered["client_secret"],
    }

    async def members() -> int:
        signed_in = await house.call("POST", "/tokens", grant)
        assert signed_in["refresh_token"] is None
        headers = {"Authorization": f"Bearer {signed_in['access_token']}"}
        return (await house.client.get(f"{BASE}/members", headers=headers)).status_code

    await house.eventually(members, 200)
    listed = await house.call("GET", "/clients", token=owner)
    assert [(client["name"], client["role"]) for client in listed["items"]] == [
        ("Importer", "read_only")
    ]
    await house.call("POST", "/tokens", grant | {"client_secret": "guess"}, expect=401)
    before = (await house.call("POST", "/tokens", grant))["access_token"]
    await house.call("GET", "/members", token=before)
    await house.call(
        "POST", f"/clients/{registered['client_id']}/revocation", {}, token=owner, expect=200
    )
    await house.call("POST", "/tokens", grant, expect=401)
    # The token that it still has is good for nothing either, as with whoever is dismissed.
    await house.quiet()
    await house.call("GET", "/members", token=before, expect=403)


async def test_a_client_of_another_community_is_not_there(house: House) -> None:
    _, chess = await house.community("olga@example.com", "chess")
    _, go = await house.community("gina@example.com", "go")
    body = {"name": "Importer", "role": "read_only"}
    client_id = (await house.call("POST", "/clients", body, token=chess))["client_id"]
    await house.call("POST", f"/clients/{client_id}/revocation", {}, token=go, expect=404)
