"""Signals: one or many, told twice, out of order, of strangers, too late, and never with a word of what was said."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from shared.clock import real_now
from shared.contracts.events_ticket import TicketCheckedIn
from shared.ids import random_id
from tests.integration.membership.house import BASE, House, Json


def signal(person_id: str, kind: str = "comment", **more: object) -> Json:
    seen_at = real_now().isoformat()
    return {"id": str(uuid4()), "person_id": person_id, "kind": kind, "seen_at": seen_at} | more


def batch(*signals: Json, source: str = "discord") -> Json:
    return {"source": source, "signals": list(signals)}


async def tallies(house: House, person_id: str, token: str, since: str = "") -> dict[str, int]:
    path = f"/people/{person_id}/activity{since}"
    told = await house.call("GET", path, token=token)
    return {item["kind"]: item["times"] for item in told["items"]}


async def stored(house: House) -> int:
    sql = "SELECT count(*) FROM events WHERE type = 'SignalRecorded'"
    count: int = await house.service.pool.fetchval(sql)
    return count


async def a_member(house: House) -> tuple[str, str, str, str]:
    """The community, its owner's token, a member and their token."""
    community_id, owner = await house.community("olga@example.com")
    ada, token = await house.join("ada@example.com", community_id)
    await house.eventually(lambda: _members(house, owner), 1)
    return community_id, owner, ada, token


async def _members(house: House, token: str) -> int:
    return len((await house.call("GET", "/members", token=token))["items"])


async def test_a_batch_is_counted_by_person_day_and_kind(house: House) -> None:
    _, owner, ada, token = await a_member(house)
    many = [signal(ada) for _ in range(499)]
    told = await house.call(
        "POST", "/activity", batch(*many, signal(ada, "answer")), token=owner, expect=202
    )
    wait = {"Tessera_Wait_For": told["position"]}
    await house.call("GET", f"/people/{ada}/activity", token=token, **wait)
    assert await tallies(house, ada, token) == {"comment": 499, "answer": 1}
    assert await tallies(house, ada, owner) == {"comment": 499, "answer": 1}
    tomorrow = (real_now() + timedelta(days=1)).date()
    assert await tallies(house, ada, token, f"?since={tomorrow}") == {}


async def test_a_signal_counts_once_whoever_repeats_it_in_whatever_order(house: House) -> None:
    _, owner, ada, _ = await a_member(house)
    first, second, third = (signal(ada) for _ in range(3))
    batches = [batch(first, second), batch(third, first), batch(second, second, third)]
    await asyncio.gather(
        *(house.call("POST", "/activity", told, token=owner) for told in batches * 3)
    )
    assert await stored(house) == 3
    await house.call("POST", "/activity", batch(first, source="slack"), token=owner)
    assert await stored(house) == 4, "another source has ids of its own"


async def test_the_same_key_answers_the_same(house: House) -> None:
    _, owner, ada, _ = await a_member(house)
    body = batch(signal(ada))
    answers = [
        await house.call("POST", "/activity", body, token=owner, Idempotency_Key="one")
        for _ in range(2)
    ]
    assert answers[0] == answers[1]
    other = batch(signal(ada))
    await house.call("POST", "/activity", other, token=owner, Idempotency_Key="one", expect=422)


async def test_signals_of_several_hours_are_one_write(house: House) -> None:
    _, owner, ada, token = await a_member(house)
    late = [
        signal(ada, seen_at=(real_now() - timedelta(hours=hours)).isoformat())
        for hours in (50, 0, 25)
    ]
    await house.call("POST", "/activity", batch(*late), token=owner)
    rows = await house.service.pool.fetch(
        "SELECT xmin::text AS transaction FROM events WHERE type = 'SignalRecorded'"
    )
    assert len(rows) == 3
    assert len({row["transaction"] for row in rows}) == 1
    await house.eventually(lambda: tallies(house, ada, token), {"comment": 3})


async def test_what_cannot_be_is_refused_whole_and_by_its_place(house: House) -> None:
    _, owner, ada, _ = await a_member(house)

    async def refused(body: Json) -> list[str]:
        problem = await house.call("POST", "/activity", body, token=owner, expect=422)
        return [wrong["pointer"] for wrong in problem["errors"]]

    def moved(by: timedelta) -> datetime:
        return real_now() + by

    tomorrow = moved(timedelta(days=1)).isoformat()
    long_ago = moved(timedelta(days=-401)).isoformat()
    right = signal(ada)
    assert await refused(batch(right, signal(ada, seen_at=tomorrow))) == ["/signals/1/seen_at"]
    assert await refused(batch(signal(ada, seen_at=long_ago))) == ["/signals/0/seen_at"]
    strangers = [signal(str(random_id())) for _ in range(2)]
    wanted = ["/signals/1/person_id", "/signals/2/person_id"]
    assert await refused(batch(right, *strangers)) == wanted
    assert await refused(batch(signal(ada, "poem"))) == ["/signals/0/kind"]
    assert await refused(batch(signal(ada, text="words"))) == ["/signals/0/text"]
    assert await refused(batch()) == ["/signals"]
    assert await refused(batch(*[right] * 501)) == ["/signals"]
    assert await refused(batch(right, source="Discord!")) == ["/source"]
    assert await stored(house) == 0


