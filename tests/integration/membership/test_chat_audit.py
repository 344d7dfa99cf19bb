"""Roles that somebody changed by hand: first they are told, then they are put right, within bounds."""

import json
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from services.membership.chat_audit import decider as audit_decider
from services.membership.chat_audit import events as audit_events
from shared.clock import real_now
from shared.testing import eventually
from tests.integration.membership.club import Ada, Club, connect
from tests.integration.membership.house import Json


async def audits(club: Club) -> list[Json]:
    told = await club.house.call("GET", "/chat/audits", token=club.owner)
    items: list[Json] = told["items"]
    return items


async def looked(club: Club) -> Json:
    """What staff are told who ask to look now."""
    before = len(await audits(club))
    await club.house.call("POST", "/chat/audits", token=club.owner, expect=202)
    await club.house.eventually(lambda: _count(club), before + 1)
    return (await audits(club))[0]


async def _count(club: Club) -> int:
    return len(await audits(club))


async def approve(club: Club, number: int, **more: Any) -> Json:
    path = f"/chat/audits/{number}/approval"
    return await club.house.call("POST", path, token=club.owner, **more)


async def gold_member(club: Club, email: str = "ada@example.com") -> Ada:
    """Somebody who pays, and has the role."""
    ada = await club.join(email)
    await ada.pay()
    await ada.wants(club.roles[0])
    await ada.link(expect=201)
    await ada.holds(club.roles[0])
    return ada


def found(audit: Json) -> list[tuple[str, str]]:
    return sorted((one["person_id"], one["kind"]) for one in audit["found"])


async def test_what_differs_is_told_before_anything_is_done(club: Club) -> None:
    await club.connect()
    await club.house.join("olga@example.com", club.community_id)
    ada = await gold_member(club)
    bob = await club.join("bob@example.com")
    await bob.link(expect=201)
    stranger = club.discord.user()
    club.guild.members[ada.user] = set()
    club.guild.members[bob.user] = {club.roles[0]}
    club.guild.members[stranger] = {club.roles[0]}
    audit = await looked(club)
    assert audit["outcome"] == "reported"
    expected = [(ada.person_id, "role_missing"), (bob.person_id, "role_extra")]
    assert found(audit) == sorted(expected)
    counts = ("members", "seats", "differences", "removals", "strangers")
    assert [audit[name] for name in counts] == [4, 2, 2, 1, 1]
    assert club.guild.members[bob.user] == {club.roles[0]}
    await looked(club)
    await club.house.eventually(lambda: letters(club), ["chat_reported"])


async def drifts(club: Club) -> list[tuple[str, Json]]:
    """What the others hear of each drift, by their ids alone."""
    rows = await club.house.service.pool.fetch(
        "SELECT type, data FROM events WHERE type LIKE 'ChatDrift%' ORDER BY position"
    )
    return [(row["type"], json.loads(row["data"])["drift"]) for row in rows]


async def causes(club: Club) -> list[str]:
    """Why what staff still see is as it is."""
    listed = await club.house.call("GET", "/chat/drifts", token=club.owner)
    assert all(one["detail"] and one["since"] for one in listed["items"])
    return sorted(one["cause"] for one in listed["items"])


async def test_each_drift_is_told_with_its_cause_until_it_is_settled(club: Club) -> None:
    await club.connect()
    ada, bob = await gold_member(club), await gold_member(club, "bob@example.com")
    stranger = club.discord.user()
    club.guild.members[ada.user] = set()
    club.guild.members[stranger] = {club.roles[0]}
    del club.guild.members[bob.user]
    await looked(club)
    await club.house.quiet()
    told = await drifts(club)
    assert {name for name, _ in told} == {"ChatDriftFound"}
    assert sorted((one["cause"], one["person_id"]) for _, one in told if one["person_id"]) == [
        ("left_server", bob.person_id),
        ("taken_by_hand", ada.person_id),
    ]
    (unknown,) = [one for _, one in told if not one["person_id"]]
    assert (unknown["cause"], unknown["role"]) == ("account_unknown", club.roles[0])
    assert stranger not in json.dumps(told)
    assert await causes(club) == ["account_unknown", "left_server", "taken_by_hand"]
    await looked(club)
    await club.house.quiet()
    assert await drifts(club) == told
    club.guild.members[ada.user] = {club.roles[0]}
    await looked(club)
    await club.house.quiet()
    (settled,) = (await drifts(club))[len(told) :]
    assert settled[0] == "ChatDriftSettled"
    assert settled[1]["person_id"] == ada.person_id
    assert await causes(club) == ["account_unknown", "left_server"]


