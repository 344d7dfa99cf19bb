"""Our requests have Discord's shape, its refusals become words of ours, and its patience is respected."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable
from dataclasses import replace
from time import monotonic
from typing import Any

import pytest
from openapi_core.datatypes import RequestParameters

from services.membership.gateways import discord_gateway
from services.membership.gateways.discord_gateway import DiscordGateway
from services.membership.gateways.gateway import (
    ChatMessage,
    ChatRefused,
    Undeliverable,
    Unreachable,
    Unsure,
    Unwelcome,
)
from shared.clock import real_now
from shared.ids import random_id
from tests.doubles import openapi
from tests.doubles.discord import BASE, CLIENT_ID, CLIENT_SECRET, MANAGE_ROLES, TOKEN, Discord
from tests.doubles.serving import serving

STATE = "state"
MEMBERS = "/guilds/{guild_id}/members"
MEMBER = MEMBERS + "/{user_id}"
Json = dict[str, Any]
Given = tuple[Discord, DiscordGateway]


@pytest.fixture
async def given() -> AsyncIterator[Given]:
    discord = Discord()
    async with serving(discord) as address:
        gateway = gateway_to(address)
        try:
            yield discord, gateway
        finally:
            await gateway.close()
    assert discord.wrong == []


def gateway_to(
    address: str, token: str = TOKEN, client_secret: str = CLIENT_SECRET
) -> DiscordGateway:
    return DiscordGateway(
        token,
        CLIENT_ID,
        client_secret,
        url=address + BASE,
        origin="https://tessera.test",
        back="https://tessera.test/discord",
    )


async def token_of(discord: Discord, gateway: DiscordGateway, user: str) -> str:
    code, _ = discord.consent(gateway.account_url(STATE), user)
    return (await gateway.authorized(code)).access_token


async def refused(awaited: Awaitable[object]) -> str:
    with pytest.raises(ChatRefused) as refusal:
        await awaited
    return refusal.value.problem


def test_the_double_can_be_judged_by_discords_own_document() -> None:
    if openapi.path_of("discord") is None:
        pytest.skip("TESSERA_VENDOR_SPECS names no folder with discord.openapi.json")
    spec = Discord().spec
    assert spec is not None
    ada: Json = {"guild_id": "1", "user_id": "2"}
    bot = {"Authorization": "Bot token"}
    join = {"access_token": "token"}

    def wrong(method: str, template: str, body: Json | None, **parameters: Json) -> list[str]:
        told = RequestParameters(**{"header": bot, "path": ada} | parameters)
        raw = None if body is None else json.dumps(body).encode()
        return spec.wrong_request(openapi.Asked(method, template, told, raw))

    assert not wrong("put", MEMBER, join)
    assert wrong("put", MEMBER, {"roles": ["1"]})
    assert wrong("put", MEMBER, None)
    assert wrong("put", MEMBER, join, path={"guild_id": "1", "user_id": "ada"})
    assert wrong("put", MEMBER, join, header={})
    assert wrong("get", MEMBER, {})
    assert not wrong("get", MEMBERS, None, query={"limit": "1000", "after": "0"})
    assert wrong("get", MEMBERS, None, query={"limit": "1001"})
    assert wrong("get", MEMBERS, None, query={"most": "1000"})
    channel: Json = {"path": {"channel_id": "1"}}
    assert wrong("post", "/channels/{channel_id}/invites", {"max_uses": 101}, **channel)
    assert wrong("post", "/channels/{channel_id}/messages", {"nonce": "n" * 26}, **channel)
    assert wrong("post", "/users/@me/channels", {"recipient_id": "ada"})


def test_the_doubles_answers_can_be_judged_by_discords_own_document() -> None:
    if openapi.path_of("discord") is None:
        pytest.skip("TESSERA_VENDOR_SPECS names no folder with discord.openapi.json")
    spec = Discord().spec
    assert spec is not None
    kick = openapi.Asked("delete", MEMBER, RequestParameters())
    assert not spec.wrong_answer(kick, openapi.Answered(204))
    assert spec.wrong_answer(kick, openapi.Answered(204, b"{}"))
    assert spec.wrong_answer(kick, openapi.Answered(201))
    assert spec.wrong_answer(kick, openapi.Answered(400, b'{"message": 1}'))
    slow = b'{"code": 0, "message": "Slow down.", "retry_after": 1.0, "global": false}'
    assert not spec.wrong_answer(kick, openapi.Answered(429, slow))
    often = {"X-RateLimit-Limit": "often"}
    assert spec.wrong_answer(kick, openapi.Answered(429, slow, often))
    look = openapi.Asked("get", MEMBER, RequestParameters())
    assert spec.wrong_answer(look, openapi.Answered(200, b'{"roles": []}'))


async def test_a_person_is_let_onto_a_server_and_has_no_role_there_yet(given: Given) -> None:
    discord, gateway = given
    guild, _ = discord.guild(1)
    ada = discord.user()
    token = await token_of(discord, gateway, ada)
    assert await gateway.account_of(token) == ada
    assert await gateway.join(guild.id, ada, token)
    assert guild.members[ada] == set()
    assert await gateway.roles_of(guild.id, ada) == frozenset()


async def test_who_is_there_already_is_not_let_in_and_keeps_what_they_have(given: Given) -> None:
    discord, gateway = given
    guild, (gold,) = discord.guild(1)
    ada = discord.user()
    guild.members[ada] = {gold}
    token = await token_of(discord, gateway, ada)
    assert not await gateway.join(guild.id, ada, token)
    assert guild.members[ada] == {gold}


async def test_roles_come_and_go_and_both_may_be_repeated(given: Given) -> None:
    discord, gateway = given
    guild, (gold, silver) = discord.guild(1, 2)
    ada = discord.user()
    guild.members[ada] = {silver}
    for _ in range(2):
        await gateway.add_role(guild.id, ada, gold)
    assert guild.members[ada] == {gold, silver}
    for _ in range(2):
        await gateway.remove_role(guild.id, ada, gold)
    assert guild.members[ada] == {silver}


async def test_whoever_has_left_has_no_role_and_is_kicked(given: Given) -> None:
    discord, gateway = given
    guild, (gold,) = discord.guild(1)
    ada = discord.user()
    guild.members[ada] = {gold}
    await gateway.kick(guild.id, ada)
    assert ada not in guild.members
    await gateway.kick(guild.id, ada)
    await gateway.remove_role(guild.id, ada, gold)
    assert await gateway.roles_of(guild.id, ada) is None


async def test_everybody_on_a_server_is_listed_page_by_page(
    given: Given, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discord_gateway, "PAGE", 2)
    discord, gateway = given
    guild, (gold,) = discord.guild(1)
    people = [discord.user() for _ in range(4)]
    guild.members |= {person: {gold} for person in people}
    everybody = await gateway.members(guild.id)
    assert everybody == {guild.owner: frozenset(), **dict.fromkeys(people, frozenset({gold}))}
    assert discord.asked["list_members"] == 3
    guild.bot_lists_members = False
    assert await refused(gateway.members(guild.id)) == "bot_not_on_server"


async def test_an_invite_is_for_one_use_and_can_be_withdrawn_before(given: Given) -> None:
    discord, gateway = given
    guild, (gold,) = discord.guild(1)
    (channel,) = guild.channels
    invite = await gateway.invite(channel, [gold], real_now())
    assert guild.invites[invite.code].uses_left == 1
    ada = discord.user()
    discord.accept(invite.code, ada)
    assert guild.members[ada] == {gold}
    assert not await gateway.withdraw_invite(invite.code)
    another = await gateway.invite(channel, [], real_now())
    assert await gateway.withdraw_invite(another.code)
    assert guild.invites == {}


async def test_a_code_says_which_server_its_owner_chose_and_is_good_once(given: Given) -> None:
    discord, gateway = given
    guild, _ = discord.guild()
    code, state = discord.consent(gateway.server_url(STATE), guild.owner, guild)
    assert state == STATE
    assert (await gateway.authorized(code)).server == guild.id
    assert await refused(gateway.authorized(code)) == "link_refused"
    assert await refused(gateway.account_of("nobody's")) == "link_refused"


async def test_a_refusal_says_what_is_the_matter(given: Given) -> None:
    discord, gateway = given
    guild, (gold, above) = discord.guild(1, 101)
    (channel,) = guild.channels
    ada, eve, bob = discord.user(), discord.user(), discord.user()
    guild.members[bob] = {above}
    guild.banned.add(eve)
    tokens = {user: await token_of(discord, gateway, user) for user in (ada, eve)}

    async def join(user: str) -> str:
        return await refused(gateway.join(guild.id, user, tokens[user]))

    nothing = discord.new_id()
    assert await refused(gateway.add_role(guild.id, ada, gold)) == "not_on_server"
    assert await refused(gateway.add_role(nothing, ada, gold)) == "server_unknown"
    assert await refused(gateway.add_role(guild.id, nothing, gold)) == "account_gone"
    assert await refused(gateway.add_role(guild.id, bob, nothing)) == "role_unknown"
    assert await refused(gateway.add_role(guild.id, bob, above)) == "bot_not_allowed"
    assert await refused(gateway.kick(guild.id, bob)) == "bot_not_allowed"
    assert await refused(gateway.join(guild.id, ada, tokens[eve])) == "link_refused"
    assert await refused(gateway.invite(nothing, [], real_now())) == "channel_unknown"
    assert await join(eve) == "banned_on_server"
    discord.crowded.add(ada)
    assert await join(ada) == "too_many_servers"
    guild.max_invites = 0
    assert await refused(gateway.invite(channel, [], real_now())) == "too_many_invites"
    guild.bot_may.remove(MANAGE_ROLES)
    assert await refused(gateway.add_role(guild.id, bob, gold)) == "bot_not_allowed"
    guild.has_bot = False
    assert await refused(gateway.add_role(guild.id, bob, gold)) == "bot_not_on_server"
    discord.fail("add_role", 418, {"code": 99999, "message": "I am a teapot."})
    assert await refused(gateway.add_role(guild.id, bob, gold)) == "refused"


async def test_a_vendor_that_is_unwell_may_be_asked_again(given: Given) -> None:
    discord, gateway = given
    guild, (gold,) = discord.guild(1)
    ada = discord.user()
    guild.members[ada] = set()
    discord.fail("add_role", 503)
    with pytest.raises(Unreachable):
        await gateway.add_role(guild.id, ada, gold)
    await gateway.add_role(guild.id, ada, gold)
    assert guild.members[ada] == {gold}
    nobody = gateway_to("http://127.0.0.1:1")
    with pytest.raises(Unreachable):
        await nobody.add_role(guild.id, ada, gold)
    await nobody.close()


async def test_a_bucket_that_is_used_up_is_waited_for(given: Given) -> None:
    discord, gateway = given
    guild, (gold,) = discord.guild(1)
    ada = discord.user()
    guild.members[ada] = set()
    discord.limits["add_role"] = 2, 0.4
    began = monotonic()
    for _ in range(5):
        await gateway.add_role(guild.id, ada, gold)
    assert monotonic() - began >= 0.7
    assert discord.asked["add_role"] == 5, "not one request was made in vain"


async def test_a_crowd_takes_each_window_whole_and_is_never_refused(given: Given) -> None:
    discord, gateway = given
    guild, (gold,) = discord.guild(1)
    crowd = [discord.user() for _ in range(40)]
    guild.members |= {user: set() for user in crowd}
    discord.limits["add_role"] = 10, 0.8
    began = monotonic()
    await asyncio.gather(*(gateway.add_role(guild.id, user, gold) for user in crowd))
    assert discord.refused["add_role"] == 0
    assert 3 * 0.8 <= monotonic() - began < 4 * 0.8, (
        "four windows, of which the last is not waited out"
    )
    assert all(guild.members[user] == {gold} for user in crowd)


async def test_who_is_turned_away_hears_when_to_come_back_and_not_all_at_once(given: Given) -> None:
    discord, gateway = given
    guild, (gold,) = discord.guild(1)
    ada = discord.user()
    guild.members[ada] = set()
    discord.limits["add_role"] = 2, 60.0
    for _ in range(2):
        await gateway.add_role(guild.id, ada, gold)
    waits = []
    for _ in range(6):
        with pytest.raises(Unreachable) as refusal:
            await gateway.add_role(guild.id, ada, gold)
        waits.append(round(refusal.value.after or 0) // 60)
    assert waits == [0, 0, 1, 1, 2, 2], "two for each window"
    assert discord.refused["add_role"] == 0


async def test_an_answer_that_says_when_to_ask_again_is_taken_at_its_word(given: Given) -> None:
    discord, gateway = given
    guild, (gold,) = discord.guild(1)
    ada = discord.user()
    guild.members[ada] = set()
    discord.limits["add_role"] = 0, 60.0
    with pytest.raises(Unreachable) as refusal:
        await gateway.add_role(guild.id, ada, gold)
    assert 55 < (refusal.value.after or 0) <= 60


async def test_whoever_waited_for_an_answer_that_never_came_asks_themselves(given: Given) -> None:
    discord, gateway = given
    guild, (gold,) = discord.guild(1)
    crowd = [discord.user() for _ in range(5)]
    guild.members |= {user: set() for user in crowd}
    discord.fail("add_role", 503)
    told = await asyncio.gather(
        *(gateway.add_role(guild.id, user, gold) for user in crowd), return_exceptions=True
    )
    assert [type(one) for one in told if one] == [Unsure]
    assert discord.asked["add_role"] == 5


async def test_a_bucket_that_opens_late_is_not_asked_and_shuts_no_other(given: Given) -> None:
    discord, gateway = given
    guild, (gold,) = discord.guild(1)
    other, (silver,) = discord.guild(1)
    ada = discord.user()
    guild.members[ada], other.members[ada] = set(), set()
    discord.limits["add_role"] = 1, 60.0
    await gateway.add_role(guild.id, ada, gold)
    for _ in range(3):
        with pytest.raises(Unreachable):
            await gateway.add_role(guild.id, ada, gold)
    assert discord.asked["add_role"] == 1
    await gateway.add_role(other.id, ada, silver)


async def test_a_limit_that_surprises_us_is_kept_from_then_on(given: Given) -> None:
    discord, gateway = given
    guild, (gold,) = discord.guild(1)
    ada = discord.user()
    guild.members[ada] = set()
    discord.limits["add_role"] = 0, 60.0
    for _ in range(3):
        with pytest.raises(Unreachable):
            await gateway.add_role(guild.id, ada, gold)
    assert discord.asked["add_role"] == 1


async def test_a_wrong_token_of_ours_is_not_shouted_at_discord(given: Given) -> None:
    discord, _ = given
    guild, (gold,) = discord.guild(1)
    async with serving(discord) as address:
        stranger = gateway_to(address, token="wrong")
        with pytest.raises(Unwelcome):
            await stranger.add_role(guild.id, discord.user(), gold)
        for _ in range(2):
            with pytest.raises(Unreachable) as refusal:
                await stranger.add_role(guild.id, discord.user(), gold)
            assert 55 < (refusal.value.after or 0) <= 60
        await stranger.close()
    assert discord.asked["add_role"] == 1


async def test_a_wrong_client_secret_of_ours_is_not_the_persons_fault(given: Given) -> None:
    discord, _ = given
    async with serving(discord) as address:
        stranger = gateway_to(address, client_secret="wrong")
        code, _ = discord.consent(stranger.account_url(STATE), discord.user())
        with pytest.raises(Unreachable):
            await stranger.authorized(code)
        await stranger.close()


async def test_discord_is_told_who_asks(given: Given) -> None:
    discord, gateway = given
    guild, (gold,) = discord.guild(1)
    await gateway.remove_role(guild.id, discord.user(), gold)
    assert discord.agents == {"DiscordBot (https://tessera.test, 1)"}


async def undeliverable(awaited: Awaitable[object]) -> str:
    with pytest.raises(Undeliverable) as refusal:
        await awaited
    return refusal.value.problem


def reader(discord: Discord) -> str:
    """Somebody on a server that our bot is on."""
    guild, _ = discord.guild()
    guild.members[guild.owner] = set()
    return guild.owner


async def test_a_person_is_written_to_and_nobody_is_pinged(given: Given) -> None:
    discord, gateway = given
    ada = reader(discord)
    await gateway.write(ada, ChatMessage(random_id(), "Hello @everyone"))
    await gateway.write(ada, ChatMessage(random_id(), "Again"))
    assert discord.directs_to(ada) == ["Hello @everyone", "Again"]
    assert len(discord.conversations) == 1


async def test_who_cannot_be_written_to_has_to_act(given: Given) -> None:
    discord, gateway = given
    ada, stranger = reader(discord), discord.user()
    discord.closed.add(ada)
    message = ChatMessage(random_id(), "Hello")
    assert await undeliverable(gateway.write(ada, message)) == "messages_closed"
    assert await undeliverable(gateway.write(stranger, message)) == "messages_closed"
    assert await undeliverable(gateway.write(discord.new_id(), message)) == "account_gone"
    too_long = ChatMessage(random_id(), "h" * 2_001)
    discord.closed.remove(ada)
    assert await undeliverable(gateway.write(ada, too_long)) == "refused"
    discord.fail("open_conversation", 400, {"code": 40003, "message": "Too fast."})
    with pytest.raises(Unreachable) as later:
        await gateway.write(ada, message)
    assert later.value.after == 600
    assert discord.directs_to(ada) == []


async def test_what_may_have_gone_is_looked_for_and_goes_once(given: Given) -> None:
    discord, gateway = given
    ada, message, began = reader(discord), ChatMessage(random_id(), "Hello"), real_now()
    discord.break_down("write")
    with pytest.raises(Unsure):
        await gateway.write(ada, message)
    await gateway.write(ada, message)
    assert discord.directs_to(ada) == ["Hello"], "the nonce is that of one written lately"
    discord.forgets_nonces = True
    later = ChatMessage(random_id(), "Later")
    discord.break_down("write")
    with pytest.raises(Unsure):
        await gateway.write(ada, later)
    await gateway.write(ada, replace(later, tried_since=began))
    assert discord.directs_to(ada) == ["Hello", "Later"], "what was said since is looked through"
    lost = ChatMessage(random_id(), "What never came", tried_since=began)
    await gateway.write(ada, lost)
    assert discord.directs_to(ada) == ["Hello", "Later", "What never came"]
