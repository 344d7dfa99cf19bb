"""Who wants to is written to on Discord: once, whoever asked; what is not taken there goes by mail."""

from typing import Any
from uuid import UUID

import pytest

from shared.clock import real_now
from shared.contracts import events_message
from tests.integration.membership.club import Ada, Club
from tests.integration.membership.house import Json

EN: Json = {"language": "en", "subject": "Simul", "text": "Come on **Saturday**."}


@pytest.fixture
async def ada(club: Club) -> Ada:
    """Somebody on the server who has linked their account."""
    person = await club.join()
    club.guild.members[person.user] = set()
    await person.link(expect=201)
    return person


async def choose(ada: Ada, kind: str, *channels: str, **more: Any) -> Json:
    body = {"channels": list(channels)}
    return await ada.house.call("PUT", f"/me/channels/{kind}", body, token=ada.token, **more)


async def ask(ada: Ada, template: str = "goal_reminder") -> None:
    """Another service wants them told."""
    message = events_message.MessageRequested(
        community_id=UUID(ada.community_id),
        occurred_at=real_now(),
        person_id=UUID(ada.person_id),
        template=template,
        values={"gathering": "Blitz"},
        link="/goal",
    )
    await ada.house.hear(message)
    await ada.house.quiet()


async def announce(ada: Ada) -> str:
    house, owner = ada.house, ada.club.owner
    body = {"texts": [EN], "segment": {}}
    drafted = await house.call("POST", "/announcements", body, token=owner, expect=201)
    path = f"/announcements/{drafted['announcement_id']}"
    await house.call("POST", f"{path}/schedule", {}, token=owner)
    await house.quiet()
    return path


async def messages(ada: Ada) -> list[tuple[str, str | None]]:
    """By which channel each went, and why not."""
    path = f"/people/{ada.person_id}/messages"
    told = await ada.house.call("GET", path, token=ada.token)
    found = [(one["channel"], one["not_sent"]) for one in told["items"]]
    return sorted(found, key=str)


def direct(ada: Ada) -> list[str]:
    return ada.club.discord.directs_to(ada.user)


def mailed(ada: Ada, template: str = "goal_reminder") -> int:
    return len([one for one in ada.house.mailbox.letters if one.template == template])


async def test_what_is_chosen_comes_on_discord_and_not_by_mail(ada: Ada) -> None:
    await choose(ada, "reminder", "discord")
    await ask(ada)
    (text,) = direct(ada)
    assert text.startswith("**Chess Club · ")
    assert "/goal" in text
    assert "Ne plus en recevoir" in text, "in the language of the person"
    assert mailed(ada) == 0
    assert await messages(ada) == [("discord", None)]


async def test_both_channels_are_both_and_each_is_once_however_often_it_is_done(ada: Ada) -> None:
    await choose(ada, "reminder", "email", "discord")
    await ask(ada)
    count = "SELECT count(*) FROM events"
    before = await ada.house.service.pool.fetchval(count)
    for _ in range(2):
        await ada.house.service.pool.execute(
            "UPDATE agenda SET state = 'waiting', claimed_until = NULL, attempts = 0"
            " WHERE state = 'done'"
        )
        await ada.house.quiet()
    assert await ada.house.service.pool.fetchval(count) == before
    assert (len(direct(ada)), mailed(ada)) == (1, 1)
    assert await messages(ada) == [("discord", None), ("email", None)]


async def test_until_somebody_chooses_everything_is_as_it_was(ada: Ada) -> None:
    await ask(ada)
    assert (len(direct(ada)), mailed(ada)) == (0, 1)
    told = await ada.house.call("GET", f"/people/{ada.person_id}/preferences", token=ada.token)
    assert told["linked"] == ["email", "discord"]
    assert {one["mail"] for one in told["channels"]} == {"too"}
    written = await ada.house.service.pool.fetch("SELECT DISTINCT type FROM events")
    assert {row["type"] for row in written}.isdisjoint(
        {
            "ChannelsChosen",
            "MessageDirected",
            "DirectAsked",
            "DirectSent",
            "DirectNotSent",
            "MailInsteadAsked",
        }
    )


