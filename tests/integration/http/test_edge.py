"""What callers get from any service: identity, idempotency, problems, positions. Played on the counting service."""

import asyncio
import base64
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Collection
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import httpx
import jwt
import pytest
from fastapi import APIRouter, Depends

from shared import worker
from shared.auth import AUDIENCE, HEARD_ROLES, ISSUER, Principal, TokenSigner
from shared.clock import real_now
from shared.event_log import Batch
from shared.feature import Feature
from shared.http import (
    Body,
    Caller,
    OpenRoute,
    Page,
    Position,
    Written,
    by_moment,
    create_app,
    listing,
    needs,
)
from shared.ids import random_id
from shared.problem import Problem
from shared.reaction import Ask
from shared.service import Service
from shared.testing import eventually
from tests.integration.shared.counting import (
    COMMUNITY,
    COUNTER,
    OTHER_COMMUNITY,
    Count,
    counter,
    feature,
    key_pair,
    running,
)

PRIVATE, PUBLIC = key_pair()
SIGNER = TokenSigner(PRIVATE)
ADA = Principal(random_id(), COMMUNITY, random_id(), ("owner",), 1)
MALLORY = Principal(random_id(), OTHER_COMMUNITY, random_id(), ("owner",), 1)
BASE = "/api/counting/v1"

router = APIRouter()


class CountUp(Body):
    by: int
    note: str = ""
    tags: tuple[str, ...] = ()
    since: datetime | None = None


@router.post("/counters/{counter_id}/counts", status_code=201, operation_id="count_up")
async def count_up(
    counter_id: UUID, body: CountUp, caller: Annotated[Caller, needs("person")]
) -> Written:
    return await caller.ask(Ask(COUNTER, counter_id, Count(body.by, 100)), counter_id=counter_id)


@router.put("/counters/{counter_id}", operation_id="change_counter")
async def change_counter(
    counter_id: UUID, body: CountUp, caller: Annotated[Caller, needs("person", if_match=True)]
) -> Written:
    return await caller.ask(Ask(COUNTER, counter_id, Count(body.by, 100)))


@router.get("/counters", operation_id="list_counters")
async def list_counters(
    caller: Annotated[Caller, needs("members.read")],
    page: Annotated[Page, Depends(listing(filters=("total",), sorts=("total",)))],
) -> dict[str, Any]:
    async with caller.read() as connection:
        rows = await connection.fetch(
            "SELECT counter_id, total FROM totals_v1 WHERE counter_id > $1 ORDER BY counter_id LIMIT $2",
            UUID(page.cursor() or str(UUID(int=0))),
            page.limit + 1,
        )
    return page.answer([dict(row) for row in rows], lambda row: row["counter_id"])


@router.post("/strict", operation_id="be_strict")
async def be_strict(
    caller: Annotated[Caller, needs("offers.write", strict=True)],
) -> dict[str, str]:
    return {"community": str(caller.community_id)}


@router.get("/public", operation_id="read_public", dependencies=[needs("public")])
async def read_public() -> dict[str, str]:
    return {"hello": "stranger"}


def bearer(principal: Principal, **headers: str) -> dict[str, str]:
    return {
        "Authorization": f"Bearer {SIGNER.sign(principal)}",
        "Idempotency-Key": str(random_id()),
        **headers,
    }