async def test_a_role_that_discord_refuses_to_give_is_a_drift(club: Club) -> None:
    await club.connect()
    ada = await gold_member(club)
    bob = await club.join("bob@example.com")
    await bob.link(expect=201)
    club.discord.fail("add_role", 403, {"code": 50013, "message": "Missing Permissions"})
    await bob.pay()
    await bob.is_stuck("owner", "bot_not_allowed")
    assert (await looked(club))["outcome"] == "clean"
    await club.house.quiet()
    ((_, drift),) = await drifts(club)
    assert (drift["cause"], drift["person_id"]) == ("call_refused", bob.person_id)
    await ada.holds(club.roles[0])


async def test_who_comes_by_an_invite_and_links_nothing_is_found(club: Club) -> None:
    """It lets in whoever opens it first: whose account is linked was let in by right, and nobody else."""
    await club.connect(invite_channel_id=next(iter(club.guild.channels)))
    people = [await club.join("ada@example.com"), await club.join("bob@example.com")]
    eve = club.discord.user()
    for one, opens in zip(people, (people[0].user, eve), strict=True):
        await one.pay()
        await one.wants(club.roles[0])
        await club.house.call("POST", "/me/chat/invite", {}, token=one.token)
        seat = await eventually(one.seat, lambda seat: seat["invite"] is not None)
        club.discord.accept(seat["invite"]["url"].rpartition("/")[2], opens)
    await looked(club)
    await club.house.quiet()
    told = [drift["cause"] for _, drift in await drifts(club)]
    assert told == ["account_unknown", "account_unknown"]
    for one in people:
        await one.link(expect=201)
    await looked(club)
    await club.house.quiet()
    later = [name for name, _ in (await drifts(club))[len(told) :]]
    assert later == ["ChatDriftSettled"]
    assert club.guild.members[eve] == {club.roles[0]}


async def letters(club: Club) -> list[str]:
    """What the owner was written, their sign-in code apart."""
    sent = club.house.mailbox.to("olga@example.com")
    return [letter.template for letter in sent if letter.template.startswith("chat_")]


async def test_what_staff_approve_is_put_right_and_from_then_on_by_itself(club: Club) -> None:
    await club.connect()
    ada = await gold_member(club)
    bob = await club.join("bob@example.com")
    await bob.link(expect=201)
    club.guild.members[ada.user] = set()
    club.guild.members[bob.user] = {club.roles[0], club.roles[1]}
    audit = await looked(club)
    await approve(club, audit["number"])
    await club.house.eventually(lambda: on_server(club, ada), {club.roles[0]})
    await club.house.eventually(lambda: on_server(club, bob), {club.roles[1]})
    assert (await looked(club))["outcome"] == "clean"
    club.guild.members[ada.user] = set()
    assert (await looked(club))["outcome"] == "repairing"
    await club.house.eventually(lambda: on_server(club, ada), {club.roles[0]})
    await ada.holds(club.roles[0])


async def test_an_audit_of_another_server_repairs_nothing(club: Club) -> None:
    """Of the one that is connected now nobody has been told anything yet."""
    await club.connect()
    bob = await club.join("bob@example.com")
    await bob.link(expect=201)
    club.guild.members[bob.user] = {club.roles[0]}
    audit = await looked(club)
    assert audit["outcome"] == "reported"
    other, roles = club.discord.guild(1, 2)
    await connect(club.house, club.discord, other, club.owner)
    await club.rules(roles=[{"tier_id": club.gold, "role_id": roles[0]}])
    other.members[bob.user] = {roles[0]}
    await club.house.quiet()
    told = await approve(club, audit["number"], expect=409)
    assert told["errors"][0]["code"] == "another_server"
    await club.house.quiet()
    assert other.members[bob.user] == {roles[0]}


