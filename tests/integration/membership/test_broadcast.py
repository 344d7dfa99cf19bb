"""Announcements: seen first, then sent, each copy at most once, to whom they mean and to nobody who wants none."""

import asyncio
import email
import email.policy
import json
import sys
from collections import Counter
from datetime import timedelta
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest

from services.membership import crowd
from services.membership.broadcast.commands import StartBroadcast, TakeAudience
from services.membership.broadcast.decider import BROADCAST, author_of
from services.membership.broadcast.reactions import take_audience
from services.membership.gateways.gateway import Unreachable, Unsendable, Unsure
from shared.clock import real_now
from shared.command_handler import Origin
from shared.contracts.analytics_risk import AtRiskSeen, RiskOver
from shared.contracts.contract import MoneyValue
from shared.contracts.events_ticket import TicketBought, TicketCancelled
from shared.event_store import Meta
from shared.ids import random_id
from shared.reaction import ActionContext, Ask, Transient
from shared.testing import eventually
from tests.integration.membership.house import House, Json, running
from tests.integration.membership.mail_server import MailServer
from tests.integration.membership.test_member_import import brought, file_of
from tools.house import ROOT

FR: Json = {"language": "fr", "subject": "Simultanée", "text": "Venez **samedi**."}
EN: Json = {"language": "en", "subject": "Simul", "text": "Come on **Saturday**."}


async def draft(house: House, token: str, *texts: Json, **segment: Any) -> str:
    """The announcement, which the read models know."""
    body = {"texts": list(texts or (FR, EN)), "segment": segment}
    drafted = await house.call("POST", "/announcements", body, token=token, expect=201)
    path = f"/announcements/{drafted['announcement_id']}"
    await house.call("GET", path, token=token, Tessera_Wait_For=drafted["position"])
    return path


async def schedule(house: House, token: str, path: str, **at: Any) -> None:
    await house.call("POST", f"{path}/schedule", at, token=token)


async def settled(house: House) -> None:
    """Nothing is under way any more, apart from what the clock brings."""

    async def due() -> bool:
        quiet = await house.service.quiet()
        return quiet.agenda_due == 0 and quiet.readers_behind == 0

    await eventually(due, within=60)


async def a_minute_later(house: House) -> None:
    await settled(house)
    await house.service.move_clock(house.service.clock.now() + timedelta(seconds=61))
    await settled(house)


async def preview(house: House, token: str, path: str) -> tuple[int, int, dict[str, int]]:
    """How many are meant, how many would get it, and who not."""
    told = await house.call("POST", f"{path}/preview", token=token)
    (channel,) = told["channels"]
    out = {left["reason"]: left["people"] for left in told["left_out"]}
    return told["audience"], channel["recipients"], out


async def meant(house: House, token: str, **segment: Any) -> int:
    return (await preview(house, token, await draft(house, token, **segment)))[0]


async def outcomes(house: House, token: str, path: str) -> dict[str, int]:
    told = await house.call("GET", path, token=token)
    return {"sent": told["sent"]} | {left["reason"]: left["people"] for left in told["not_sent"]}


async def sent(house: House, token: str, path: str) -> dict[str, int]:
    await schedule(house, token, path)
    await settled(house)
    return await outcomes(house, token, path)


def announced(house: House) -> list[str]:
    return sorted(one.to for one in house.mailbox.letters if one.template == "announcement")


def bought(community_id: str, gathering_id: UUID, person: str | UUID) -> TicketBought:
    return TicketBought(
        community_id=UUID(community_id),
        occurred_at=real_now(),
        gathering_id=gathering_id,
        ticket_id=random_id(),
        person_id=UUID(str(person)),
        hold_id=random_id(),
        seats=1,
        amount=MoneyValue(minor=0, currency="EUR"),
        origin="free",
    )


