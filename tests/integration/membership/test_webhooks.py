"""Webhooks from the inbox to a real receiver: in order, signed, tried again, given up, sent again."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from services.membership.delivery.decider import BACK_OFF
from services.membership.delivery.projections import FEED
from services.membership.delivery.reactions import deliver
from services.membership.endpoint import commands
from services.membership.endpoint.decider import ENDPOINT
from services.membership.gateways.queues import CLAIM, KEPT, Queues
from shared.clock import real_now
from shared.command_handler import Origin
from shared.contracts.billing_message import MessageRequested
from shared.contracts.billing_offer import OfferRetired
from shared.contracts.membership_community import StaffRoleGranted
from shared.event_store import Meta
from shared.ids import Code, Label, random_id
from shared.projection import rebuild
from shared.reaction import Ask
from shared.testing import eventually
from tests.integration.arrivals import arrival_of
from tests.integration.membership.house import House, Json, running
from tests.integration.membership.receiver import HANG, OK, Received, Receiver, answer, listening

GRANTED = "io.tessera.membership.StaffRoleGranted"
RETIRED = "io.tessera.billing.OfferRetired"
WRITTEN = "io.tessera.billing.MessageRequested"


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    async with running(database_url, webhooks_to_loopback=True) as service:
        yield service


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with listening() as tool:
        yield tool


async def register(house: House, token: str, url: str, *types: str, **more: Any) -> Json:
    body = {"url": url, "event_types": list(types)}
    return await house.call("POST", "/webhook-endpoints", body, token=token, **more)


async def hear(house: House, community_id: str, *numbers: int) -> None:
    """Let so many things happen in the community, each with its number."""
    granted = [
        StaffRoleGranted(
            community_id=UUID(community_id),
            occurred_at=real_now(),
            account_id=random_id(),
            role="moderator",
            roles_version=number,
        )
        for number in numbers
    ]
    await house.service.inbox.store([arrival_of(contract) for contract in granted])


def numbers(receiver: Receiver) -> list[int]:
    return [received.event["data"].get("roles_version", 0) for received in receiver.seen]


async def told(receiver: Receiver, *wanted: int) -> None:
    """Wait until exactly these have come, in this order."""

    async def look() -> list[int]:
        return numbers(receiver)

    await eventually(look, lambda seen: len(seen) >= len(wanted))
    assert numbers(receiver) == list(wanted)


async def log_of(house: House, token: str, endpoint_id: str, query: str = "") -> list[Json]:
    page = await house.call(
        "GET", f"/webhook-endpoints/{endpoint_id}/deliveries{query}", token=token
    )
    items: list[Json] = page["items"]
    return items


async def logged(house: House, token: str, endpoint_id: str, *statuses: str) -> list[Json]:
    """The log, the newest first, once it shows these."""
    return await eventually(
        lambda: log_of(house, token, endpoint_id),
        lambda items: [item["status"] for item in items] == list(statuses),
    )


async def row(house: House, token: str, endpoint_id: str) -> Json:
    listed = await house.call("GET", "/webhook-endpoints", token=token)
    known: dict[str, Json] = {item["endpoint_id"]: item for item in listed["items"]}
    return known.get(endpoint_id, {"enabled": True})  # The list may not know it yet.


async def switched_off(house: House, token: str, endpoint_id: str) -> Json:
    return await eventually(
        lambda: row(house, token, endpoint_id), lambda endpoint: not endpoint["enabled"]
    )


async def try_now(house: House) -> None:
    """Let the time until the next try have passed, as the claim of whoever is at it has."""
    await house.service.pool.execute(
        "UPDATE webhook_queues SET due_at = clock_timestamp()"
        " WHERE due_at > clock_timestamp() AND due_at < 'infinity'"
    )


async def change(house: House, token: str, endpoint_id: str, what: str, **body: Any) -> Json:
    path = f"/webhook-endpoints/{endpoint_id}/{what}"
    return await house.call("POST", path, body, token=token)


def failing(status: int = 500, said: str = "no") -> Any:
    return lambda _: answer(status, said)


def yes(_: Received) -> bytes:
    return OK


# What is told


async def test_what_is_published_reaches_the_endpoint_as_it_was_published(
    house: House, receiver: Receiver
) -> None:
    community_id, owner = await house.community("olga@example.com")
    endpoint = await register(house, owner, receiver.url, expect=201)
    await hear(house, community_id, 1)
    await told(receiver, 1)
    (received,) = receiver.seen
    stored = await house.service.pool.fetchrow("SELECT event_id, value::text AS value FROM inbox")
    assert stored is not None
    assert received.body.decode() == stored["value"]
    assert received.event_id == str(stored["event_id"]) == received.event["id"]
    assert received.is_signed_with(endpoint["secret"])
    assert received.target == "/hook?tool=crm"
    assert received.headers["content-type"] == "application/cloudevents+json; charset=utf-8"
    (item,) = await logged(house, owner, endpoint["endpoint_id"], "delivered")
    assert item["event_id"] == received.event_id
    assert (item["type"], item["attempts"], item["code"]) == (GRANTED, 1, 200)
    assert (item["failure"], item["excerpt"], item["kind"]) == (None, None, "live")
    assert item["duration_ms"] >= 0


async def test_an_endpoint_is_told_from_its_registration_on_and_only_its_own_community(
    house: House, receiver: Receiver
) -> None:
    chess, owner = await house.community("olga@example.com", "chess")
    go, _ = await house.community("gina@example.com", "go")
    await hear(house, chess, 1)
    await register(house, owner, receiver.url)
    await hear(house, go, 2)
    await hear(house, chess, 3)
    await told(receiver, 3)


async def test_an_endpoint_hears_what_it_chose(house: House, receiver: Receiver) -> None:
    community_id, owner = await house.community("olga@example.com")
    endpoint_id = (await register(house, owner, receiver.url, RETIRED))["endpoint_id"]
    await hear(house, community_id, *range(1, 150))
    retired = OfferRetired(
        community_id=UUID(community_id), occurred_at=real_now(), offer_id=random_id()
    )
    await house.hear(retired)
    await eventually(lambda: _kinds(receiver))
    assert receiver.kinds == ["OfferRetired"]
    body = {"url": receiver.url, "event_types": [GRANTED]}
    path = f"/webhook-endpoints/{endpoint_id}"
    changed = await house.call("PUT", path, body, token=owner)
    await house.hear(retired)
    await hear(house, community_id, 200)
    await eventually(lambda: _kinds(receiver), lambda kinds: len(kinds) > 1)
    assert receiver.kinds == ["OfferRetired", "StaffRoleGranted"]
    path = "/webhook-endpoints"
    listed = await house.call("GET", path, token=owner, Tessera_Wait_For=changed["position"])
    assert listed["items"][0]["event_types"] == [GRANTED]


def letter(community_id: str) -> MessageRequested:
    """Its link opens what is its reader's alone."""
    return MessageRequested(
        community_id=UUID(community_id),
        occurred_at=real_now(),
        person_id=random_id(),
        template="donation_received",
        values={},
        link="/donations/secret",
    )