async def test_a_repair_takes_no_more_roles_than_were_told(
    club: Club, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (audit_decider, audit_events):
        monkeypatch.setattr(module, "MOST_REMOVALS", 0)
    await club.connect()
    bob, cleo = [await club.join(f"{name}@example.com") for name in ("bob", "cleo")]
    for one in (bob, cleo):
        await one.link(expect=201)
    club.guild.members |= {bob.user: {club.roles[0]}, cleo.user: set()}
    audit = await looked(club)
    assert audit["removals"] == 1
    club.guild.members[cleo.user] = {club.roles[0]}
    await approve(club, audit["number"])
    await club.house.quiet()
    has_it = [club.guild.members[one.user] for one in (bob, cleo)]
    assert has_it == [{club.roles[0]}, {club.roles[0]}]
    again = await looked(club)
    assert (again["outcome"], again["removals"]) == ("held_back", 2)
    await approve(club, again["number"])
    for one in (bob, cleo):
        await club.house.eventually(partial(on_server, club, one), set())


async def on_server(club: Club, ada: Ada) -> set[str]:
    return club.guild.members[ada.user]


async def test_who_left_by_themselves_is_told_to_come_back(club: Club) -> None:
    await club.connect()
    ada = await gold_member(club)
    del club.guild.members[ada.user]
    audit = await looked(club)
    assert found(audit) == [(ada.person_id, "absent")]
    await approve(club, audit["number"])
    await ada.is_stuck("member", "not_on_server")
    club.guild.members[ada.user] = set()
    assert found(await looked(club)) == [(ada.person_id, "returned")]
    await ada.holds(club.roles[0])


async def test_it_is_looked_at_an_hour_after_connecting_and_then_every_day(club: Club) -> None:
    await club.connect()
    await gold_member(club)
    now = real_now()
    for number, passed in enumerate((timedelta(minutes=61), timedelta(days=1, hours=2)), 1):
        await club.house.service.move_clock(now + passed)
        await club.house.eventually(lambda: _count(club), number)
    assert {audit["outcome"] for audit in await audits(club)} == {"clean"}
    await club.house.call("POST", "/chat/server/disconnection", token=club.owner)
    await club.house.service.move_clock(now + timedelta(days=30))
    await club.house.quiet()
    await club.house.call("POST", "/chat/audits", token=club.owner, expect=409)
    assert await _count(club) == 2


async def test_a_server_that_may_not_be_looked_at_says_who_must_act(club: Club) -> None:
    await club.connect()
    club.guild.bot_lists_members = False
    audit = await looked(club)
    assert (audit["outcome"], audit["problem"]) == (None, "bot_not_on_server")
    assert "Server Members Intent" in audit["detail"]
    club.guild.bot_lists_members = True
    assert (await looked(club))["outcome"] == "clean"


async def test_a_vendor_that_is_away_is_asked_again(club: Club) -> None:
    await club.connect()
    club.discord.fail("list_members", 503, times=2)
    assert (await looked(club))["outcome"] == "clean"
    assert club.discord.asked["list_members"] == 4, (
        "twice in vain, the page, and that it was the last"
    )


async def test_only_who_runs_the_community_looks_and_approves(club: Club) -> None:
    await club.connect()
    ada = await gold_member(club)
    await club.house.call("POST", "/chat/audits", token=ada.token, expect=403)
    await club.house.call("GET", "/chat/audits", token=ada.token, expect=403)
    await club.house.call("GET", "/chat/audits", expect=401)
    await club.house.call("GET", "/chat/drifts", token=ada.token, expect=403)
    await club.house.call("GET", "/chat/drifts", expect=401)
    await approve(club, 1, expect=404)
    audit = await looked(club)
    told = await approve(club, audit["number"], expect=409)
    assert told["errors"][0]["code"] == "nothing_to_approve"
    _, stranger = await club.house.community("zoe@example.com", "draughts")
    others = await club.house.call("GET", "/chat/audits", token=stranger)
    assert others["items"] == []
    club.guild.members[ada.user] = set()
    await looked(club)
    await club.house.quiet()
    assert await causes(club) == ["taken_by_hand"]
    others = await club.house.call("GET", "/chat/drifts", token=stranger)
    assert others["items"] == []
    path = f"/chat/audits/{audit['number']}/approval"
    await club.house.call("POST", path, token=stranger, expect=404)
