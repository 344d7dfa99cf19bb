"""Two at once: whichever is first, what must hold holds after both."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import pytest

from services.membership.chat.projections import people_behind
from shared.clock import real_now
from tests.integration.membership.club import Club
from tests.integration.membership.house import BASE, Json
from tests.integration.membership.test_broadcast import announced, draft
from tests.integration.membership.test_poll import MOVING, opened

Race = Callable[[Club], Awaitable[None]]
DONE = {200, 201, 202}


def sending(
    club: Club, method: str, path: str, body: Json | None = None, *, token: str
) -> Awaitable[httpx.Response]:
    """One call of its own, whatever comes of it."""
    headers = {"Idempotency-Key": str(uuid4()), "Authorization": f"Bearer {token}"}
    return club.house.client.request(method, BASE + path, json=body, headers=headers)


async def at_once(*calls: Awaitable[httpx.Response]) -> list[int]:
    """What each was answered: yes, or a no with its reason."""
    answers = await asyncio.gather(*calls)
    assert {answer.status_code for answer in answers} <= DONE | {404, 409, 422}, [
        answer.text for answer in answers
    ]
    return [answer.status_code for answer in answers]


def done(statuses: list[int]) -> int:
    return sum(status in DONE for status in statuses)


async def one_slug_names_one_community(club: Club) -> None:
    tokens = [await club.house.token(f"owner{number}@example.com") for number in range(4)]
    body = {"kind": "association", "name": "Draughts", "slug": "draughts", "currency": "EUR"}
    body["time_zone"] = "Europe/Paris"
    calls = [sending(club, "POST", "/communities", body, token=token) for token in tokens]
    assert done(await at_once(*calls)) == 1
    await club.house.quiet()
    rows = await club.house.service.pool.fetch("SELECT FROM communities_v3 WHERE slug = 'draughts'")
    assert len(rows) == 1


async def one_account_is_one_persons(club: Club) -> None:
    await club.connect()
    people = [await club.join(f"p{number}@example.com") for number in range(3)]
    user = club.discord.user()
    calls = []
    for one in people:
        asked = await club.house.call("GET", "/me/chat/authorization", token=one.token)
        code, state = club.discord.consent(asked["url"], user)
        told = {"code": code, "state": state}
        calls.append(sending(club, "POST", "/me/chat/account", told, token=one.token))
    statuses = await at_once(*calls)
    assert done(statuses) == 1
    await club.house.quiet()
    (winner,) = [one for one, status in zip(people, statuses, strict=True) if status in DONE]
    found = await people_behind(club.house.service, UUID(club.community_id), [user])
    assert {str(person) for person in found.values()} == {winner.person_id}
    assert [(await one.seat())["linked"] for one in people] == [one is winner for one in people]


async def one_server_is_one_communitys(club: Club) -> None:
    _, stranger = await club.house.community("zoe@example.com", "draughts")
    calls = []
    for token in (club.owner, stranger):
        asked = await club.house.call("GET", "/chat/server/authorization", token=token)
        code, state = club.discord.consent(asked["url"], club.guild.owner, club.guild)
        told = {"code": code, "state": state}
        calls.append(sending(club, "POST", "/chat/server", told, token=token))
    assert done(await at_once(*calls)) == 1


async def one_slug_is_one_link(club: Club) -> None:
    bodies = [
        {"slug": "spring", "kind": "campaign", "name": name, "target": "/join"}
        for name in ("Spring", "March", "April")
    ]
    calls = [sending(club, "POST", "/links", body, token=club.owner) for body in bodies]
    assert done(await at_once(*calls)) == 1
    await club.house.quiet()
    (_,) = (await club.house.call("GET", "/links", token=club.owner))["items"]


def casting(club: Club, poll_id: str, option: int, token: str) -> Awaitable[httpx.Response]:
    body = {"answers": [[option]]}
    return sending(club, "PUT", f"/polls/{poll_id}/ballot", body, token=token)


async def one_member_has_one_ballot(club: Club) -> None:
    ada = await club.join()
    poll_id = await opened(club.house, club.owner, questions=[MOVING])
    calls = [casting(club, poll_id, number % 2, ada.token) for number in range(6)]
    assert set(await at_once(*calls)) == {200}
    await club.house.quiet()
    told = await club.house.call("GET", f"/polls/{poll_id}/ballots", token=club.owner)
    ((mine,),) = [one["answers"] for one in told["items"]]
    assert mine in ([0], [1])


async def what_is_cast_is_counted_and_nothing_after(club: Club) -> None:
    people = [await club.join(f"p{number}@example.com") for number in range(4)]
    poll_id = await opened(club.house, club.owner, questions=[MOVING])
    closing = sending(club, "POST", f"/polls/{poll_id}/closing", {}, token=club.owner)
    first, second, *others = (casting(club, poll_id, 0, one.token) for one in people)
    statuses = await at_once(first, second, closing, *others)
    assert statuses.pop(2) == 200
    await club.house.service.move_clock(real_now() + timedelta(minutes=2))
    await club.house.quiet()
    rows = await club.house.service.pool.fetch("SELECT data FROM events WHERE type = 'PollCounted'")
    assert len(rows) == 1
    counted = await club.house.call("GET", f"/polls/{poll_id}", token=await owner(club))
    assert counted["ballots"] == done(statuses)


async def owner(club: Club) -> str:
    return await club.house.token("olga@example.com", club.community_id)


async def whoever_backed_an_idea_is_told(club: Club) -> None:
    ada = await club.join()
    people = [await club.join(f"p{number}@example.com") for number in range(4)]
    told = {"title": "A night of blitz", "text": "On Fridays"}
    idea = await club.house.call("POST", "/ideas", told, token=ada.token)
    path = f"/ideas/{idea['idea_id']}"
    answer = sending(
        club, "POST", f"{path}/answer", {"answer": "done", "words": "So be it."}, token=club.owner
    )
    first, second, *others = (
        sending(club, "PUT", f"{path}/backing", token=one.token) for one in people
    )
    statuses = await at_once(first, second, answer, *others)
    assert statuses.pop(2) == 200
    await club.house.quiet()
    backed = {f"p{n}@example.com" for n, status in enumerate(statuses) if status in DONE}
    letters = [x.to for x in club.house.mailbox.letters if x.template == "idea_answered"]
    assert sorted(letters) == sorted({"ada@example.com", *backed})


async def who_is_banned_has_nothing_that_was_given(club: Club) -> None:
    ada = await club.join()
    path = f"/people/{ada.person_id}"
    gifts = [
        sending(club, "POST", f"{path}/gifts", {"tier_id": club.gold}, token=club.owner)
        for _ in range(3)
    ]
    ban = sending(club, "POST", f"{path}/ban", {}, token=club.owner)
    statuses = await at_once(gifts[0], ban, *gifts[1:])
    assert statuses[1] == 200
    await club.house.quiet()
    assert await club.house.live(ada.person_id, club.owner) == []


async def a_ban_and_its_lifting_are_heard_in_their_order(club: Club) -> None:
    ada = await club.join()
    path = f"/people/{ada.person_id}"
    bans = [sending(club, "POST", f"{path}/ban", {}, token=club.owner) for _ in range(3)]
    lifts = [sending(club, "DELETE", f"{path}/ban", token=club.owner) for _ in range(3)]
    await at_once(*(one for pair in zip(bans, lifts, strict=True) for one in pair))
    await club.house.quiet()
    shut_out = await club.house.call("GET", "/members?filter[standing]=banned", token=club.owner)
    is_banned = ada.person_id in [one["person_id"] for one in shut_out["items"]]
    gift = {"tier_id": club.gold}
    expected = 409 if is_banned else 201
    await club.house.call("POST", f"{path}/gifts", gift, token=club.owner, expect=expected)


async def who_is_erased_is_not_a_member_again(club: Club) -> None:
    """Who joins at that moment is somebody new, or nobody."""
    ada = await club.join()
    token = await club.house.token("ada@example.com")
    await club.house.call("POST", "/me/departure", token=ada.token)
    body = {"name": "Ada", "email": "ada@example.com", "language": "en"}
    joining = [
        sending(club, "POST", f"/communities/{club.community_id}/members", body, token=token)
        for _ in range(3)
    ]
    path = f"/people/{ada.person_id}/erasure"
    erasure = sending(club, "POST", path, {}, token=club.owner)
    await at_once(joining[0], erasure, *joining[1:])
    await club.house.quiet()
    keys = await club.house.service.pool.fetchval(
        "SELECT count(*) FROM membership_personal.keys WHERE person_id = $1", ada.person_id
    )
    assert keys == 0
    listed = (await club.house.call("GET", "/members", token=club.owner))["items"]
    joined = [one["person_id"] for one in listed if one["standing"] == "joined"]
    assert ada.person_id not in joined
    assert len(joined) <= 1


async def what_is_cancelled_does_not_go_out(club: Club) -> None:
    await club.join()
    path = await draft(club.house, club.owner)
    schedule = sending(club, "POST", f"{path}/schedule", {}, token=club.owner)
    cancel = sending(club, "POST", f"{path}/cancellation", {}, token=club.owner)
    statuses = await at_once(schedule, cancel)
    await club.house.quiet()
    told = await club.house.call("GET", path, token=club.owner)
    assert done(statuses) >= 1
    if statuses[1] == 200:
        assert told["standing"] == "cancelled"
        assert len(announced(club.house)) == told["sent"]
    else:
        assert (told["standing"], announced(club.house)) == ("sent", ["ada@example.com"])


RACES: tuple[Race, ...] = (
    one_slug_names_one_community,
    one_account_is_one_persons,
    one_server_is_one_communitys,
    one_slug_is_one_link,
    one_member_has_one_ballot,
    what_is_cast_is_counted_and_nothing_after,
    whoever_backed_an_idea_is_told,
    who_is_banned_has_nothing_that_was_given,
    a_ban_and_its_lifting_are_heard_in_their_order,
    who_is_erased_is_not_a_member_again,
    what_is_cancelled_does_not_go_out,
)


@pytest.mark.parametrize("race", RACES, ids=lambda race: race.__name__)
async def test_two_at_once(club: Club, race: Race) -> None:
    await race(club)
