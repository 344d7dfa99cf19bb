"""A payment turns into a role on the chat server, a loss takes it away, and what cannot be done says who must act."""

import asyncio
from datetime import timedelta
from time import monotonic
from typing import Any
from uuid import UUID

from shared.clock import real_now
from shared.ids import random_id
from shared.testing import eventually
from tests.doubles.discord import KICK, MANAGE_ROLES
from tests.integration.membership.club import Club, connect
from tests.integration.membership.house import House, Json


async def test_a_payment_becomes_a_role_and_its_end_takes_the_role(club: Club) -> None:
    await club.connect()
    ada = await club.join()
    await ada.link(expect=201)
    club.guild.members[ada.user] = set()
    await ada.pay()
    await ada.holds(club.roles[0])
    await ada.stop()
    await ada.holds()
    assert ada.user in club.guild.members, "the owner chose to strip roles"


async def test_whoever_has_paid_is_let_in_with_the_role_when_they_link(club: Club) -> None:
    await club.connect()
    ada = await club.join()
    await ada.pay()
    await ada.wants(club.roles[0])
    assert ada.user not in club.guild.members
    await ada.link()
    await ada.holds(club.roles[0])
    assert club.discord.asked["join"] == 1
    assert club.discord.asked["add_role"] == 1, "joining gives no role"


async def test_whoever_was_on_the_server_gets_the_role_when_they_link(club: Club) -> None:
    await club.connect()
    ada = await club.join()
    club.guild.members[ada.user] = {club.roles[1]}
    await ada.pay()
    await ada.wants(club.roles[0])
    await ada.link()
    await eventually(ada.seat, lambda seat: seat["roles"] == [club.roles[0]])
    assert club.guild.members[ada.user] == set(club.roles), "a role we did not map is not ours"


async def test_a_loss_kicks_whom_we_let_in_where_the_owner_wants_that(club: Club) -> None:
    await club.connect(on_loss="kick")
    ada, bob = await club.join(), await club.join("bob@example.com")
    club.guild.members[bob.user] = set()
    for person in (ada, bob):
        await person.pay()
        await person.wants(club.roles[0])
        await person.link()
        await person.holds(club.roles[0])
        await person.stop()
        await person.holds()
    assert ada.user not in club.guild.members
    assert bob.user in club.guild.members, "bob was there before us"


async def test_a_ban_removes_from_the_server(club: Club) -> None:
    await club.connect()
    ada = await club.join()
    club.guild.members[ada.user] = set()
    await ada.pay()
    await ada.wants(club.roles[0])
    await ada.link()
    await ada.holds(club.roles[0])
    await club.house.call("POST", f"/people/{ada.person_id}/ban", {}, token=club.owner)
    await ada.holds()
    assert ada.user not in club.guild.members
    problem = await ada.link(expect=409)
    assert problem["errors"][0]["code"] in ("already_linked", "person_barred")


async def test_an_erasure_removes_and_forgets_the_account(club: Club) -> None:
    await club.connect()
    ada = await club.join()
    await ada.pay()
    await ada.wants(club.roles[0])
    await ada.link()
    await ada.holds(club.roles[0])
    path = f"/people/{ada.person_id}/erasure"
    await club.house.call("POST", path, {}, token=ada.token, expect=202)

    async def forgotten() -> bool:
        return bool(
            await club.house.service.pool.fetchval(
                "SELECT EXISTS (SELECT FROM events WHERE type = 'ChatLinkForgotten')"
            )
        )

    await eventually(forgotten)
    assert ada.user not in club.guild.members
    linked = await club.house.service.pool.fetchval(
        "SELECT data::jsonb -> 'account' ->> 'person_id' FROM events WHERE type = 'ChatLinked'"
    )
    keys = await club.house.service.pool.fetchval(
        "SELECT count(*) FROM membership_personal.keys WHERE person_id = $1", UUID(linked)
    )
    assert keys == 0
    everything = await club.house.service.pool.fetchval(
        "SELECT coalesce(string_agg(data::text, ' '), '') FROM events"
    )
    assert ada.user not in everything, "the account was never in clear in the log"