@contextlib.asynccontextmanager
async def serving(
    database_url: str, **more: Any
) -> AsyncIterator[tuple[Service, httpx.AsyncClient]]:
    roles = Feature("roles", projections=(HEARD_ROLES,))
    async with running(
        database_url, feature(router=router), roles, token_keys=PUBLIC, **more
    ) as service:
        transport = httpx.ASGITransport(app=create_app(service), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            yield service, client


@contextlib.asynccontextmanager
async def following(service: Service) -> AsyncIterator[None]:
    """The projections run, as they would in the worker."""
    health = worker.Health()
    tasks = [
        asyncio.create_task(worker.follow(service, readers, source, health))
        for source in service.sources().values()
        if (readers := [reader for reader in service.readers() if reader.wanted(source.name)])
    ]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def codes(answer: httpx.Response) -> list[str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return [error["code"] for error in answer.json()["errors"]]


async def test_a_write_answers_its_ids_version_and_position(database_url: str) -> None:
    async with serving(database_url) as (_, client):
        answer = await client.post(
            f"{BASE}/counters/{counter(1)}/counts", json={"by": 3}, headers=bearer(ADA)
        )
        assert answer.status_code == 201
        assert answer.json()["counter_id"] == str(counter(1))
        assert answer.json()["version"] == 1
        assert answer.headers["etag"] == '"1"'
        position = Position.parse(answer.headers["tessera-position"])
        assert position == Position("counting", 1, "tessera.counting.counter.v1", 1)


async def test_a_repeat_under_the_same_key_answers_the_same_and_counts_once(
    database_url: str,
) -> None:
    async with serving(database_url) as (service, client):
        headers = bearer(ADA)
        url = f"{BASE}/counters/{counter(1)}/counts"
        answers = [await client.post(url, json={"by": 3}, headers=headers) for _ in range(3)]
        together = await asyncio.gather(
            *(client.post(url, json={"by": 3}, headers=headers) for _ in range(5))
        )
        assert {(a.status_code, a.text) for a in [*answers, *together]} == {(201, answers[0].text)}
        assert await service.pool.fetchval("SELECT count(*) FROM events") == 1


async def test_another_body_under_the_same_key_is_refused(database_url: str) -> None:
    async with serving(database_url) as (_, client):
        headers = bearer(ADA)
        url = f"{BASE}/counters/{counter(1)}/counts"
        await client.post(url, json={"by": 3}, headers=headers)
        again = await client.post(url, json={"by": 4}, headers=headers)
        assert (again.status_code, codes(again)) == (422, ["idempotency_key_reused"])


async def test_the_same_key_of_two_people_means_two_requests(database_url: str) -> None:
    async with serving(database_url) as (service, client):
        bob = Principal(random_id(), COMMUNITY, random_id())
        for who in (ADA, bob):
            headers = bearer(who) | {"Idempotency-Key": "1"}
            answer = await client.post(
                f"{BASE}/counters/{counter(1)}/counts", json={"by": 3}, headers=headers
            )
            assert answer.status_code == 201
        assert await service.pool.fetchval("SELECT count(*) FROM events") == 2


async def test_every_wrong_value_is_named_at_once(database_url: str) -> None:
    async with serving(database_url) as (_, client):
        answer = await client.post(
            f"{BASE}/counters/{counter(1)}/counts",
            json={"by": "x", "extra": 1},
            headers=bearer(ADA),
        )
        assert answer.status_code == 422
        assert {(e["pointer"], e["code"]) for e in answer.json()["errors"]} == {
            ("/by", "int_parsing"),
            ("/extra", "extra_forbidden"),
        }
        assert answer.json()["type"] == "urn:tessera:problem:invalid_request"


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (b"{", {"content-type": "application/json"}, 400, "malformed_json"),
        (b"by=1", {"content-type": "application/x-www-form-urlencoded"}, 415, "not_json"),
        (b"[]", {"content-type": "application/json"}, 422, "invalid_request"),
        (b" " * (1024 * 1024 + 1), {"content-type": "application/json"}, 413, "too_large"),
    ],
)
async def test_a_body_that_cannot_be_read_is_refused(
    database_url: str, body: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    async with serving(database_url) as (_, client):
        answer = await client.post(
            f"{BASE}/counters/{counter(1)}/counts", content=body, headers=bearer(ADA) | headers
        )
        assert answer.status_code == status
        assert answer.json()["type"] == f"urn:tessera:problem:{code}"


@pytest.mark.parametrize("character", ["\0", "\x08", "\x1b", "\x7f"])
async def test_what_nobody_can_read_is_refused_wherever_a_body_has_it(
    database_url: str, character: str
) -> None:
    async with serving(database_url) as (_, client):
        answer = await client.post(
            f"{BASE}/counters/{counter(1)}/counts",
            json={"by": 1, "note": f"a{character}b", "tags": ["fine", f"b{character}"]},
            headers=bearer(ADA),
        )
        assert answer.status_code == 422
        assert [e["pointer"] for e in answer.json()["errors"]] == ["/note", "/tags"]


async def test_lines_tabs_and_every_script_are_text(database_url: str) -> None:
    async with serving(database_url) as (_, client):
        note = "Chœur\r\n\té\u200d\U0001f3b6 \u202e\u05e9\u05dc"
        answer = await client.post(
            f"{BASE}/counters/{counter(1)}/counts",
            json={"by": 1, "note": note},
            headers=bearer(ADA),
        )
        assert answer.status_code == 201


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
async def test_a_moment_that_no_table_takes_is_refused(database_url: str, moment: str) -> None:
    async with serving(database_url) as (_, client):
        answer = await client.post(
            f"{BASE}/counters/{counter(1)}/counts",
            json={"by": 1, "since": moment},
            headers=bearer(ADA),
        )
        assert answer.status_code == 422
        assert [e["pointer"] for e in answer.json()["errors"]] == ["/since"]


@pytest.mark.parametrize("where", ["public%00", "counters?filter[total]=%00"])
async def test_an_address_without_meaning_is_refused(database_url: str, where: str) -> None:
    async with serving(database_url) as (_, client):
        answer = await client.get(f"{BASE}/{where}", headers=bearer(ADA))
        assert (answer.status_code, codes(answer)) == (400, ["malformed_address"])


async def test_a_chunked_body_cannot_slip_past_the_limit(database_url: str) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(1100):
            yield b" " * 1024

    async with serving(database_url) as (_, client):
        answer = await client.post(
            f"{BASE}/counters/{counter(1)}/counts",
            content=endless(),
            headers=bearer(ADA) | {"content-type": "application/json"},
        )
        assert answer.status_code == 413


async def test_rules_say_no_with_their_own_code(database_url: str) -> None:
    async with serving(database_url) as (_, client):
        url = f"{BASE}/counters/{counter(1)}/counts"
        full = await client.post(url, json={"by": 101}, headers=bearer(ADA))
        assert (full.status_code, codes(full)) == (409, ["limit_reached"])
        assert full.json()["errors"][0]["params"] == {"limit": 100}
        negative = await client.post(url, json={"by": -1}, headers=bearer(ADA))
        assert (negative.status_code, codes(negative)) == (422, ["negative"])
        assert negative.json()["errors"][0]["pointer"] == "/by"


async def test_what_is_not_there_answers_in_the_same_shape(database_url: str) -> None:
    async with serving(database_url) as (_, client):
        nowhere = await client.get("/nowhere")
        assert (nowhere.status_code, codes(nowhere)) == (404, ["not_found"])
        wrong = await client.delete(f"{BASE}/public")
        assert (wrong.status_code, codes(wrong)) == (405, ["method_not_allowed"])
        assert wrong.headers["allow"] == "GET"
        bad = await client.post(
            f"{BASE}/counters/not-a-uuid/counts", json={"by": 1}, headers=bearer(ADA)
        )
        assert bad.status_code == 422
        assert bad.json()["errors"][0]["pointer"] == "path:counter_id"


async def test_another_communitys_stream_is_not_there(database_url: str) -> None:
    async with serving(database_url) as (_, client):
        url = f"{BASE}/counters/{counter(1)}/counts"
        await client.post(url, json={"by": 1}, headers=bearer(ADA))
        answer = await client.post(url, json={"by": 1}, headers=bearer(MALLORY))
        assert (answer.status_code, codes(answer)) == (404, ["not_found"])


async def test_a_post_needs_an_idempotency_key(database_url: str) -> None:
    async with serving(database_url) as (_, client):
        headers = bearer(ADA)
        del headers["Idempotency-Key"]
        answer = await client.post(
            f"{BASE}/counters/{counter(1)}/counts", json={"by": 1}, headers=headers
        )
        assert (answer.status_code, codes(answer)) == (428, ["missing_idempotency_key"])


async def test_if_match_guards_a_change(database_url: str) -> None:
    async with serving(database_url) as (_, client):
        url = f"{BASE}/counters/{counter(1)}"
        await client.post(f"{url}/counts", json={"by": 1}, headers=bearer(ADA))
        assert codes(await client.put(url, json={"by": 1}, headers=bearer(ADA))) == [
            "missing_if_match"
        ]
        stale = await client.put(url, json={"by": 1}, headers=bearer(ADA, **{"If-Match": '"7"'}))
        assert (stale.status_code, codes(stale)) == (412, ["version_mismatch"])
        assert stale.json()["errors"][0]["params"] == {"version": 1}
        done = await client.put(url, json={"by": 1}, headers=bearer(ADA, **{"If-Match": '"1"'}))
        assert (done.status_code, done.json()["version"]) == (200, 2)


def forged(claims: dict[str, Any], *, alg: str = "EdDSA", key: Any = None, **headers: str) -> str:
    now = real_now().timestamp()
    base = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": str(ADA.account_id),
        "iat": now,
        "nbf": now,
        "exp": now + 60,
    }
    key = key if key is not None else jwt.PyJWK(json.loads(PRIVATE)).key
    return jwt.encode(
        base | claims, key, algorithm=alg, headers={"kid": "test", "typ": "at+jwt", **headers}
    )