async def test_signals_are_told_by_staff_and_programs_of_the_community(house: House) -> None:
    _, owner, ada, token = await a_member(house)
    _, stranger = await house.community("eve@example.com", slug="go")
    body = batch(signal(ada))
    await house.call("POST", "/activity", body, token=token, expect=403)
    await house.call("POST", "/activity", body, expect=401)
    problem = await house.call("POST", "/activity", body, token=stranger, expect=422)
    assert problem["errors"][0]["code"] == "person_not_found"
    await house.call("GET", f"/people/{ada}/activity", token=stranger, expect=404)
    bot = await house.call("POST", "/clients", {"name": "Bot", "role": "moderator"}, token=owner)
    grant = {
        "grant": "client_credentials",
        "client_id": bot["client_id"],
        "client_secret": bot["client_secret"],
    }

    async def told_by_the_bot() -> bool:
        """Once its role has reached it."""
        bots = await house.call("POST", "/tokens", grant)
        answer = await house.client.post(
            f"{BASE}/activity",
            json=body,
            headers={"Authorization": f"Bearer {bots['access_token']}", "Idempotency-Key": "one"},
        )
        return answer.status_code == 202

    await house.eventually(told_by_the_bot, wanted=True)
    assert await stored(house) == 1


async def test_no_word_and_no_id_of_the_source_is_kept(house: House) -> None:
    _, owner, ada, _ = await a_member(house)
    await house.call("POST", "/activity", batch(signal(ada, id="secret-words")), token=owner)
    rows = await house.service.pool.fetch("SELECT data FROM events WHERE type = 'SignalRecorded'")
    assert len(rows) == 1
    assert "secret-words" not in rows[0]["data"]


async def test_of_who_wants_nothing_recorded_nothing_is(house: House) -> None:
    community_id, owner, ada, token = await a_member(house)
    assert (await house.call("GET", "/me", token=token))["activity_recorded"] is True
    for _ in range(2):
        await house.call("PUT", "/me/activity", {"recorded": False}, token=token)
    assert (await house.call("GET", "/me", token=token))["activity_recorded"] is False
    bob, _ = await house.join("bob@example.com", community_id, "Bob")
    await house.eventually(lambda: _members(house, owner), 2)
    told = batch(signal(ada), signal(bob))
    await house.call("POST", "/activity", told, token=owner, expect=202)
    assert await stored(house) == 1
    await house.quiet()
    assert await tallies(house, ada, token) == {}
    seen = await house.call("GET", f"/people/{ada}/activity", token=owner)
    assert seen["recorded"] is False
    await house.call("PUT", "/me/activity", {"recorded": True}, token=token)
    await house.call("POST", "/activity", batch(signal(ada)), token=owner, expect=202)
    assert await stored(house) == 2
    await house.call("PUT", "/me/activity", {"recorded": "maybe"}, token=token, expect=422)
    await house.call("PUT", "/me/activity", {"recorded": False}, token=owner, expect=403)
    await house.call("PUT", "/me/activity", {"recorded": False}, expect=401)


def came_in(community_id: str, person_id: str, ticket_id: UUID) -> TicketCheckedIn:
    return TicketCheckedIn(
        community_id=UUID(community_id),
        occurred_at=real_now(),
        gathering_id=uuid4(),
        ticket_id=ticket_id,
        person_id=UUID(person_id),
        seats=1,
    )


async def test_who_comes_in_by_a_ticket_has_taken_part_once(house: House) -> None:
    community_id, _, ada, token = await a_member(house)
    by_hers = uuid4()
    for ticket_id in (by_hers, by_hers, uuid4()):
        await house.hear(came_in(community_id, ada, ticket_id))
    await house.quiet()
    assert await tallies(house, ada, token) == {"attendance": 2}
    assert await stored(house) == 2


async def test_of_who_is_no_member_or_wants_none_recorded_no_entry_is_kept(house: House) -> None:
    community_id, owner, ada, token = await a_member(house)
    bob, _ = await house.join("bob@example.com", community_id, "Bob")
    await house.call("PUT", "/me/activity", {"recorded": False}, token=token)
    await house.call("POST", f"/people/{bob}/ban", token=owner)
    for person_id in (ada, bob, str(uuid4())):
        await house.hear(came_in(community_id, person_id, uuid4()))
    await house.quiet()
    assert await stored(house) == 0


async def test_who_was_taken_in_came_as_who_they_are(house: House) -> None:
    community_id, _, ada, token = await a_member(house)
    eve, _ = await house.join("eve@example.com", community_id, "Eve")
    await house.call("POST", "/me/merging", await house.proof("eve@example.com"), token=token)
    await house.hear(came_in(community_id, eve, uuid4()))
    await house.quiet()
    assert await tallies(house, ada, token) == {"attendance": 1}