async def test_what_discord_refuses_goes_by_mail_and_says_what_to_do(ada: Ada) -> None:
    await choose(ada, "reminder", "discord")
    ada.club.discord.closed.add(ada.user)
    await ask(ada)
    assert (len(direct(ada)), mailed(ada)) == (0, 1)
    assert await messages(ada) == [("discord", "messages_closed"), ("email", None)]
    path = f"/people/{ada.person_id}/messages"
    told = await ada.house.call("GET", path, token=ada.token)
    (refused,) = [one for one in told["items"] if one["not_sent"]]
    assert "settings" in refused["detail"]


async def test_who_wants_no_mail_gets_none_even_where_discord_refuses(ada: Ada) -> None:
    await choose(ada, "reminder", "discord")
    out = {"preferences": [{"channel": "email", "kind": "reminder", "wanted": False}]}
    await ada.house.call("PUT", f"/people/{ada.person_id}/preferences", out, token=ada.token)
    await ask(ada)
    assert (len(direct(ada)), mailed(ada)) == (1, 0)
    ada.club.discord.closed.add(ada.user)
    await ask(ada)
    assert (len(direct(ada)), mailed(ada)) == (1, 0)
    assert await messages(ada) == [("discord", "messages_closed"), ("discord", None)]


async def test_what_may_have_gone_is_not_sent_again(ada: Ada) -> None:
    """The answer is lost, and the worker asks again when Discord has long forgotten the nonce."""
    await choose(ada, "reminder", "discord")
    ada.club.discord.break_down("write")
    ada.club.discord.fail("open_conversation", 503)
    ada.club.discord.forgets_nonces = True
    await ask(ada)
    await ada.house.eventually(lambda: messages(ada), [("discord", None)])
    assert len(direct(ada)) == 1
    assert ada.club.discord.asked["read"] == 2, "it was looked for, not written again"


async def test_a_crash_between_sending_and_recording_sends_nothing_again(ada: Ada) -> None:
    await choose(ada, "reminder", "discord")
    write, deeds = ada.house.service.gateways["chat"].write, []

    async def die_once(account: str, message: Any) -> None:
        await write(account, message)
        deeds.append(message)
        if len(deeds) == 1:
            raise ConnectionError("The worker is gone.")

    ada.club.discord.forgets_nonces = True
    ada.house.service.gateways["chat"].write = die_once
    await ask(ada)
    await ada.house.eventually(lambda: messages(ada), [("discord", None)])
    assert len(deeds) == 2
    assert len(direct(ada)) == 1


async def test_when_discord_says_wait_it_is_waited_for_and_mail_does_not_wait(ada: Ada) -> None:
    await choose(ada, "transactional", "email", "discord")
    ada.club.discord.limits["write"] = 0, 1.0
    message = events_message.MessageRequested(
        community_id=UUID(ada.community_id),
        occurred_at=real_now(),
        person_id=UUID(ada.person_id),
        template="ticket_cancelled",
        values={"gathering": "Blitz"},
    )
    await ada.house.hear(message)
    await ada.house.eventually(lambda: messages(ada), [("email", None)])
    assert direct(ada) == []
    ada.club.discord.limits["write"] = 10, 1.0
    await ada.house.eventually(lambda: messages(ada), [("discord", None), ("email", None)])
    assert len(direct(ada)) == 1


async def test_a_channel_that_is_not_linked_is_not_chosen(club: Club) -> None:
    ada = await club.join()
    problem = await choose(ada, "reminder", "discord", expect=422)
    assert problem["errors"][0]["code"] == "channel_not_linked"
    assert problem["errors"][0]["pointer"] == "/channels"
    problem = await choose(ada, "transactional", "discord", expect=422)
    await choose(ada, "reminder", "pigeon", expect=422)
    problem = await choose(ada, "reminder", expect=422)
    assert problem["errors"][0]["code"] == "no_channel"
    await choose(ada, "horoscope", "email", expect=422)


async def test_what_is_transactional_keeps_coming_by_mail(ada: Ada) -> None:
    problem = await choose(ada, "transactional", "discord", expect=422)
    assert problem["errors"][0]["code"] == "always_by_email"
    await choose(ada, "transactional", "discord", "email")
    await ask(ada, "ticket_cancelled")
    assert (len(direct(ada)), mailed(ada, "ticket_cancelled")) == (1, 1)