@pytest.mark.parametrize(
    "token",
    [
        "nonsense",
        forged({}, alg="none", key=""),
        forged({}, alg="HS256", key=json.loads(PUBLIC)["keys"][0]["x"]),
        forged({"aud": "somebody-else"}),
        forged({"iss": "somebody-else"}),
        forged({"exp": 1}),
        forged({"nbf": real_now().timestamp() + 600}),
        forged({"sub": "no-uuid"}),
        forged({}, kid="unknown"),
        forged({}, kid="../../etc/passwd"),
        forged({}, typ="JWT"),
        forged({}, key=jwt.PyJWK(json.loads(key_pair()[0])).key),
    ],
)
async def test_a_token_that_is_not_ours_is_refused(database_url: str, token: str) -> None:
    async with serving(database_url) as (_, client):
        answer = await client.post(
            f"{BASE}/counters/{counter(1)}/counts",
            json={"by": 1},
            headers={"Authorization": f"Bearer {token}", "Idempotency-Key": "1"},
        )
        assert (answer.status_code, codes(answer)) == (401, ["invalid_token"])
        assert answer.headers["www-authenticate"] == "Bearer"


async def test_without_a_token_only_public_routes_answer(database_url: str) -> None:
    async with serving(database_url) as (_, client):
        assert (await client.get(f"{BASE}/public")).json() == {"hello": "stranger"}
        answer = await client.get(f"{BASE}/counters")
        assert (answer.status_code, codes(answer)) == (401, ["no_token"])


