"""Our requests have Discord's shape, its refusals become words of ours, and its patience is respected."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable
from contextlib import suppress
from dataclasses import replace
from time import monotonic
from traceback import format_exception
from typing import Any

import aiohttp
import pytest
from openapi_core.datatypes import RequestParameters

from services.membership.gateways import discord_client
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
from shared.testing import eventually
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


async def hears(discord: Discord, operation: str, times: int) -> None:
    async def asked() -> int:
        return discord.asked[operation]

    await eventually(asked, lambda seen: seen >= times)


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


async def test_everybody_on_a_server_is_listed_page_by_page(given: Given) -> None:
    discord, gateway = given
    discord.page = 2
    guild, (gold,) = discord.guild(1)
    people = [discord.user() for _ in range(4)]
    guild.members |= {person: {gold} for person in people}
    everybody = await gateway.members(guild.id)
    assert everybody == {guild.owner: frozenset(), **dict.fromkeys(people, frozenset({gold}))}
    assert discord.asked["list_members"] == 4, "until a page is empty"
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
    with pytest.raises(Unreachable) as unsent:
        await nobody.add_role(guild.id, ada, gold)
    assert unsent.type is Unreachable, "it certainly did not arrive"
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
    discord.limits["add_role"] = 10, 1.5
    began = monotonic()
    await asyncio.gather(*(gateway.add_role(guild.id, user, gold) for user in crowd))
    assert discord.refused["add_role"] == 0
    assert monotonic() - began >= 3 * 1.5
    assert discord.windows["add_role"] == 4
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


async def test_a_server_reads_why_our_bot_did_what_it_did(given: Given) -> None:
    discord, gateway = given
    guild, (gold,) = discord.guild(1)
    ada = discord.user()
    guild.members[ada] = set()
    await gateway.add_role(guild.id, ada, gold)
    await gateway.kick(guild.id, ada)
    assert discord.reasons == {"Access in Tessera"}


async def test_more_than_a_used_up_bucket_holds_are_turned_away_and_nobody_is_forgotten(
    given: Given,
) -> None:
    discord, gateway = given
    guild, (gold,) = discord.guild(1)
    crowd = [discord.user() for _ in range(8)]
    guild.members |= {user: set() for user in crowd}
    discord.limits["add_role"] = 1, 60.0
    async with asyncio.timeout(5):
        told = await asyncio.gather(
            *(gateway.add_role(guild.id, user, gold) for user in crowd), return_exceptions=True
        )
    assert [type(one) for one in told if one] == [Unreachable] * 7
    assert discord.asked["add_role"] == 1


async def test_whoever_stops_waiting_for_their_turn_is_not_sent_and_gives_their_place_back(
    given: Given,
) -> None:
    discord, gateway = given
    guild, (gold,) = discord.guild(1)
    crowd = [discord.user() for _ in range(12)]
    guild.members |= {user: set() for user in crowd}
    discord.limits["add_role"] = 4, 1.5
    for user in crowd[:4]:
        await gateway.add_role(guild.id, user, gold)
    waiting = [asyncio.create_task(gateway.add_role(guild.id, one, gold)) for one in crowd[4:]]
    await asyncio.sleep(0.1)
    for one in waiting:
        one.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    async with asyncio.timeout(15):
        for _ in range(8):
            await gateway.add_role(guild.id, crowd[0], gold)
    assert discord.asked["add_role"] == 4 + 8
    assert not any(guild.members[user] for user in crowd[4:])


async def test_whoever_stops_waiting_for_an_answer_leaves_room_for_the_next(given: Given) -> None:
    discord, gateway = given
    guild, (gold,) = discord.guild(1)
    ada = discord.user()
    guild.members[ada] = set()
    for _ in range(3):
        with discord.holding("add_role"):
            asked = discord.asked["add_role"]
            gone = asyncio.create_task(gateway.add_role(guild.id, ada, gold))
            await hears(discord, "add_role", asked + 1)
            gone.cancel()
            await asyncio.gather(gone, return_exceptions=True)
    async with asyncio.timeout(5):
        await gateway.add_role(guild.id, ada, gold)


async def test_who_closes_in_the_middle_of_calls_leaves_nothing_behind(given: Given) -> None:
    discord, _ = given
    guild, (gold,) = discord.guild(1)
    ada = discord.user()
    guild.members[ada] = set()
    discord.limits["add_role"] = 2, 1.0
    before = asyncio.all_tasks()
    async with serving(discord) as address:
        served = asyncio.all_tasks() - before
        gateway = gateway_to(address)
        await gateway.close()
        for _ in range(2):
            await gateway.add_role(guild.id, ada, gold)
        with discord.holding("kick"):
            calls = [asyncio.create_task(gateway.add_role(guild.id, ada, gold)) for _ in range(4)]
            calls.append(asyncio.create_task(gateway.kick(guild.id, ada)))
            await hears(discord, "kick", 1)
            for one in calls:
                one.cancel()
            await gateway.close()
        await asyncio.gather(*calls, return_exceptions=True)
        ours = [one for one in asyncio.all_tasks() - before - served if "hikari" in repr(one)]
        assert ours == []
    assert discord.asked["add_role"] == 2


SLOW = {"code": 0, "message": "Slow down.", "retry_after": 30.0}


async def test_a_limit_on_all_we_do_is_kept_everywhere_and_was_met_once(given: Given) -> None:
    discord, gateway = given
    guild, (gold,) = discord.guild(1)
    other, (silver,) = discord.guild(1)
    ada = discord.user()
    guild.members[ada], other.members[ada] = set(), set()
    told = {"Retry-After": "30", "X-RateLimit-Scope": "global"}
    discord.fail("add_role", 429, SLOW | {"global": True}, headers=told)
    waits = []
    for server, role in ((guild, gold), (other, silver), (guild, gold)):
        with pytest.raises(Unreachable) as refusal:
            await gateway.add_role(server.id, ada, role)
        waits.append(refusal.value.after or 0)
    assert all(25 < wait <= 30 for wait in waits)
    assert discord.asked["add_role"] == 1


async def test_after_a_limit_on_all_so_many_come_back_in_a_second_as_discord_takes(
    given: Given,
) -> None:
    discord, gateway = given
    told = {"Retry-After": "30", "X-RateLimit-Global": "true"}
    discord.fail("kick", 429, SLOW | {"global": True}, headers=told)
    waits = []
    for _ in range(120):
        with pytest.raises(Unreachable) as refusal:
            await gateway.kick(discord.new_id(), discord.new_id())
        waits.append(refusal.value.after or 0)
    assert max(waits) - min(waits) > 1.5


async def test_a_limit_that_no_header_tells_of_stops_one_server_only(given: Given) -> None:
    discord, gateway = given
    guild, (gold,) = discord.guild(1)
    other, (silver,) = discord.guild(1)
    ada = discord.user()
    guild.members[ada], other.members[ada] = set(), set()
    told = {"Retry-After": "30", "X-RateLimit-Scope": "user"}
    discord.fail("add_role", 429, SLOW | {"global": False}, headers=told)
    for _ in range(3):
        with pytest.raises(Unreachable):
            await gateway.add_role(guild.id, ada, gold)
    await gateway.add_role(other.id, ada, silver)
    await gateway.roles_of(guild.id, ada)
    assert discord.asked["add_role"] == 2


PAGE = "<html><body>error code: 1015</body></html>"


async def test_pages_of_who_stands_before_discord_are_understood(given: Given) -> None:
    discord, gateway = given
    guild, (gold,) = discord.guild(1)
    ada = discord.user()
    guild.members[ada] = set()
    discord.fail("add_role", 502, PAGE, headers={"Retry-After": "7"})
    with pytest.raises(Unsure) as broken:
        await gateway.add_role(guild.id, ada, gold)
    assert broken.value.after == 7
    discord.fail("add_role", 200, PAGE)
    with pytest.raises(Unsure):
        await gateway.add_role(guild.id, ada, gold)
    discord.fail("add_role", 403, PAGE)
    assert await refused(gateway.add_role(guild.id, ada, gold)) == "refused"
    discord.fail("add_role", 302, PAGE, headers={"Location": "https://elsewhere.test/"})
    assert await refused(gateway.add_role(guild.id, ada, gold)) == "refused"
    discord.fail("add_role", 429, PAGE, headers={"Retry-After": "30"})
    for ask in (gateway.add_role(guild.id, ada, gold), gateway.kick(guild.id, ada)):
        with pytest.raises(Unreachable) as shut_out:
            await ask
        assert 25 < (shut_out.value.after or 0) <= 30
    assert discord.asked["kick"] == 0, "it is the network that was shut out"


async def test_an_answer_that_never_comes_is_not_waited_for(
    given: Given, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discord_client, "TIMEOUT", aiohttp.ClientTimeout(sock_read=0.2))
    discord, gateway = given
    guild, (gold,) = discord.guild(1)
    ada = discord.user()
    guild.members[ada] = set()
    with discord.holding("add_role"), pytest.raises(Unsure):
        await gateway.add_role(guild.id, ada, gold)


async def test_two_processes_on_one_bucket_are_refused_once_each_in_a_window(given: Given) -> None:
    discord, _ = given
    guild, (gold,) = discord.guild(1)
    crowd = [discord.user() for _ in range(30)]
    guild.members |= {user: set() for user in crowd}
    discord.limits["add_role"] = 10, 60.0
    async with serving(discord) as address:
        both = [gateway_to(address) for _ in range(2)]
        for number, user in enumerate(crowd):
            with suppress(Unreachable):
                await both[number % 2].add_role(guild.id, user, gold)
        for one in both:
            await one.close()
    assert sum(bool(guild.members[user]) for user in crowd) == 10
    assert discord.refused["add_role"] <= 2


@pytest.mark.parametrize("ahead", [-90.0, 90.0])
async def test_a_clock_that_differs_from_discords_costs_one_refusal(
    given: Given, ahead: float
) -> None:
    discord, gateway = given
    guild, (gold,) = discord.guild(1)
    ada = discord.user()
    guild.members[ada] = set()
    discord.clock_ahead = ahead
    discord.limits["add_role"] = 2, 60.0
    for _ in range(12):
        with suppress(Unreachable):
            await gateway.add_role(guild.id, ada, gold)
    assert discord.refused["add_role"] <= 1


async def test_no_error_holds_a_token_or_whom_it_is_about(given: Given) -> None:
    discord, gateway = given
    guild, (gold,) = discord.guild(1)
    ada = discord.user()
    token = await token_of(discord, gateway, ada)
    told = {"Retry-After": "0.1"}
    discord.fail("add_role", 503, headers=told)
    discord.fail("kick", 429, SLOW | {"global": False}, headers=told)
    discord.fail("me", 500)
    discord.fail("token", 500)
    nobody = gateway_to("http://127.0.0.1:1")
    said = ""
    for ask in (
        gateway.add_role(guild.id, ada, gold),
        gateway.kick(guild.id, ada),
        gateway.account_of(token),
        gateway.account_of("nobodys-token"),
        gateway.authorized("a-code"),
        gateway.authorized("a-code"),
        gateway.join(discord.new_id(), ada, token),
        gateway.withdraw_invite("an-invite"),
        nobody.add_role(guild.id, ada, gold),
        nobody.account_of(token),
    ):
        with suppress(Exception):
            try:
                await ask
            except Exception as error:
                said += "".join(format_exception(error)) + repr(error)
                raise
    await nobody.close()
    assert "Unreachable" in said
    assert "Unsure" in said
    for secret in (TOKEN, CLIENT_SECRET, token, "nobodys-token", "a-code", ada, guild.id):
        assert secret not in said


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