async def test_the_account_of_who_is_erased_is_forgotten_even_if_discord_never_answers(
    club: Club,
) -> None:
    await club.connect()
    ada = await club.join()
    await ada.pay()
    await ada.wants(club.roles[0])
    await ada.link()
    await ada.holds(club.roles[0])
    club.discord.fail("kick", 503, times=10_000)
    path = f"/people/{ada.person_id}/erasure"
    await club.house.call("POST", path, {}, token=ada.token, expect=202)
    await eventually(_always(lambda: club.discord.asked["kick"] > 0))
    assert (await club.house.call("GET", f"/people/{ada.person_id}/chat", token=club.owner))[
        "linked"
    ]
    await club.house.service.move_clock(real_now() + timedelta(days=8))

    async def linked() -> bool:
        seat = await club.house.call("GET", f"/people/{ada.person_id}/chat", token=club.owner)
        return bool(seat["linked"])

    await club.house.eventually(linked, wanted=False)


async def test_an_account_is_let_go_when_its_person_wishes(club: Club) -> None:
    await club.connect()
    ada = await club.join()
    await ada.pay()
    await ada.wants(club.roles[0])
    await ada.link()
    await ada.holds(club.roles[0])
    await club.house.call("POST", "/me/chat/account/removal", {}, token=ada.token)
    await eventually(ada.seat, lambda seat: not seat["linked"])
    assert club.guild.members[ada.user] == set()
    ada.user = club.discord.user()
    await ada.link()
    await ada.holds(club.roles[0])


async def test_a_discord_account_is_one_persons(club: Club) -> None:
    await club.connect()
    ada, eve = await club.join(), await club.join("eve@example.com")
    await ada.link()
    eve.user = ada.user
    problem = await eve.link(expect=409)
    assert problem["errors"][0]["code"] == "chat_account_taken"
    ada.user = club.discord.user()
    problem = await ada.link(expect=409)
    assert problem["errors"][0]["code"] == "already_linked"


async def test_of_two_who_link_one_account_at_once_the_loser_leaves_no_role_on_it(
    club: Club,
) -> None:
    """Eve is let onto the server first, and Ada is the first to be linked; Bob, before both, makes the limit known."""
    gold, silver = club.roles
    cheap = await club.house.tier(club.owner, "Silver", paid=True)
    mapped = ((club.gold, gold), (cheap, silver))
    await club.connect(roles=[{"tier_id": tier, "role_id": role} for tier, role in mapped])
    ada, bob, eve = [await club.join(f"{name}@example.com") for name in ("ada", "bob", "eve")]
    eve.tier, eve.user = cheap, ada.user
    for person, role in ((ada, gold), (bob, gold), (eve, silver)):
        await person.pay()
        await person.wants(role)
    await bob.link()
    await bob.holds(gold)
    async with asyncio.TaskGroup() as both:
        with club.discord.holding("join"):
            late = both.create_task(eve.link(expect=409))
            await eventually(_always(lambda: ada.user in club.guild.members))
            assert club.guild.members[ada.user] == set()
            await ada.link()
    assert late.result()["errors"][0]["code"] == "chat_account_taken"
    await ada.holds(gold)
    await club.house.quiet()
    assert club.guild.members[ada.user] == {gold}
    assert (club.discord.asked["join"], club.discord.asked["add_role"]) == (3, 2)
    assert not (await eve.seat())["linked"]


async def test_the_answer_to_a_link_can_be_asked_for_again(club: Club) -> None:
    await club.connect()
    ada = await club.join()
    asked = await club.house.call("GET", "/me/chat/authorization", token=ada.token)
    code, state = club.discord.consent(asked["url"], ada.user)
    body, path = {"code": code, "state": state}, "/me/chat/account"
    for key in ("one", "one", "two"):
        await club.house.call("POST", path, body, token=ada.token, Idempotency_Key=key)
    assert (await ada.seat())["linked"]