async def test_a_role_that_does_not_carry_the_permission_is_refused(database_url: str) -> None:
    async with serving(database_url) as (_, client):
        person = Principal(random_id(), COMMUNITY, random_id())
        answer = await client.get(f"{BASE}/counters", headers=bearer(person))
        assert (answer.status_code, codes(answer)) == (403, ["forbidden"])
        reader = Principal(random_id(), COMMUNITY, random_id(), ("read_only",), 1)
        assert (await client.get(f"{BASE}/counters", headers=bearer(reader))).status_code == 200


async def test_public_routes_are_limited_per_address(database_url: str) -> None:
    async with serving(database_url, public_rate=1.0) as (_, client):
        answers = [await client.get(f"{BASE}/public") for _ in range(6)]
        assert [a.status_code for a in answers] == [200] * 4 + [429] * 2
        assert answers[-1].headers["retry-after"] == "1"


async def test_a_read_waits_for_the_position_it_is_given(database_url: str) -> None:
    async with serving(database_url) as (service, client):
        written = await client.post(
            f"{BASE}/counters/{counter(1)}/counts", json={"by": 3}, headers=bearer(ADA)
        )
        headers = bearer(ADA, **{"Tessera-Wait-For": written.headers["tessera-position"]})
        reading = asyncio.create_task(client.get(f"{BASE}/counters", headers=headers))
        await asyncio.sleep(0.1)
        assert not reading.done()
        async with following(service):
            assert (await reading).json()["items"] == [{"counter_id": str(counter(1)), "total": 3}]
        foreign = await client.get(
            f"{BASE}/counters", headers=bearer(ADA, **{"Tessera-Wait-For": "nonsense"})
        )
        assert (foreign.status_code, codes(foreign)) == (400, ["malformed_position"])


async def test_a_list_is_paged_and_shows_one_community_only(database_url: str) -> None:
    async with serving(database_url) as (service, client), following(service):
        for number in range(5):
            await client.post(
                f"{BASE}/counters/{counter(number)}/counts", json={"by": 1}, headers=bearer(ADA)
            )
        last = await client.post(
            f"{BASE}/counters/{counter(99)}/counts", json={"by": 9}, headers=bearer(MALLORY)
        )
        wait = {"Tessera-Wait-For": last.headers["tessera-position"]}
        seen: list[str] = []
        after: str | None = ""
        while after is not None:
            url = f"{BASE}/counters?limit=2" + (f"&after={after}" if after else "")
            page = (await client.get(url, headers=bearer(ADA, **wait))).json()
            assert len(page["items"]) <= 2
            seen += [item["counter_id"] for item in page["items"]]
            after = page["next"]
        assert sorted(seen) == sorted(str(counter(number)) for number in range(5))