async def test_what_somebody_is_written_is_no_news_for_tools(
    house: House, receiver: Receiver
) -> None:
    community_id, owner = await house.community("olga@example.com")
    body = {"url": receiver.url, "event_types": [WRITTEN]}
    problem = await house.call("POST", "/webhook-endpoints", body, token=owner, expect=422)
    assert problem["errors"][0]["code"] == "unknown_event_type"
    await register(house, owner, receiver.url)
    await hear(house, community_id, 1)
    await house.hear(letter(community_id))
    await hear(house, community_id, 2)
    await told(receiver, 1, 2)


async def test_who_chose_what_is_told_no_more_is_shown_and_told_the_rest(
    house: House, receiver: Receiver
) -> None:
    community_id, owner = await house.community("olga@example.com")
    endpoint_id = random_id()
    types = tuple(map(Code, (WRITTEN, GRANTED)))
    before = commands.RegisterEndpoint(Label(receiver.url), types, Code("seed"), 0, 0)
    origin = Origin(endpoint_id, UUID(community_id), real_now(), Meta(endpoint_id, endpoint_id))
    await house.service.handler.handle([Ask(ENDPOINT, endpoint_id, before)], origin)
    await house.hear(letter(community_id))
    await hear(house, community_id, 1)
    await told(receiver, 1)
    shown = await eventually(
        lambda: row(house, owner, str(endpoint_id)), lambda endpoint: "event_types" in endpoint
    )
    assert shown["event_types"] == [WRITTEN, GRANTED]


async def test_a_replay_of_what_is_told_no_more_comes_to_an_end(
    house: House, receiver: Receiver
) -> None:
    community_id, owner = await house.community("olga@example.com")
    endpoint_id = (await register(house, owner, receiver.url))["endpoint_id"]
    await house.hear(letter(community_id))
    place = await house.service.pool.fetchval("SELECT max(id) FROM inbox")
    await house.service.pool.execute(
        "INSERT INTO webhook_queues (queue_id, endpoint_id, community_id, kind, position, upto, run)"
        " VALUES ($1, $2, $3, 'replay', $4, $5, 0)",
        random_id(), UUID(endpoint_id), UUID(community_id), place - 1, place,
    )  # fmt: skip
    await hear(house, community_id, 1)
    await told(receiver, 1)
    over = "SELECT bool_and(done_at IS NOT NULL) FROM webhook_queues WHERE kind = 'replay'"
    await eventually(lambda: house.service.pool.fetchval(over))


async def _kinds(receiver: Receiver) -> list[str]:
    return receiver.kinds