async def test_a_state_is_its_persons_and_does_not_last(club: Club) -> None:
    await club.connect()
    ada, eve = await club.join(), await club.join("eve@example.com")
    asked = await club.house.call("GET", "/me/chat/authorization", token=ada.token)
    code, state = club.discord.consent(asked["url"], ada.user)
    path = "/me/chat/account"

    async def code_of(token: str, body: Json) -> str:
        problem = await club.house.call("POST", path, body, token=token, expect=422)
        return str(problem["errors"][0]["code"])

    assert await code_of(eve.token, {"code": code, "state": state}) == "state_of_another"
    assert await code_of(ada.token, {"code": code, "state": "made up"}) == "state_expired"
    assert await code_of(ada.token, {"code": "made up", "state": state}) == "link_refused"
    await club.house.service.move_clock(real_now() + timedelta(hours=2))
    assert await code_of(ada.token, {"code": code, "state": state}) == "state_expired"


async def test_whoever_will_not_link_gets_an_invite_for_one_use(club: Club) -> None:
    await club.connect(invite_channel_id=next(iter(club.guild.channels)))
    ada = await club.join()
    problem = await club.house.call("POST", "/me/chat/invite", {}, token=ada.token, expect=409)
    assert problem["errors"][0]["code"] == "nothing_to_enter"
    await ada.pay()
    await ada.wants(club.roles[0])
    for _ in range(2):
        await club.house.call("POST", "/me/chat/invite", {}, token=ada.token, expect=202)
    seat = await eventually(ada.seat, lambda seat: seat["invite"] is not None)
    assert club.discord.asked["invite"] == 1
    path = f"/people/{ada.person_id}/chat"
    assert (await club.house.call("GET", path, token=club.owner))["invite"] is None
    code = seat["invite"]["url"].rpartition("/")[2]
    club.discord.accept(code, ada.user)
    assert club.guild.members[ada.user] == {club.roles[0]}
    await ada.stop()
    sentence = await ada.is_stuck("owner", "guest_unknown")
    assert "by hand" in sentence


async def test_an_unused_invite_is_taken_back_with_the_access(club: Club) -> None:
    await club.connect(invite_channel_id=next(iter(club.guild.channels)))
    ada = await club.join()
    await ada.pay()
    await ada.wants(club.roles[0])
    await club.house.call("POST", "/me/chat/invite", {}, token=ada.token)
    await eventually(ada.seat, lambda seat: seat["invite"] is not None)
    await ada.stop()
    await eventually(_always(lambda: not club.guild.invites))
    assert (await ada.seat())["stuck"] == []


async def test_without_a_channel_there_are_no_invites(club: Club) -> None:
    await club.connect()
    ada = await club.join()
    await ada.pay()
    await ada.wants(club.roles[0])
    problem = await club.house.call("POST", "/me/chat/invite", {}, token=ada.token, expect=409)
    assert problem["errors"][0]["code"] == "no_invites"


async def test_a_bot_that_may_not_is_the_owners_to_put_right(club: Club) -> None:
    await club.connect()
    club.guild.bot_may.remove(MANAGE_ROLES)
    ada = await club.join()
    await ada.pay()
    await ada.wants(club.roles[0])
    club.guild.members[ada.user] = set()
    await ada.link()
    assert "permission" in await ada.is_stuck("owner", "bot_not_allowed")
    assert await eventually(club.stuck) == [("owner", "bot_not_allowed")]
    club.guild.bot_may.add(MANAGE_ROLES)
    await ada.retry()
    await ada.holds(club.roles[0])
    await club.house.eventually(club.stuck, [])


async def test_a_role_above_the_bots_own_is_the_owners_to_put_right(club: Club) -> None:
    club.guild.roles[club.roles[0]] = club.guild.bot_rank + 1
    await club.connect()
    ada = await club.join()
    await ada.pay()
    await ada.wants(club.roles[0])
    await ada.link()
    await ada.is_stuck("owner", "bot_not_allowed")
    assert club.guild.members[ada.user] == set(), "they are on the server meanwhile"
    await club.rules(roles=[{"tier_id": club.gold, "role_id": club.roles[1]}])
    await ada.wants(club.roles[1])
    await ada.holds(club.roles[1])