async def test_a_list_refuses_what_it_does_not_know(database_url: str) -> None:
    async with serving(database_url) as (_, client):
        url = f"{BASE}/counters?filter[colour]=red&sort=-name&limit=0"
        answer = await client.get(url, headers=bearer(ADA))
        assert answer.status_code == 422
        url = f"{BASE}/counters?filter[colour]=red&sort=-name"
        assert codes(await client.get(url, headers=bearer(ADA))) == [
            "unknown_filter",
            "unknown_sort",
        ]


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "-"])
def test_a_cursor_of_no_moment_is_none_of_ours(moment: str) -> None:
    after = base64.urlsafe_b64encode(f"{moment} {counter(1)}".encode()).decode()
    with pytest.raises(Problem) as refusal:
        Page(limit=1, after=after).cursor(by_moment)
    assert (refusal.value.status, refusal.value.code) == (400, "malformed_cursor")


async def test_a_dry_run_shows_what_would_happen_and_stores_nothing(database_url: str) -> None:
    async with serving(database_url) as (service, client):
        headers = bearer(ADA)
        url = f"{BASE}/counters/{counter(1)}/counts"
        dry = await client.post(f"{url}?dry_run=true", json={"by": 3}, headers=headers)
        assert dry.status_code == 200
        assert dry.json()["would"]["events"] == [{"type": "Counted", "data": {"by": 3}}]
        assert (
            dry.json()["would"]["publications"][0]["type"] == "io.tessera.counting.CountedContract"
        )
        refused = await client.post(f"{url}?dry_run=true", json={"by": 300}, headers=headers)
        assert codes(refused) == ["limit_reached"]
        assert await service.pool.fetchval("SELECT count(*) FROM events") == 0
        assert (await client.post(url, json={"by": 3}, headers=headers)).status_code == 201


async def test_strict_routes_wait_for_fresh_roles(database_url: str) -> None:
    async with serving(database_url) as (service, client):
        stale = await client.post(f"{BASE}/strict", headers=bearer(ADA))
        assert (stale.status_code, codes(stale)) == (503, ["unavailable"])
        await service.pool.execute("INSERT INTO freshness VALUES ('staff_roles_v1', now())")
        assert (await client.post(f"{BASE}/strict", headers=bearer(ADA))).status_code == 200
        await service.pool.execute(
            "INSERT INTO staff_roles_v1 VALUES ($1, $2, 'owner', false, 2)",
            COMMUNITY,
            ADA.account_id,
        )
        dismissed = await client.post(f"{BASE}/strict", headers=bearer(ADA))
        assert (dismissed.status_code, codes(dismissed)) == (403, ["forbidden"])


class Restless:
    """An inbox that has one more row whenever somebody looks, of nothing anybody wants."""

    name = "inbox"

    async def read(self, after: int, _limit: int, _wanted: Collection[str]) -> Batch:
        return Batch([], after + 1, more=False)


async def test_roles_stay_fresh_while_the_inbox_never_rests(database_url: str) -> None:
    async with serving(database_url) as (service, client):
        readers = [reader for reader in service.readers() if reader.wanted("inbox")]
        turning = asyncio.create_task(worker.follow(service, readers, Restless(), worker.Health()))

        async def status() -> int:
            return (await client.post(f"{BASE}/strict", headers=bearer(ADA))).status_code

        await eventually(status, lambda code: code == 200)
        turning.cancel()


def _inside(open_router: APIRouter) -> APIRouter:
    outer = APIRouter()
    outer.include_router(open_router)
    return outer


def _mounted(open_router: APIRouter) -> APIRouter:
    outer = APIRouter()
    outer.mount("/inner", open_router)
    return outer


@pytest.mark.parametrize("placed", [lambda router: router, _inside, _mounted])
async def test_a_route_without_a_permission_stops_the_start(
    database_url: str, placed: Callable[[APIRouter], APIRouter]
) -> None:
    open_router = APIRouter()

    @open_router.get("/open")
    async def open_route() -> dict[str, str]:
        return {}

    router = placed(open_router)
    async with running(database_url, feature(router=router), token_keys=PUBLIC) as service:
        with pytest.raises(OpenRoute):
            create_app(service)


async def test_the_database_going_away_is_a_503(database_url: str) -> None:
    async with serving(database_url) as (service, client):
        await service.pool.close()
        answer = await client.get(f"{BASE}/counters", headers=bearer(ADA))
        assert (answer.status_code, codes(answer)) == (503, ["unavailable"])
        assert answer.headers["retry-after"] == "1"