async def test_a_thousand_events_keep_their_order_and_leave_the_log_alone(
    house: House, receiver: Receiver
) -> None:
    community_id, owner = await house.community("olga@example.com")
    endpoint_id = (await register(house, owner, receiver.url))["endpoint_id"]
    await house.quiet()
    count = "SELECT (SELECT count(*) FROM events) + (SELECT count(*) FROM agenda)"
    before = await house.service.pool.fetchval(count)
    receiver.says = failing()
    await hear(house, community_id, 1)
    await logged(house, owner, endpoint_id, "retrying")
    await hear(house, community_id, *range(2, 1001))
    receiver.says = yes
    receiver.seen.clear()
    await try_now(house)
    await eventually(lambda: _length(receiver), lambda seen: seen >= 1000, within=60)
    assert numbers(receiver) == list(range(1, 1001))
    assert await house.service.pool.fetchval(count) == before
    assert receiver.connections < 50


async def _length(receiver: Receiver) -> int:
    return len(receiver.seen)


async def test_several_workers_do_not_tread_on_each_other(house: House, receiver: Receiver) -> None:
    community_id, owner = await house.community("olga@example.com")
    await register(house, owner, receiver.url)
    others = [asyncio.create_task(deliver(house.service, lambda: None)) for _ in range(3)]
    await hear(house, community_id, *range(1, 201))
    await told(receiver, *range(1, 201))
    for other in others:
        other.cancel()
    await asyncio.gather(*others, return_exceptions=True)


async def test_who_hangs_holds_up_nobody_else(house: House, receiver: Receiver) -> None:
    community_id, owner = await house.community("olga@example.com")
    async with listening(says=lambda _: HANG) as hanging:
        await register(house, owner, hanging.url)
        await register(house, owner, receiver.url)
        await hear(house, community_id, 1, 2, 3)
        await told(receiver, 1, 2, 3)
        assert numbers(hanging) == [1]


async def test_a_rebuilt_feed_tells_nothing_twice(house: House, receiver: Receiver) -> None:
    community_id, owner = await house.community("olga@example.com")
    await register(house, owner, receiver.url)
    await hear(house, community_id, 1, 2)
    await told(receiver, 1, 2)
    service = house.service
    assert await rebuild(service.pool, service.name, FEED, service.sources()) == 2
    await hear(house, community_id, 3)
    await told(receiver, 1, 2, 3)


# What is not taken


async def test_a_later_event_waits_for_an_earlier_one(house: House, receiver: Receiver) -> None:
    community_id, owner = await house.community("olga@example.com")
    endpoint_id = (await register(house, owner, receiver.url))["endpoint_id"]
    receiver.says = failing(503, "busy")
    await hear(house, community_id, 1, 2, 3)
    (item,) = await logged(house, owner, endpoint_id, "retrying")
    assert (item["code"], item["failure"], item["excerpt"]) == (503, "refused", "busy")
    await try_now(house)
    await eventually(
        lambda: log_of(house, owner, endpoint_id), lambda items: items[0]["attempts"] == 2
    )
    assert numbers(receiver) == [1, 1]
    assert len(set(receiver.ids)) == 1
    receiver.says = yes
    await try_now(house)
    await told(receiver, 1, 1, 1, 2, 3)
    items = await logged(house, owner, endpoint_id, "delivered", "delivered", "delivered")
    assert [item["attempts"] for item in items] == [1, 1, 3]
    assert {item["excerpt"] for item in items} == {None}


async def test_who_is_busy_is_left_alone_for_as_long_as_it_says(
    house: House, receiver: Receiver
) -> None:
    community_id, owner = await house.community("olga@example.com")
    endpoint_id = (await register(house, owner, receiver.url))["endpoint_id"]
    receiver.says = lambda _: answer(429, Retry_After="3600")
    await hear(house, community_id, 1)
    await logged(house, owner, endpoint_id, "retrying")
    due = await house.service.pool.fetchval("SELECT due_at FROM webhook_queues")
    assert timedelta(minutes=59) < due - real_now() < timedelta(minutes=61)


async def test_an_endpoint_that_says_it_is_gone_is_switched_off_at_once(
    house: House, receiver: Receiver
) -> None:
    community_id, owner = await house.community("olga@example.com")
    await house.join("olga@example.com", community_id, "Olga")
    endpoint_id = (await register(house, owner, receiver.url))["endpoint_id"]
    receiver.says = failing(410)
    await hear(house, community_id, 1, 2, 3)
    endpoint = await switched_off(house, owner, endpoint_id)
    assert endpoint["disabled_cause"] == "gone"
    assert numbers(receiver) == [1]
    await logged(house, owner, endpoint_id, "failed")

    async def letters() -> list[str]:
        return [letter.template for letter in house.mailbox.to("olga@example.com")]

    await eventually(letters, lambda sent: "endpoint_gone" in sent)
    letter = house.mailbox.to("olga@example.com")[-1]
    assert letter.values == {"url": receiver.url}
    receiver.says = yes
    await change(house, owner, endpoint_id, "enabling")
    await told(receiver, 1, 1, 2, 3)


async def exhaust(house: House) -> None:
    """Let three days of tries have been in vain."""
    await house.service.pool.execute(
        "UPDATE webhook_queues SET attempts = $1 WHERE kind = 'live'", len(BACK_OFF)
    )
    await try_now(house)