async def test_who_cannot_be_let_in_hears_why(club: Club) -> None:
    await club.connect()
    ada, eve = await club.join(), await club.join("eve@example.com")
    club.discord.crowded.add(ada.user)
    club.guild.banned.add(eve.user)
    for person in (ada, eve):
        await person.pay()
        await person.wants(club.roles[0])
        await person.link()
    await ada.is_stuck("member", "too_many_servers")
    await eve.is_stuck("owner", "banned_on_server")
    assert len(await eventually(club.stuck, lambda seen: len(seen) == 2)) == 2
    club.discord.crowded.clear()
    await ada.link()
    await ada.holds(club.roles[0])


async def test_whoever_left_the_server_is_told_to_come_back(club: Club) -> None:
    await club.connect()
    ada = await club.join()
    await ada.link()
    await ada.pay()
    await ada.is_stuck("member", "not_on_server")
    await ada.link()
    await ada.holds(club.roles[0])


async def test_a_discord_that_is_away_or_busy_is_waited_for(club: Club) -> None:
    await club.connect()
    ada = await club.join()
    await ada.link()
    club.guild.members[ada.user] = set()
    club.discord.fail("add_role", 503, times=2)
    busy = {"code": 0, "message": "Slow down.", "retry_after": 0.1, "global": False}
    club.discord.fail("add_role", 429, busy, times=1)
    await ada.pay()
    await ada.holds(club.roles[0])
    club.discord.fail("token", 503)
    problem = await ada.link(expect=503)
    assert problem["errors"][0]["code"] == "unavailable"


async def test_a_crowd_gets_its_roles_as_fast_as_discord_allows_and_no_faster(club: Club) -> None:
    await club.connect()
    crowd = [await club.join(f"fan{number}@example.com") for number in range(12)]
    for fan in crowd:
        await fan.link()
        club.guild.members[fan.user] = set()
    club.discord.limits["add_role"] = 3, 3.0
    began = monotonic()
    for fan in crowd:
        await fan.pay()
    for fan in crowd:
        await eventually(fan.seat, lambda seat: seat["roles"] == [club.roles[0]])
    assert club.discord.refused["add_role"] == 0
    assert monotonic() - began >= 3 * 3.0
    assert club.discord.windows["add_role"] in (4, 5), "whose payment is late has a window more"


async def test_changed_rules_reach_everybody(club: Club) -> None:
    ada = await club.join()
    await ada.pay()
    await club.house.eventually_live(ada.person_id, ada.token, ("Gold", "subscription"))
    assert club.discord.asked == {}, "without a server nothing is done"
    await club.connect()
    await ada.wants(club.roles[0])
    await ada.link()
    await ada.holds(club.roles[0])
    await club.rules(roles=[{"tier_id": club.gold, "role_id": club.roles[1]}])
    await ada.holds(club.roles[1])
    await club.house.call("POST", "/chat/server/disconnection", {}, token=club.owner)
    await ada.wants()
    await ada.stop()
    server = await club.house.call("GET", "/chat/server", token=club.owner)
    assert server["server_id"] is None
    assert club.guild.members[ada.user] == {club.roles[1]}, "who has a role keeps it"


async def test_a_server_is_connected_by_who_manages_it_and_by_one_community(club: Club) -> None:
    await club.connect()
    _, gina = await club.house.community("gina@example.com", "go")
    problem = await connect(club.house, club.discord, club.guild, gina, expect=409)
    assert problem["errors"][0]["code"] == "chat_server_taken"
    asked = await club.house.call("GET", "/chat/server/authorization", token=club.owner)
    code, state = club.discord.consent(asked["url"], club.guild.owner, club.guild)
    body = {"code": code, "state": state}
    problem = await club.house.call("POST", "/chat/server", body, token=gina, expect=422)
    assert problem["errors"][0]["code"] == "state_of_another"
    ada = await club.join()
    asked = await club.house.call("GET", "/me/chat/authorization", token=ada.token)
    code, state = club.discord.consent(asked["url"], ada.user)
    body = {"code": code, "state": state}
    problem = await club.house.call("POST", "/chat/server", body, token=club.owner, expect=422)
    assert problem["errors"][0]["code"] == "state_expired"
    await club.house.call("POST", "/chat/server/disconnection", {}, token=club.owner)
    await connect(club.house, club.discord, club.guild, gina, expect=201)