async def test_who_unlinks_is_written_to_by_mail_again(ada: Ada) -> None:
    await choose(ada, "reminder", "discord")
    await ada.house.call("POST", "/me/chat/account/removal", {}, token=ada.token)
    await ask(ada)
    assert (len(direct(ada)), mailed(ada)) == (0, 1)
    told = await ada.house.call("GET", f"/people/{ada.person_id}/preferences", token=ada.token)
    (reminder,) = [one for one in told["channels"] if one["kind"] == "reminder"]
    assert reminder == {"kind": "reminder", "channels": ["discord"], "others": [], "mail": "too"}


async def test_an_announcement_comes_on_discord_once(ada: Ada) -> None:
    await choose(ada, "announcement", "discord")
    await announce(ada)
    (text,) = direct(ada)
    assert "Come on **Saturday**." in text
    assert mailed(ada, "announcement") == 0


async def test_a_preview_and_an_announcement_count_each_channel(ada: Ada) -> None:
    bob, eve = await ada.club.join("bob@example.com"), await ada.club.join("eve@example.com")
    ada.club.guild.members[bob.user] = set()
    await bob.link(expect=201)
    await choose(ada, "announcement", "discord")
    await choose(bob, "announcement", "email", "discord")
    out = {"preferences": [{"channel": "email", "kind": "announcement", "wanted": False}]}
    for person in (ada, eve):
        path = f"/people/{person.person_id}/preferences"
        await ada.house.call("PUT", path, out, token=person.token)
    await ada.house.quiet()
    body = {"texts": [EN], "segment": {}}
    drafted = await ada.house.call("POST", "/announcements", body, token=ada.club.owner)
    path = f"/announcements/{drafted['announcement_id']}"
    seen = await ada.house.call("POST", f"{path}/preview", token=ada.club.owner)
    assert seen["audience"] == 3
    assert seen["channels"] == [{"channel": "email", "recipients": 1}]
    assert seen["others"] == [{"channel": "discord", "recipients": 2}]
    assert seen["left_out"] == [{"reason": "opted_out", "people": 1}]
    ada.club.discord.closed.add(bob.user)
    await ada.house.call("POST", f"{path}/schedule", {}, token=ada.club.owner)
    await ada.house.quiet()
    told = await ada.house.call("GET", path, token=ada.club.owner)
    assert told["sent"] == 1
    assert told["not_sent"] == [{"reason": "opted_out", "people": 1}]
    assert told["others"] == [{"channel": "discord", "sent": 1, "not_sent": 1}]


async def test_an_announcement_that_discord_refuses_goes_by_mail_once(ada: Ada) -> None:
    await choose(ada, "announcement", "discord")
    ada.club.discord.closed.add(ada.user)
    await announce(ada)
    assert (len(direct(ada)), mailed(ada, "announcement")) == (0, 1)


async def test_nobody_chooses_for_somebody_else(ada: Ada) -> None:
    await ada.house.call("PUT", "/me/channels/reminder", {"channels": ["email"]}, expect=401)
    ownerless = {"channels": ["discord"]}
    await ada.house.call(
        "PUT", "/me/channels/reminder", ownerless, token=ada.club.owner, expect=403
    )


async def test_what_was_chosen_is_taken_out_and_who_is_erased_is_not_written_to(ada: Ada) -> None:
    await choose(ada, "reminder", "discord")
    await ask(ada)
    data = await ada.house.call("GET", "/me/data", token=ada.token)
    assert "ChannelsChosen" in str(data)
    assert "DirectSent" in str(data)
    path = f"/people/{ada.person_id}/erasure"
    await ada.house.call("POST", path, {}, token=ada.token, expect=202)
    await ada.house.quiet()
    await ask(ada)
    assert len(direct(ada)) == 1
    everything = await ada.house.service.pool.fetchval(
        "SELECT coalesce((SELECT string_agg(data::text, ' ') FROM events), '') ||"
        " coalesce((SELECT string_agg(payload::text, ' ') FROM agenda), '')"
    )
    assert ada.user not in everything, "the account was never in clear"
    left = await ada.house.service.pool.fetchval("SELECT count(*) FROM channels_chosen_v1")
    assert left == 0