async def test_an_endpoint_that_fails_for_days_is_switched_off_and_loses_nothing(
    house: House, receiver: Receiver
) -> None:
    community_id, owner = await house.community("olga@example.com")
    await house.join("olga@example.com", community_id, "Olga")
    endpoint_id = (await register(house, owner, receiver.url))["endpoint_id"]
    receiver.says = failing()
    await hear(house, community_id, 1, 2)
    await logged(house, owner, endpoint_id, "retrying")
    await exhaust(house)
    endpoint = await switched_off(house, owner, endpoint_id)
    assert endpoint["disabled_cause"] == "failing"
    assert endpoint["disabled_at"] is not None
    await logged(house, owner, endpoint_id, "failed")

    async def letters() -> list[str]:
        return [letter.template for letter in house.mailbox.letters]

    await eventually(letters, lambda sent: sent.count("endpoint_failing") == 1)
    await hear(house, community_id, 3)
    receiver.says = yes
    receiver.seen.clear()
    await asyncio.sleep(0.3)
    assert receiver.seen == []
    await change(house, owner, endpoint_id, "enabling")
    await told(receiver, 1, 2, 3)
    await logged(house, owner, endpoint_id, "delivered", "delivered", "delivered")


async def test_an_event_that_is_never_taken_can_be_left_out(
    house: House, receiver: Receiver
) -> None:
    community_id, owner = await house.community("olga@example.com")
    endpoint_id = (await register(house, owner, receiver.url))["endpoint_id"]
    poison = 1

    def picky(received: Received) -> bytes:
        return answer(400) if received.event["data"]["roles_version"] == poison else OK

    receiver.says = picky
    await hear(house, community_id, 1, 2, 3)
    await logged(house, owner, endpoint_id, "retrying")
    await exhaust(house)
    await switched_off(house, owner, endpoint_id)
    receiver.seen.clear()
    await change(house, owner, endpoint_id, "enabling", skip="failed")
    await told(receiver, 2, 3)
    await logged(house, owner, endpoint_id, "delivered", "delivered", "failed")


async def test_an_endpoint_that_was_given_up_can_be_given_up_again(
    house: House, receiver: Receiver
) -> None:
    community_id, owner = await house.community("olga@example.com")
    endpoint_id = (await register(house, owner, receiver.url))["endpoint_id"]
    receiver.says = failing(410)
    await hear(house, community_id, 1)
    for run in range(1, 4):
        await eventually(lambda: _given_up(house), run.__eq__)
        await switched_off(house, owner, endpoint_id)
        written = await change(house, owner, endpoint_id, "enabling")
        wait = {"Tessera_Wait_For": written["position"]}
        await house.call("GET", "/webhook-endpoints", token=owner, **wait)
    assert receiver.ids == receiver.ids[:1] * len(receiver.ids)


async def _given_up(house: House) -> int:
    found: int = await house.service.pool.fetchval(
        "SELECT count(*) FROM events WHERE type = 'DeliveryGivenUp'"
    )
    return found


# Crashes