async def test_rules_that_make_no_sense_are_refused(club: Club) -> None:
    ada = await club.join()
    put, path = club.house.call, "/chat/server/rules"
    one = {"tier_id": club.gold, "role_id": club.roles[0]}
    await put("PUT", path, {"roles": [one]}, token=club.owner, expect=409)
    await club.connect()
    strange: list[Json] = [
        {"roles": [one | {"role_id": "../../users"}]},
        {"roles": [one | {"tier_id": str(random_id())}]},
        {"roles": [one, one]},
        {"roles": [one], "on_loss": "shout"},
        {"roles": [one], "invite_channel_id": 7},
        {"roles": "all"},
        {},
    ]
    for body in strange:
        await put("PUT", path, body, token=club.owner, expect=422)
    await put("PUT", path, {"roles": [one]}, token=ada.token, expect=403)


async def test_a_seat_is_seen_by_its_person_and_their_staff_only(club: Club) -> None:
    await club.connect()
    ada, eve = await club.join(), await club.join("eve@example.com")
    _, gina = await club.house.community("gina@example.com", "go")
    path = f"/people/{ada.person_id}/chat"
    await club.house.call("GET", path, expect=401)
    await club.house.call("GET", path, token=eve.token, expect=403)
    await club.house.call("GET", path, token=gina, expect=404)
    await club.house.call("POST", f"{path}/retry", {}, token=eve.token, expect=403)
    await club.house.call("POST", f"{path}/retry", {}, token=gina, expect=404)
    await club.house.call("GET", "/chat/stuck", token=eve.token, expect=403)
    await club.house.call("GET", path, token=club.owner)


async def test_the_list_of_stuck_seats_has_pages(club: Club) -> None:
    await club.connect()
    for email in ("ada@example.com", "bob@example.com", "eve@example.com"):
        person = await club.join(email)
        await person.link()
        await person.pay()
        await person.is_stuck("member", "not_on_server")
    await eventually(club.stuck, lambda seen: len(seen) == 3)
    seen: list[str] = []
    after: str | None = ""
    while after is not None:
        path = f"/chat/stuck?limit=2{after and f'&after={after}'}"
        page = await club.house.call("GET", path, token=club.owner)
        seen += [item["person_id"] for item in page["items"]]
        after = page["next"]
    assert len(seen) == len(set(seen)) == 3


async def test_kicking_that_is_not_allowed_takes_the_roles_all_the_same(club: Club) -> None:
    await club.connect(on_loss="kick")
    ada = await club.join()
    await ada.pay()
    await ada.wants(club.roles[0])
    await ada.link()
    await ada.holds(club.roles[0])
    club.guild.bot_may.remove(KICK)
    await ada.stop()
    await ada.holds()
    await ada.is_stuck("owner", "bot_not_allowed")
    assert ada.user in club.guild.members


async def test_without_settings_the_doors_say_so_and_nothing_else_changes(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    gold = await house.tier(owner, "Gold", paid=True)
    ada, token = await house.join("ada@example.com", community_id)
    for method, path, who in (
        ("GET", "/chat/server", owner),
        ("GET", "/chat/server/authorization", owner),
        ("GET", "/chat/stuck", owner),
        ("GET", "/me/chat/authorization", token),
        ("GET", f"/people/{ada}/chat", token),
        ("POST", "/me/chat/invite", token),
    ):
        body: Json | None = {} if method == "POST" else None
        problem = await house.call(method, path, body, token=who, expect=404)
        assert problem["errors"][0]["code"] == "chat_not_offered", path
    await house.call("POST", f"/people/{ada}/gifts", {"tier_id": gold}, token=owner)
    await house.eventually_live(ada, token, ("Gold", "gift"))
    quiet = await eventually(house.service.quiet, lambda quiet: quiet.agenda_due == 0)
    assert quiet.agenda_parked == 0
    seats = await house.service.pool.fetchval("SELECT count(*) FROM events WHERE type LIKE 'Chat%'")
    assert seats == 0


def _always(look: Any) -> Any:
    async def seen() -> Any:
        return look()

    return seen