async def test_an_announcement_is_seen_first_and_reaches_everybody_in_their_language(
    house: House,
) -> None:
    community_id, owner = await house.community(
        "olga@example.com", brand={"colour": "#aa3355", "logo": "https://chess.example/logo.png"}
    )
    await house.join("ada@example.com", community_id)
    body = {"name": "Bob", "email": "bob@example.com", "language": "en"}
    bobs = await house.token("bob@example.com")
    await house.call("POST", f"/communities/{community_id}/members", body, token=bobs)
    path = await draft(house, owner)
    told = await house.call("POST", f"{path}/preview", token=owner)
    assert (told["audience"], told["channels"]) == (2, [{"channel": "email", "recipients": 2}])
    assert [(each["language"], each["subject"]) for each in told["rendered"]] == [
        ("fr", "Simultanée"),
        ("en", "Simul"),
    ]
    assert "<strong>samedi</strong>" in told["rendered"][0]["html"]
    assert "Venez **samedi**." in told["rendered"][0]["plain"]
    assert announced(house) == []
    assert await sent(house, owner, path) == {"sent": 2}
    (ada,) = house.mailbox.to("ada@example.com")[-1:]
    assert ada.words is not None
    assert ada.words.subject == "Simultanée"
    assert (ada.look.colour, ada.look.logo) == ("#aa3355", "https://chess.example/logo.png")
    bob = house.mailbox.to("bob@example.com")[-1]
    assert bob.words is not None
    assert bob.words.subject == "Simul"
    told = await house.call("GET", path, token=owner)
    assert (told["standing"], told["audience"]) == ("sent", 2)
    assert told["texts"] == [FR, EN]