@pytest.mark.parametrize("status", [200, 410, 500])
async def test_what_was_posted_but_not_recorded_is_posted_again_and_nothing_skipped(
    house: House, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    community_id, owner = await house.community("olga@example.com")
    endpoint_id = (await register(house, owner, receiver.url))["endpoint_id"]
    record = Queues.record
    lost: list[object] = []

    async def lose_the_first(*all_of_it: Any) -> bool:
        if not lost:
            lost.append(all_of_it)
            raise asyncpg.ConnectionDoesNotExistError("the database went away")
        return await record(*all_of_it)

    monkeypatch.setattr(Queues, "record", lose_the_first)
    receiver.says = lambda _: answer(200 if len(receiver.seen) > 1 else status)
    await hear(house, community_id, 1, 2)
    await eventually(lambda: _length(receiver))
    if status == 410:
        await switched_off(house, owner, endpoint_id)
        await change(house, owner, endpoint_id, "enabling")
    await told(receiver, 1, 1, 2)
    assert receiver.ids[0] == receiver.ids[1]
    items = await logged(house, owner, endpoint_id, "delivered", "delivered")
    assert [item["attempts"] for item in items] == [1, 1]


async def test_what_a_dead_worker_held_is_taken_over_and_its_word_no_longer_counts(
    house: House, receiver: Receiver
) -> None:
    community_id, owner = await house.community("olga@example.com")
    endpoint_id = (await register(house, owner, receiver.url))["endpoint_id"]
    receiver.says = failing()
    await hear(house, community_id, 1)
    await logged(house, owner, endpoint_id, "retrying")
    dead = random_id()
    await house.service.pool.execute(
        "UPDATE webhook_queues SET claimed_by = $1, claimed_until = clock_timestamp() + $2,"
        " due_at = clock_timestamp()",
        dead,
        CLAIM,
    )
    receiver.says = yes
    receiver.seen.clear()
    await hear(house, community_id, 2)
    await asyncio.sleep(0.3)
    assert receiver.seen == []
    await house.service.pool.execute("UPDATE webhook_queues SET claimed_until = clock_timestamp()")
    await told(receiver, 1, 2)


async def test_a_fault_of_ours_keeps_one_queue_back_and_harms_no_other(
    house: House, receiver: Receiver
) -> None:
    community_id, owner = await house.community("olga@example.com")
    before = house.service.gateways

    class Broken:
        def round(self) -> Any:
            raise RuntimeError("no such luck")

    await register(house, owner, receiver.url)
    house.service.gateways = {**before, "courier": Broken()}
    await hear(house, community_id, 1)

    async def put_off() -> bool:
        found: bool = await house.service.pool.fetchval(
            "SELECT EXISTS (SELECT FROM webhook_queues WHERE due_at > clock_timestamp() + interval '30 s')"
        )
        return found

    await eventually(put_off)
    house.service.gateways = before
    await try_now(house)
    await told(receiver, 1)


# What staff do


async def test_the_secret_is_told_once(house: House, receiver: Receiver) -> None:
    community_id, owner = await house.community("olga@example.com")
    first = await register(house, owner, receiver.url, Idempotency_Key="crm")
    again = await register(house, owner, receiver.url, Idempotency_Key="crm")
    assert first["secret"].startswith("whsec_")
    assert (again["endpoint_id"], again["secret"]) == (first["endpoint_id"], None)
    stored = "SELECT string_agg(data::text, '') FROM events"
    assert first["secret"].removeprefix("whsec_") not in await house.service.pool.fetchval(stored)
    await hear(house, community_id, 1)
    await told(receiver, 1)
    assert receiver.seen[0].is_signed_with(first["secret"])


async def test_after_a_rotation_both_secrets_are_good_for_a_day(
    house: House, receiver: Receiver
) -> None:
    community_id, owner = await house.community("olga@example.com")
    endpoint = await register(house, owner, receiver.url)
    rotated = await change(house, owner, endpoint["endpoint_id"], "rotation")
    assert rotated["secret"] not in (None, endpoint["secret"])
    await hear(house, community_id, 1)
    await told(receiver, 1)
    assert receiver.seen[0].is_signed_with(endpoint["secret"])
    assert receiver.seen[0].is_signed_with(rotated["secret"])
    await house.service.move_clock(house.service.clock.now() + timedelta(hours=25))
    await hear(house, community_id, 2)
    await told(receiver, 1, 2)
    assert not receiver.seen[1].is_signed_with(endpoint["secret"])
    assert receiver.seen[1].is_signed_with(rotated["secret"])


async def test_a_secret_that_was_stolen_signs_nothing_more(
    house: House, receiver: Receiver
) -> None:
    community_id, owner = await house.community("olga@example.com")
    endpoint = await register(house, owner, receiver.url)
    rotated = await change(house, owner, endpoint["endpoint_id"], "rotation", at_once=True)
    await hear(house, community_id, 1)
    await told(receiver, 1)
    assert not receiver.seen[0].is_signed_with(endpoint["secret"])
    assert receiver.seen[0].is_signed_with(rotated["secret"])


async def test_an_endpoint_may_rest_and_go_on_where_it_stopped(
    house: House, receiver: Receiver
) -> None:
    community_id, owner = await house.community("olga@example.com")
    endpoint_id = (await register(house, owner, receiver.url))["endpoint_id"]
    await change(house, owner, endpoint_id, "disabling")
    assert (await switched_off(house, owner, endpoint_id))["disabled_cause"] == "staff"
    await hear(house, community_id, 1, 2)
    await asyncio.sleep(0.3)
    assert receiver.seen == []
    await change(house, owner, endpoint_id, "enabling")
    await told(receiver, 1, 2)
    assert [letter.template for letter in house.mailbox.letters] == ["sign_in_code"]


async def test_an_endpoint_may_go_on_without_what_it_missed(
    house: House, receiver: Receiver
) -> None:
    community_id, owner = await house.community("olga@example.com")
    endpoint_id = (await register(house, owner, receiver.url))["endpoint_id"]
    await change(house, owner, endpoint_id, "disabling")
    await switched_off(house, owner, endpoint_id)
    await hear(house, community_id, 1, 2)
    await change(house, owner, endpoint_id, "enabling", skip="missed")
    await hear(house, community_id, 3)
    await told(receiver, 3)


async def test_an_address_that_changes_is_used_for_the_very_next_try(
    house: House, receiver: Receiver
) -> None:
    community_id, owner = await house.community("olga@example.com")
    endpoint_id = (await register(house, owner, "http://127.0.0.1:1/"))["endpoint_id"]
    await hear(house, community_id, 1)
    (item,) = await logged(house, owner, endpoint_id, "retrying")
    assert (item["code"], item["failure"]) == (None, "unreachable")
    body = {"url": receiver.url}
    await house.call("PUT", f"/webhook-endpoints/{endpoint_id}", body, token=owner)
    await told(receiver, 1)
    attempts = "SELECT attempts FROM webhook_queues"
    await eventually(lambda: house.service.pool.fetchval(attempts), lambda tried: tried == 0)


async def test_a_removed_endpoint_is_told_nothing_and_is_not_there(
    house: House, receiver: Receiver
) -> None:
    community_id, owner = await house.community("olga@example.com")
    endpoint_id = (await register(house, owner, receiver.url))["endpoint_id"]
    path = f"/webhook-endpoints/{endpoint_id}"
    removed = await house.call("DELETE", path, token=owner)
    wait = {"Tessera_Wait_For": removed["position"]}
    assert (await house.call("GET", "/webhook-endpoints", token=owner, **wait))["items"] == []
    await house.call("DELETE", path, token=owner)
    await hear(house, community_id, 1)
    await house.call("POST", f"{path}/pings", {}, token=owner, expect=404)
    await house.call("GET", f"{path}/deliveries", token=owner, expect=404)
    await asyncio.sleep(0.3)
    assert receiver.seen == []


async def test_a_ping_is_one_signed_event_also_to_what_is_off(
    house: House, receiver: Receiver
) -> None:
    community_id, owner = await house.community("olga@example.com")
    endpoint = await register(house, owner, receiver.url, RETIRED)
    endpoint_id = endpoint["endpoint_id"]
    await change(house, owner, endpoint_id, "disabling")
    ping = await change(house, owner, endpoint_id, "pings")
    await eventually(lambda: _length(receiver))
    (received,) = receiver.seen
    assert received.is_signed_with(endpoint["secret"])
    assert received.event["type"] == "io.tessera.membership.Ping"
    assert received.event["id"] == received.event_id == ping["event_id"]
    assert received.event["communityid"] == community_id
    (item,) = await logged(house, owner, endpoint_id, "delivered")
    assert (item["kind"], item["event_id"]) == ("ping", ping["event_id"])
    again = f"/webhook-endpoints/{endpoint_id}/deliveries/{item['delivery_id']}/replay"
    problem = await house.call("POST", again, {}, token=owner, expect=409)
    assert problem["errors"][0]["code"] == "nothing_to_replay"


async def test_a_ping_that_is_refused_is_not_tried_again(house: House, receiver: Receiver) -> None:
    _, owner = await house.community("olga@example.com")
    endpoint_id = (await register(house, owner, receiver.url))["endpoint_id"]
    receiver.says = failing(500, "x" * 5_000)
    await change(house, owner, endpoint_id, "pings")
    (item,) = await logged(house, owner, endpoint_id, "failed")
    assert len(item["excerpt"]) == 1_000
    await try_now(house)
    await asyncio.sleep(0.2)
    assert len(receiver.seen) == 1
    assert (await row(house, owner, endpoint_id))["enabled"]


async def test_one_delivery_is_sent_again_under_its_own_id(
    house: House, receiver: Receiver
) -> None:
    community_id, owner = await house.community("olga@example.com")
    endpoint_id = (await register(house, owner, receiver.url))["endpoint_id"]
    await hear(house, community_id, 1, 2, 3)
    items = await logged(house, owner, endpoint_id, *["delivered"] * 3)
    path = f"/webhook-endpoints/{endpoint_id}/deliveries/{items[1]['delivery_id']}/replay"
    for _ in range(2):
        await house.call("POST", path, {}, token=owner, expect=202, Idempotency_Key="again")
    await told(receiver, 1, 2, 3, 2)
    assert receiver.ids[1] == receiver.ids[3]
    kinds = [item["kind"] for item in await logged(house, owner, endpoint_id, *["delivered"] * 4)]
    assert kinds == ["replay", "live", "live", "live"]
    unknown = f"/webhook-endpoints/{endpoint_id}/deliveries/{uuid4()}/replay"
    await house.call("POST", unknown, {}, token=owner, expect=404)
    body = {"url": receiver.url, "event_types": [RETIRED]}
    await house.call("PUT", f"/webhook-endpoints/{endpoint_id}", body, token=owner)
    problem = await house.call("POST", path, {}, token=owner, expect=409)
    assert problem["errors"][0]["code"] == "nothing_to_replay"


async def replay(
    house: House, token: str, endpoint_id: str, since: datetime, until: datetime, **more: Any
) -> Json:
    body = {"since": since.isoformat(), "until": until.isoformat()}
    path = f"/webhook-endpoints/{endpoint_id}/replays"
    return await house.call("POST", path, body, token=token, **more)


async def test_a_range_of_time_is_sent_again_in_order_also_to_a_newcomer(
    house: House, receiver: Receiver
) -> None:
    community_id, owner = await house.community("olga@example.com")
    await hear(house, community_id, *range(1, 121))
    endpoint_id = (await register(house, owner, receiver.url))["endpoint_id"]
    heard: datetime = await house.service.pool.fetchval("SELECT min(received_at) FROM inbox")
    last: datetime = await house.service.pool.fetchval("SELECT max(received_at) FROM inbox")
    await eventually(
        lambda: house.service.pool.fetchval("SELECT count(*) = 120 FROM webhook_feed_v2")
    )
    await replay(house, owner, endpoint_id, heard, last, expect=202)
    await told(receiver, *range(1, 120))
    await hear(house, community_id, 121)
    await eventually(lambda: _length(receiver), lambda seen: seen == 120)
    assert numbers(receiver) == [*range(1, 120), 121]


async def test_a_replay_that_fails_waits_without_holding_up_what_happens(
    house: House, receiver: Receiver
) -> None:
    community_id, owner = await house.community("olga@example.com")
    endpoint_id = (await register(house, owner, receiver.url))["endpoint_id"]
    began = real_now() - timedelta(minutes=1)
    await hear(house, community_id, 1, 2)
    await told(receiver, 1, 2)
    receiver.says = failing()
    await replay(house, owner, endpoint_id, began, real_now() + timedelta(minutes=1))
    await logged(house, owner, endpoint_id, "retrying", "delivered", "delivered")
    receiver.says = yes
    receiver.seen.clear()
    await hear(house, community_id, 3)
    await told(receiver, 3)
    await try_now(house)
    await told(receiver, 3, 1, 2)


async def test_a_replay_of_nothing_or_of_too_much_is_refused(
    house: House, receiver: Receiver
) -> None:
    community_id, owner = await house.community("olga@example.com")
    endpoint_id = (await register(house, owner, receiver.url))["endpoint_id"]
    now = real_now()
    problem = await replay(house, owner, endpoint_id, now, now - timedelta(1), expect=409)
    assert problem["errors"][0]["code"] == "nothing_to_replay"
    await house.service.pool.execute(
        "INSERT INTO webhook_feed_v2 SELECT $1, 1000000 + n, $1, 'x', clock_timestamp()"
        " FROM generate_series(1, 10001) n",
        UUID(community_id),
    )
    soon = real_now() + timedelta(minutes=1)
    problem = await replay(house, owner, endpoint_id, now - timedelta(1), soon, expect=409)
    assert problem["errors"][0]["code"] == "too_much_to_replay"


# What is refused


@pytest.mark.parametrize(
    ("url", "pointer"),
    [
        ("http://crm.example/", "/url"),
        ("https://169.254.169.254/latest/meta-data/", "/url"),
        ("https://[::ffff:10.0.0.1]/", "/url"),
        ("https://ada:pw@crm.example/", "/url"),
        ("https://crm.example/" + "x" * 500, "/url"),
        ("", "/url"),
        (7, "/url"),
        (None, "/url"),
    ],
)
async def test_an_address_we_do_not_go_to_is_refused_at_the_door(
    house: House, url: Any, pointer: str
) -> None:
    _, owner = await house.community("olga@example.com")
    problem = await register(house, owner, url, expect=422)
    assert problem["errors"][0]["pointer"] == pointer


async def test_without_the_development_setting_this_machine_is_refused(
    database_url: str, receiver: Receiver
) -> None:
    async with running(database_url) as house:
        _, owner = await house.community("olga@example.com")
        problem = await register(house, owner, receiver.url, expect=422)
        assert problem["errors"][0]["code"] == "forbidden_url"


async def test_everything_that_is_wrong_is_said_at_once(house: House) -> None:
    _, owner = await house.community("olga@example.com")
    problem = await register(house, owner, "ftp://x", GRANTED, "io.tessera.Nothing", expect=422)
    assert [(e["code"], e["pointer"]) for e in problem["errors"]] == [
        ("unknown_event_type", "/event_types/1"),
        ("forbidden_url", "/url"),
    ]
    body = {"url": "https://crm.example/", "event_types": [], "secret": "mine"}
    await house.call("POST", "/webhook-endpoints", body, token=owner, expect=422)


async def test_a_community_has_only_so_many_endpoints(house: House, receiver: Receiver) -> None:
    _, owner = await house.community("olga@example.com")
    for number in range(10):
        written = await register(house, owner, f"{receiver.url}&n={number}")
    path = "/webhook-endpoints"
    await house.call("GET", path, token=owner, Tessera_Wait_For=written["position"])
    problem = await register(house, owner, receiver.url, expect=409)
    assert problem["errors"][0]["code"] == "too_many_endpoints"


async def test_only_staff_who_may_see_and_change_endpoints(
    house: House, receiver: Receiver
) -> None:
    community_id, owner = await house.community("olga@example.com")
    registered = await register(house, owner, receiver.url)
    endpoint_id = registered["endpoint_id"]
    _, ada = await house.join("ada@example.com", community_id)
    _, stranger = await house.community("gina@example.com", "go")
    path = f"/webhook-endpoints/{endpoint_id}"
    now = real_now().isoformat()
    writes: list[tuple[str, str, Json | None]] = [
        ("PUT", path, {"url": receiver.url}),
        ("DELETE", path, None),
        ("POST", f"{path}/rotation", {}),
        ("POST", f"{path}/disabling", {}),
        ("POST", f"{path}/enabling", {}),
        ("POST", f"{path}/pings", {}),
        ("POST", f"{path}/replays", {"since": now, "until": now}),
        ("POST", f"{path}/deliveries/{uuid4()}/replay", {}),
        ("GET", f"{path}/deliveries", None),
    ]
    for method, place, body in writes:
        await house.call(method, place, body, token=stranger, expect=404)
        await house.call(method, place, body, token=ada, expect=403)
        await house.call(method, place, body, expect=401)
    assert (await house.call("GET", "/webhook-endpoints", token=stranger))["items"] == []
    await house.call("GET", "/webhook-endpoints", token=ada, expect=403)
    await register(house, ada, receiver.url, expect=403)
    assert (await row(house, owner, endpoint_id))["enabled"]


async def test_a_dry_run_registers_nothing_and_tells_no_secret(
    house: House, receiver: Receiver
) -> None:
    _, owner = await house.community("olga@example.com")
    body = {"url": receiver.url}
    would = await house.call("POST", "/webhook-endpoints?dry_run=true", body, token=owner)
    assert would["secret"] is None
    assert [event["type"] for event in would["would"]["events"]] == ["EndpointRegistered"]
    assert (await house.call("GET", "/webhook-endpoints", token=owner))["items"] == []


async def test_the_log_is_read_page_by_page(house: House, receiver: Receiver) -> None:
    community_id, owner = await house.community("olga@example.com")
    endpoint_id = (await register(house, owner, receiver.url))["endpoint_id"]
    await hear(house, community_id, *range(1, 6))
    await logged(house, owner, endpoint_id, *["delivered"] * 5)
    path = f"/webhook-endpoints/{endpoint_id}/deliveries"
    seen: list[str] = []
    after = ""
    while True:
        page = await house.call("GET", f"{path}?limit=2{after}", token=owner)
        seen += [item["event_id"] for item in page["items"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert seen == receiver.ids[::-1]
    assert await log_of(house, owner, endpoint_id, "?filter[status]=failed") == []
    await house.call("GET", f"{path}?filter[colour]=red", token=owner, expect=422)
    for cursor in ("bm9uc2Vuc2U", "!!!", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5"):
        await house.call("GET", f"{path}?after={cursor}", token=owner, expect=400)


async def test_everybody_sees_what_there_is_to_choose_from(house: House) -> None:
    listed = await house.call("GET", "/public/webhook-event-types")
    types = {item["type"]: item for item in listed["items"]}
    assert {GRANTED, RETIRED} <= set(types)
    assert all(item["meaning"] and item["dataschema"] for item in types.values())


# What is kept


async def test_when_a_person_is_erased_nothing_others_said_is_kept(
    house: House, receiver: Receiver
) -> None:
    community_id, owner = await house.community("olga@example.com")
    ada, _ = await house.join("ada@example.com", community_id, "Ada Lovelace")
    endpoint_id = (await register(house, owner, receiver.url))["endpoint_id"]
    receiver.says = failing(422, "no contact for Ada Lovelace, ada@example.com")
    await hear(house, community_id, 1)
    (item,) = await logged(house, owner, endpoint_id, "retrying")
    assert "Lovelace" in item["excerpt"]
    await house.call("POST", f"/people/{ada}/erasure", {}, token=owner, expect=202)
    await eventually(
        lambda: log_of(house, owner, endpoint_id), lambda items: items[0]["excerpt"] is None
    )
    kept = await house.service.pool.fetch(
        "SELECT d::text AS kept FROM webhook_deliveries d UNION ALL"
        " SELECT q::text FROM webhook_queues q UNION ALL SELECT f::text FROM webhook_feed_v2 f"
    )
    # The whole words: an id may well hold the three letters of the name.
    words = ("lovelace", "ada@example.com")
    assert not [one for one in kept if any(word in one["kept"].lower() for word in words)]


async def test_the_log_is_kept_for_thirty_days(house: House, receiver: Receiver) -> None:
    community_id, owner = await house.community("olga@example.com")
    endpoint_id = (await register(house, owner, receiver.url))["endpoint_id"]
    await hear(house, community_id, 1, 2)
    await logged(house, owner, endpoint_id, "delivered", "delivered")
    await change(house, owner, endpoint_id, "pings")
    await logged(house, owner, endpoint_id, "delivered", "delivered", "delivered")
    pool = house.service.pool
    aged = "UPDATE {} SET {} = clock_timestamp() - $1::interval - interval '1 hour'"
    await pool.execute(aged.format("webhook_deliveries", "last_at") + " WHERE position = 1", KEPT)
    await pool.execute(aged.format("webhook_queues", "done_at") + " WHERE kind = 'ping'", KEPT)
    await pool.execute(aged.format("webhook_errands_v1", "asked_at"), KEPT)
    await Queues(pool).sweep()
    assert len(await log_of(house, owner, endpoint_id)) == 2
    await hear(house, community_id, 3)
    await eventually(lambda: _length(receiver), lambda seen: seen == 4)
    assert numbers(receiver) == [1, 2, 0, 3]