async def test_who_reads_neither_language_more_easily_gets_the_one_there_is(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    await house.join("ada@example.com", community_id)
    assert await sent(house, owner, await draft(house, owner, EN)) == {"sent": 1}
    letter = house.mailbox.to("ada@example.com")[-1]
    assert letter.language == "en"


async def test_whoever_is_left_out_is_counted_before_and_recorded_after(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    ada, _ = await house.join("ada@example.com", community_id)
    bob, bobs = await house.join("bob@example.com", community_id, "Bob")
    eve, _ = await house.join("eve@example.com", community_id, "Eve")
    out = {"preferences": [{"channel": "email", "kind": "announcement", "wanted": False}]}
    await house.call("PUT", f"/people/{bob}/preferences", out, token=bobs)
    house.mailbox.failure = Unsendable("address_refused")
    first = await draft(house, owner)
    assert await sent(house, owner, first) == {"sent": 0, "address_refused": 2, "opted_out": 1}
    house.mailbox.failure = None
    second = await draft(house, owner)
    assert await preview(house, owner, second) == (3, 0, {"bounced": 2, "opted_out": 1})
    assert await sent(house, owner, second) == {"sent": 0, "bounced": 2, "opted_out": 1}
    assert announced(house) == []
    listed = await house.call("GET", f"{second}/copies?filter[outcome]=bounced", token=owner)
    assert [copy["person_id"] for copy in listed["items"]] == sorted([ada, eve])
    told = await house.call("GET", f"/people/{bob}/messages", token=owner)
    assert [message["not_sent"] for message in told["items"]] == ["opted_out", "opted_out"]


async def test_a_segment_is_who_meets_all_of_its_conditions(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    gold = await house.tier(owner, "Gold", paid=True)
    silver = await house.tier(owner, "Silver", paid=True)
    people = [(await house.join(f"m{n}@example.com", community_id))[0] for n in range(3)]
    for person in people[:2]:
        gift = {"tier_id": gold}
        await house.call("POST", f"/people/{person}/gifts", gift, token=owner, expect=201)
    await settled(house)
    now = real_now()
    assert await meant(house, owner) == 3
    assert await meant(house, owner, tiers=[gold]) == 2
    assert await meant(house, owner, tiers=[silver]) == 0
    assert await meant(house, owner, tiers=[gold, silver]) == 2
    assert await meant(house, owner, access="live") == 2
    assert await meant(house, owner, access="none") == 1
    assert await meant(house, owner, tiers=[gold], access="none") == 0
    assert await meant(house, owner, joined_before=now.isoformat()) == 3
    assert await meant(house, owner, joined_from=now.isoformat()) == 0
    long_ago = (now - timedelta(days=9)).isoformat()
    assert await meant(house, owner, joined_from=long_ago, joined_before=long_ago) == 0


async def test_who_may_be_about_to_go_is_meant_until_they_come_back(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    elsewhere, _ = await house.community("eve@example.com", "go")
    ada, adas = await house.join("ada@example.com", community_id)
    bob, _ = await house.join("bob@example.com", community_id, "Bob")
    dan, _ = await house.join("dan@example.com", elsewhere, "Dan")

    async def seen(person: str, place: str = community_id) -> None:
        at_risk = AtRiskSeen(
            community_id=UUID(place),
            occurred_at=real_now(),
            person_id=UUID(person),
            reasons=("payment_failing",),
        )
        await house.hear(at_risk, UUID(person))

    assert await meant(house, owner, at_risk=True) == 0
    await seen(ada)
    await seen(ada)
    await seen(bob)
    await seen(dan, elsewhere)
    await house.hear(
        AtRiskSeen(
            community_id=UUID(community_id),
            occurred_at=real_now(),
            person_id=random_id(),
            reasons=("leaving",),
        )
    )
    await settled(house)
    path = await draft(house, owner, at_risk=True)
    assert await preview(house, owner, path) == (2, 2, {})
    assert await meant(house, owner, at_risk=True, access="live") == 0
    assert await meant(house, owner) == 2
    over = RiskOver(community_id=UUID(community_id), occurred_at=real_now(), person_id=UUID(bob))
    await house.hear(over, UUID(bob))
    await settled(house)
    assert await preview(house, owner, path) == (1, 1, {})
    assert await sent(house, owner, path) == {"sent": 1}
    assert announced(house) == ["ada@example.com"]
    await house.call("POST", f"/people/{ada}/erasure", {}, token=adas, expect=202)
    await settled(house)
    assert await house.service.pool.fetchval("SELECT count(*) FROM at_risk_v1") == 2


async def test_only_members_are_meant_as_at_risk_even_among_ticket_holders(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    guest, gathering_id = random_id(), random_id()
    here: Json = {"community_id": UUID(community_id), "occurred_at": real_now()}
    await house.hear(AtRiskSeen(**here, person_id=guest, reasons=("leaving",)), guest)
    async with house.service.pool.acquire() as connection:
        await connection.execute(
            "INSERT INTO ticket_holders_v1 VALUES ($1, $2, $3, $4)",
            random_id(), UUID(community_id), gathering_id, guest,
        )  # fmt: skip
    await settled(house)
    assert await meant(house, owner, gathering_id=str(gathering_id)) == 1
    assert await meant(house, owner, gathering_id=str(gathering_id), at_risk=True) == 0


async def test_ticket_holders_are_meant_wherever_they_stand(house: House) -> None:
    """Who left the community still goes to the gathering; whom nobody knows by an address is counted."""
    community_id, owner = await house.community("olga@example.com")
    elsewhere, _ = await house.community("eve@example.com", "go")
    gathering, other = random_id(), random_id()
    ada, adas = await house.join("ada@example.com", community_id)
    bob, _ = await house.join("bob@example.com", community_id, "Bob")
    cyd, _ = await house.join("cyd@example.com", community_id, "Cyd")
    dan, _ = await house.join("dan@example.com", community_id, "Dan")
    tickets = [bought(community_id, gathering, person) for person in (ada, ada, bob, cyd)]
    for ticket in tickets:
        await house.hear(ticket, ticket.ticket_id)
    await house.hear(bought(community_id, gathering, random_id()))
    await house.hear(bought(community_id, other, dan))
    await house.hear(bought(elsewhere, gathering, random_id()))
    gone = tickets[3]
    fields = gone.model_dump(
        include={"community_id", "occurred_at", "gathering_id", "ticket_id", "person_id"}
    )
    await house.hear(TicketCancelled(**fields), gone.ticket_id)
    await house.call("POST", "/me/departure", {}, token=adas)
    await house.call("POST", f"/people/{bob}/ban", {}, token=owner)
    await settled(house)
    path = await draft(house, owner, gathering_id=str(gathering))
    assert await preview(house, owner, path) == (3, 1, {"not_a_member": 1, "unknown_person": 1})
    assert await sent(house, owner, path) == {"sent": 1, "not_a_member": 1, "unknown_person": 1}
    assert announced(house) == ["ada@example.com"]


async def test_it_goes_out_when_it_is_due_and_not_before(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    await house.join("ada@example.com", community_id)
    path = await draft(house, owner)
    noon, later = real_now() + timedelta(hours=1), real_now() + timedelta(days=2)
    await schedule(house, owner, path, at=noon.isoformat())
    await schedule(house, owner, path, at=later.isoformat())
    await house.service.move_clock(noon + timedelta(minutes=1))
    await settled(house)
    assert announced(house) == []
    await house.join("bob@example.com", community_id, "Bob")
    await house.service.move_clock(later + timedelta(seconds=1))
    await settled(house)
    assert announced(house) == ["ada@example.com", "bob@example.com"]


async def test_copies_go_so_many_a_minute_and_whoever_opts_out_meanwhile_is_spared(
    database_url: str,
) -> None:
    async with running(database_url, announcement_letters=2) as house:
        community_id, owner = await house.community("olga@example.com")
        people = {}
        for n in range(5):
            person, token = await house.join(f"m{n}@example.com", community_id)
            people[person] = (f"m{n}@example.com", token)
        path = await draft(house, owner)
        assert await sent(house, owner, path) == {"sent": 2}
        last = max(people)
        out = {"preferences": [{"channel": "email", "kind": "announcement", "wanted": False}]}
        await house.call("PUT", f"/people/{last}/preferences", out, token=people[last][1])
        await a_minute_later(house)
        assert await outcomes(house, owner, path) == {"sent": 4}
        assert (await house.call("GET", path, token=owner))["standing"] == "sending"
        await a_minute_later(house)
        assert await outcomes(house, owner, path) == {"sent": 4, "opted_out": 1}
        assert people[last][0] not in announced(house)
        assert (await house.call("GET", path, token=owner))["standing"] == "sent"


async def test_it_can_be_stopped_while_it_goes_out(database_url: str) -> None:
    async with running(database_url, announcement_letters=1) as house:
        community_id, owner = await house.community("olga@example.com")
        for n in range(3):
            await house.join(f"m{n}@example.com", community_id)
        path = await draft(house, owner)
        assert await sent(house, owner, path) == {"sent": 1}
        await house.call("POST", f"{path}/cancellation", {}, token=owner)
        await a_minute_later(house)
        await a_minute_later(house)
        assert len(announced(house)) == 1
        assert (await house.call("GET", path, token=owner))["standing"] == "cancelled"
        await house.call("POST", f"{path}/cancellation", {}, token=owner)
        await house.call("POST", f"{path}/schedule", {}, token=owner, expect=409)


async def test_a_mail_server_that_is_away_is_waited_for_and_has_each_copy_once(
    house: House,
) -> None:
    community_id, owner = await house.community("olga@example.com")
    await house.join("ada@example.com", community_id)
    await house.join("bob@example.com", community_id, "Bob")
    house.mailbox.failure = Unreachable("away")
    path = await draft(house, owner)
    await schedule(house, owner, path)

    async def tries() -> int:
        count: int = await house.service.pool.fetchval(
            "SELECT coalesce(max(attempts), 0) FROM agenda WHERE name LIKE '%send_copy'"
        )
        return count

    await eventually(tries, lambda count: count >= 2)
    assert await outcomes(house, owner, path) == {"sent": 0}
    house.mailbox.failure = None
    await settled(house)
    assert await outcomes(house, owner, path) == {"sent": 2}
    assert announced(house) == ["ada@example.com", "bob@example.com"]
    refused = await house.call("POST", f"{path}/cancellation", {}, token=owner, expect=409)
    assert refused["type"] == "urn:tessera:problem:announcement_sent"


async def test_nothing_is_sent_twice_when_nobody_knows_whether_it_was(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    await house.join("ada@example.com", community_id)
    house.mailbox.failure = Unsure("It hung up when it had everything.")
    path = await draft(house, owner)
    assert await sent(house, owner, path) == {"sent": 0, "outcome_unknown": 1}
    house.mailbox.failure = None
    await a_minute_later(house)
    assert announced(house) == []


async def test_whatever_is_done_again_sends_nothing_again(house: House) -> None:
    """As after a crash between any deed and its mark."""
    community_id, owner = await house.community("olga@example.com")
    for n in range(5):
        await house.join(f"m{n}@example.com", community_id)
    path = await draft(house, owner)
    assert await sent(house, owner, path) == {"sent": 5}
    count = "SELECT count(*) FROM events"
    before = await house.service.pool.fetchval(count)
    for _ in range(2):
        await house.service.pool.execute(
            "UPDATE agenda SET state = 'waiting', claimed_until = NULL, attempts = 0"
            " WHERE state = 'done' AND (name LIKE '%broadcast%' OR name LIKE '%copies%')"
        )
        await settled(house)
    assert await house.service.pool.fetchval(count) == before
    assert len(announced(house)) == 5


async def test_nobody_is_left_out_because_it_is_not_known_yet_that_they_came(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As while a worker builds a new version of what members are listed by."""
    monkeypatch.setattr(crowd, "LOOKS", 2)
    async with running(database_url, turning=False) as house:
        community_id, owner = await house.community("olga@example.com")
        await house.join("ada@example.com", community_id)
        body = {"texts": [EN], "segment": {}}
        drafted = await house.call("POST", "/announcements", body, token=owner, expect=201)
        announcement_id = UUID(drafted["announcement_id"])
        due = house.service.clock.now() + timedelta(hours=1)
        await schedule(house, owner, f"/announcements/{announcement_id}", at=due.isoformat())
        key, scope = random_id(), UUID(community_id)
        start = Ask(BROADCAST, announcement_id, StartBroadcast(due))
        await house.service.handler.handle([start], Origin(key, scope, due, Meta(key, key)))
        context = ActionContext(key, 1, scope, due, house.service)
        with pytest.raises(Transient):
            await take_audience(TakeAudience(announcement_id), context)


async def test_the_same_draft_and_the_same_schedule_asked_for_twice_are_one(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    await house.join("ada@example.com", community_id)
    body = {"texts": [FR]}
    first, again = [
        await house.call("POST", "/announcements", body, token=owner, Idempotency_Key="monday")
        for _ in range(2)
    ]
    assert first == again
    path = f"/announcements/{first['announcement_id']}"
    for _ in range(2):
        await house.call("POST", f"{path}/schedule", {}, token=owner, Idempotency_Key="now")
    await settled(house)
    assert announced(house) == ["ada@example.com"]
    listed = await house.call("GET", "/announcements", token=owner)
    assert [(each["standing"], each["audience"]) for each in listed["items"]] == [("sent", 1)]


async def test_it_is_written_anew_until_it_goes_out(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    await house.join("ada@example.com", community_id)
    path = await draft(house, owner, FR)
    await house.call("PUT", path, {"texts": [EN]}, token=owner)
    assert (await house.call("GET", path, token=owner))["texts"] == [EN]
    assert await sent(house, owner, path) == {"sent": 1}
    words = house.mailbox.to("ada@example.com")[-1].words
    assert words is not None
    assert words.subject == "Simul"
    await house.call("PUT", path, {"texts": [FR]}, token=owner, expect=409)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"texts": []},
        {"texts": [FR, FR]},
        {"texts": [{**FR, "language": "de"}]},
        {"texts": [{**FR, "subject": ""}]},
        {"texts": [{**FR, "subject": "a\nBcc: eve@example.com"}]},
        {"texts": [{**FR, "text": " "}]},
        {"texts": [{**FR, "text": "é" * 10_500}]},
        {"texts": [{**FR, "text": '"' * 10_500}]},
        {"texts": [FR], "segment": {"tiers": [str(UUID(int=1))]}},
        {"texts": [FR], "segment": {"access": "maybe"}},
        {"texts": [FR], "segment": {"joined_from": "2026-01-01T00:00:00"}},
        {"texts": [FR], "segment": {"at_risk": "maybe"}},
    ],
)
async def test_an_announcement_that_makes_no_sense_is_refused(house: House, body: Json) -> None:
    _, owner = await house.community("olga@example.com")
    await house.call("POST", "/announcements", body, token=owner, expect=422)


async def test_a_text_is_forgotten_for_good(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    await house.join("ada@example.com", community_id)
    path = await draft(house, owner)
    await house.call("POST", f"{path}/erasure", {}, token=owner, expect=409)
    assert await sent(house, owner, path) == {"sent": 1}
    for _ in range(2):
        await house.call("POST", f"{path}/erasure", {}, token=owner, expect=202)
    await settled(house)
    told = await house.call("GET", path, token=owner)
    assert (told["texts"], told["sent"]) == ([], 1)
    assert (await house.call("POST", f"{path}/preview", token=owner))["rendered"] == []
    author = author_of(UUID(path.rpartition("/")[2]))
    left = "SELECT count(*) FROM membership_personal.keys WHERE person_id = $1"
    assert await house.service.pool.fetchval(left, author) == 0


async def test_the_longest_texts_in_both_languages_are_kept(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    await house.join("ada@example.com", community_id)
    long = [{**text, "subject": "é" * 200, "text": "é" * 10_000} for text in (FR, EN)]
    path = await draft(house, owner, *long)
    assert (await house.call("GET", path, token=owner))["texts"] == long
    assert await sent(house, owner, path) == {"sent": 1}


async def test_announcements_are_their_communitys_and_need_the_permission(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    _, member = await house.join("ada@example.com", community_id)
    _, elsewhere = await house.community("eve@example.com", "go")
    path = await draft(house, owner)
    body = {"texts": [FR]}
    for method, door, told in (
        ("POST", f"{path}/preview", None),
        ("POST", f"{path}/schedule", {}),
        ("POST", f"{path}/cancellation", {}),
        ("POST", f"{path}/erasure", {}),
        ("PUT", path, body),
        ("GET", path, None),
        ("GET", f"{path}/copies", None),
    ):
        await house.call(method, door, told, token=elsewhere, expect=404)
        await house.call(method, door, told, token=member, expect=403)
        await house.call(method, door, told, expect=401)
    await house.call("POST", "/announcements", body, token=member, expect=403)
    assert (await house.call("GET", "/announcements", token=elsewhere))["items"] == []
    refused = await house.call(
        "POST", f"{path}/schedule", {"at": "2020-01-01T00:00:00Z"}, token=owner, expect=422
    )
    assert refused["errors"][0]["pointer"] == "/at"


def parsed(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


async def test_one_click_in_a_real_letter_is_the_end_of_announcements(
    database_url: str, server: MailServer
) -> None:
    async with running(database_url) as house:
        community_id, owner = await house.community("olga@example.com")
        ada, _ = await house.join("ada@example.com", community_id)
        keys = keys_of(house)
    more: Json = {**keys, "by_smtp": True, "smtp": f"127.0.0.1:{server.port}"}
    async with running(database_url, **more) as house:
        assert await sent(house, owner, await draft(house, owner)) == {"sent": 1}
        message = parsed(server.taken[0])
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        door = urlsplit(message["List-Unsubscribe"].strip("<>"))
        answer = await house.client.post(
            f"http://tessera.test{door.path}", data={"List-Unsubscribe": "One-Click"}
        )
        assert answer.status_code == 200, answer.text
        assert await sent(house, owner, await draft(house, owner)) == {"sent": 0, "opted_out": 1}
        assert len(server.taken) == 1
        told = await house.call("GET", f"/people/{ada}/preferences", token=owner)
        assert [each["kind"] for each in told["preferences"] if not each["wanted"]] == [
            "announcement"
        ]


def keys_of(house: House) -> Json:
    settings = house.service.settings
    return {
        "token_key": settings.token_key.get_secret_value(),
        "token_keys": settings.token_keys,
    }


@pytest.mark.timeout(300)  # It starts a process of its own, on whatever machine this is.
async def test_a_worker_killed_in_the_middle_sends_nothing_twice(
    database_url: str, server: MailServer
) -> None:
    """What it was handing over when it died is not known to have arrived, and says so."""
    everybody = [f"m{n}@example.com" for n in range(40)]
    async with running(database_url) as house:
        _, owner = await house.community("olga@example.com")
        await brought(house, owner, file_of(*(f"M,{address},,," for address in everybody)))
        path = await draft(house, owner)
        keys = keys_of(house)
    server.seconds = 0.3
    async with running(database_url, turning=False, **keys) as house:
        await schedule(house, owner, path)
        told = {"database_url": database_url, "port": server.port, "keys": keys}
        worker = await asyncio.create_subprocess_exec(
            sys.executable, "-c", WORKER, json.dumps(told), cwd=ROOT
        )
        try:

            async def taken() -> int:
                return copies(server).total()

            await eventually(taken, lambda count: count >= 18, within=120)
        finally:
            worker.kill()
            await worker.wait()
    assert copies(server).total() < 40
    server.seconds = 0.0
    more: Json = {**keys, "by_smtp": True, "smtp": f"127.0.0.1:{server.port}"}
    async with running(database_url, **more) as house:
        counted = await eventually(
            lambda: outcomes(house, owner, path),
            lambda seen: sum(seen.values()) == 40,
            within=90,
        )
    arrived = copies(server)
    assert arrived.total() == len(arrived), "nobody has it twice"
    assert set(counted) == {"sent", "outcome_unknown"}
    assert counted["sent"] <= len(arrived) <= 40


def copies(server: MailServer) -> Counter[str]:
    """Whom the announcement has reached; the letters of the import are none of it."""
    messages = [parsed(raw) for raw in server.taken]
    return Counter(str(each["To"]) for each in messages if each["List-Unsubscribe"])


WORKER = """
import asyncio, json, sys
from tests.integration.membership.house import running

async def work(database_url, port, keys):
    async with running(database_url, by_smtp=True, smtp=f"127.0.0.1:{port}", **keys):
        await asyncio.Event().wait()

asyncio.run(work(**json.loads(sys.argv[1])))
"""
