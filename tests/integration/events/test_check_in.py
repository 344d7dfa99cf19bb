"""A ticket's code opens the door once for each seat, and every refusal says why."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from shared.clock import real_now
from shared.contracts.events_message import MessageRequested
from shared.contracts.events_ticket import CheckInUndone, TicketCheckedIn
from shared.contracts.membership_member import PersonErased
from tests.integration.events.house import House, Json, Who, somebody

community = uuid4()
olga, door = somebody(community, "owner"), somebody(community, "event_manager")
ada, bob = somebody(community), somebody(community)
stranger = somebody(uuid4(), "owner")


async def tonight(house: House, hours: float = 2, **more: object) -> str:
    """A free gathering that begins in so many hours and lasts three."""
    begins = house.service.clock.now().replace(microsecond=0) + timedelta(hours=hours)
    body = {
        "name": "Spring dinner",
        "place": "Salle des fêtes",
        "starts_at": begins.isoformat(),
        "ends_at": (begins + timedelta(hours=3)).isoformat(),
        "capacity": 10,
        "price": {"minor": 0, "currency": "EUR"},
    }
    published = await house.ask(olga, "POST", "/gatherings", body | more)
    await house.quiet()
    return str(published["gathering_id"])


async def ticket(
    house: House, gathering_id: str, who: Who = ada, seats: int = 2, holder: str = "Ada L."
) -> Json:
    """Of a gathering that costs nothing, the person's ticket."""
    body = {"seats": seats, "holder": holder}
    await house.ask(who, "POST", f"/gatherings/{gathering_id}/holds", body)
    await house.quiet()
    items = (await house.ask(who, "GET", "/tickets"))["items"]
    (found,) = [one for one in items if one["gathering_id"] == gathering_id]
    return dict(found)


async def test_who_shows_a_code_comes_in_and_is_counted(house: House) -> None:
    gathering_id = await tonight(house)
    hers, his = await ticket(house, gathering_id), await ticket(house, gathering_id, bob, 1, "Bob")
    path = f"/gatherings/{gathering_id}/check-ins"
    first = await house.ask(door, "POST", path, {"code": hers["code"], "seats": 1})
    assert (first["title"], first["holder"]) == ("Spring dinner", "Ada L.")
    assert (first["seats"], first["checked_in"]) == (2, 1)
    second = await house.ask(door, "POST", path, {"ticket_id": hers["ticket_id"]})
    assert second["checked_in"] == 2
    assert await house.refusal(door, "POST", path, {"code": hers["code"]}) == (
        409,
        "already_checked_in",
    )
    await house.quiet()
    come = await house.ask(door, "GET", f"/gatherings/{gathering_id}/attendance")
    assert (come["tickets"], come["seats"], come["checked_in"]) == (2, 3, 2)
    listed = await house.ask(door, "GET", f"/gatherings/{gathering_id}/tickets")
    shown = {one["ticket_id"]: one["checked_in"] for one in listed["items"]}
    assert shown == {hers["ticket_id"]: 2, his["ticket_id"]: 0}
    told = await house.told(TicketCheckedIn)
    assert [(one.person_id, one.seats) for one in told] == [(ada.person_id, 1), (ada.person_id, 1)]


async def test_the_same_request_again_lets_nobody_else_in(house: House) -> None:
    gathering_id = await tonight(house)
    hers = await ticket(house, gathering_id)
    path, key = f"/gatherings/{gathering_id}/check-ins", str(uuid4())
    body = {"code": hers["code"], "seats": 1}
    for _ in range(2):
        again = await house.ask(door, "POST", path, body, Idempotency_Key=key)
        assert again["checked_in"] == 1


async def test_at_two_doors_at_once_a_seat_comes_in_once(house: House) -> None:
    gathering_id = await tonight(house)
    hers = await ticket(house, gathering_id, seats=1)
    path, body = f"/gatherings/{gathering_id}/check-ins", {"code": hers["code"]}
    answers = await asyncio.gather(*(house.answer(door, "POST", path, body) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert len(await house.told(TicketCheckedIn)) == 1


async def test_a_mistake_is_undone_and_they_come_in_again(house: House) -> None:
    gathering_id = await tonight(house)
    hers = await ticket(house, gathering_id)
    path = f"/gatherings/{gathering_id}/check-ins"
    await house.ask(door, "POST", path, {"code": hers["code"]})
    await house.ask(door, "DELETE", f"{path}/{hers['ticket_id']}")
    await house.quiet()
    (mine,) = (await house.ask(ada, "GET", "/tickets"))["items"]
    assert (mine["checked_in"], mine["checked_in_at"]) == (0, None)
    assert len(await house.told(CheckInUndone)) == 1
    assert (await house.ask(door, "POST", path, {"code": hers["code"]}))["checked_in"] == 2


async def test_a_code_opens_no_other_door_and_no_closed_one(house: House) -> None:
    gathering_id, another = await tonight(house), await tonight(house)
    later = await tonight(house, hours=30)
    hers, of_later = await ticket(house, gathering_id), await ticket(house, later)
    refused = {
        another: (hers["code"], (409, "ticket_of_another")),
        later: (of_later["code"], (409, "doors_closed")),
    }
    for at, (code, why) in refused.items():
        path = f"/gatherings/{at}/check-ins"
        assert await house.refusal(door, "POST", path, {"code": code}) == why


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"code": "no code"}, "bad_code"),
        ({}, "value_error"),
        ({"code": "x", "ticket_id": str(uuid4())}, "value_error"),
        ({"code": "x", "seats": 0}, "greater_than_equal"),
    ],
)
async def test_what_is_no_code_opens_nothing(house: House, body: Json, why: str) -> None:
    gathering_id = await tonight(house)
    path = f"/gatherings/{gathering_id}/check-ins"
    assert await house.refusal(door, "POST", path, body) == (422, why)
    unknown = {"ticket_id": str(uuid4())}
    assert await house.refusal(door, "POST", path, unknown) == (404, "ticket_not_found")


async def test_a_door_without_a_network_tells_later_what_it_saw(house: House) -> None:
    gathering_id = await tonight(house)
    hers = await ticket(house, gathering_id)
    seen_at = house.service.clock.now() + timedelta(hours=3)
    await house.move_clock(seen_at + timedelta(days=1))
    path = f"/gatherings/{gathering_id}/check-ins"
    refused = await house.refusal(door, "POST", path, {"code": hers["code"]})
    assert refused == (409, "doors_closed")
    ahead = {"code": hers["code"], "seen_at": (seen_at + timedelta(days=2)).isoformat()}
    assert (await house.answer(door, "POST", path, ahead)).status_code == 422
    body = {"code": hers["code"], "seen_at": seen_at.isoformat()}
    assert (await house.ask(door, "POST", path, body))["checked_in"] == 2
    (told,) = await house.told(TicketCheckedIn)
    assert told.occurred_at == seen_at


async def test_a_code_is_good_on_the_day_that_a_gathering_was_moved_to(house: House) -> None:
    gathering_id = await tonight(house)
    hers = await ticket(house, gathering_id)
    begins = house.service.clock.now().replace(microsecond=0) + timedelta(days=60)
    times = {
        "starts_at": begins.isoformat(),
        "ends_at": (begins + timedelta(hours=2)).isoformat(),
    }
    path = f"/gatherings/{gathering_id}"
    await house.ask(olga, "PUT", f"{path}/times", times, If_Match='"1"')
    await house.move_clock(begins)
    came = await house.ask(door, "POST", f"{path}/check-ins", {"code": hers["code"]})
    assert came["checked_in"] == 2


async def test_a_cancelled_ticket_admits_nobody(house: House) -> None:
    gathering_id = await tonight(house)
    hers = await ticket(house, gathering_id)
    await house.ask(olga, "POST", f"/gatherings/{gathering_id}/cancellation")
    await house.quiet()
    path = f"/gatherings/{gathering_id}/check-ins"
    refused = await house.refusal(door, "POST", path, {"code": hers["code"]})
    assert refused == (409, "ticket_cancelled")
    come = await house.ask(door, "GET", f"/gatherings/{gathering_id}/attendance")
    assert come["seats"] == 0


async def test_only_who_may_lets_people_in(house: House) -> None:
    gathering_id = await tonight(house)
    hers = await ticket(house, gathering_id)
    path, body = f"/gatherings/{gathering_id}/check-ins", {"code": hers["code"]}
    for who in (ada, somebody(community, "accountant"), somebody(community, "moderator")):
        assert await house.refusal(who, "POST", path, body) == (403, "forbidden")
        assert await house.refusal(who, "DELETE", f"{path}/{hers['ticket_id']}") == (
            403,
            "forbidden",
        )
    assert await house.refusal(None, "POST", path, body) == (401, "no_token")
    for what in ("check-ins", "attendance"):
        method = "POST" if what == "check-ins" else "GET"
        there = f"/gatherings/{gathering_id}/{what}"
        refused = await house.refusal(stranger, method, there, body if method == "POST" else None)
        assert refused == (404, "not_found")


async def test_a_code_of_another_community_opens_nothing_here(house: House) -> None:
    gathering_id = await tonight(house)
    code = house.service.links.make(
        "ticket", uuid4(), stranger.community_id, real_now() + timedelta(days=9)
    )
    path = f"/gatherings/{gathering_id}/check-ins"
    assert await house.refusal(door, "POST", path, {"code": code}) == (422, "bad_code")


async def test_who_was_erased_comes_in_without_a_name(house: House) -> None:
    gathering_id = await tonight(house)
    hers = await ticket(house, gathering_id)
    await house.hear(
        PersonErased(community_id=community, occurred_at=real_now(), person_id=ada.person_id)
    )
    await house.quiet()
    path = f"/gatherings/{gathering_id}/check-ins"
    came = await house.ask(door, "POST", path, {"code": hers["code"]})
    assert (came["holder"], came["checked_in"]) == (None, 2)


async def test_who_has_a_ticket_hears_when_and_where_and_of_another_time(house: House) -> None:
    gathering_id = await tonight(house, hours=48)
    await ticket(house, gathering_id)
    online = await tonight(house, hours=48, place=None)
    await ticket(house, online, bob)
    begins = house.service.clock.now().replace(microsecond=0) + timedelta(hours=72)
    times = {
        "starts_at": begins.isoformat(),
        "ends_at": (begins + timedelta(hours=2)).isoformat(),
    }
    for one in (gathering_id, online):
        version = (await house.ask(olga, "GET", f"/gatherings/{one}"))["version"]
        path = f"/gatherings/{one}/times"
        await house.ask(olga, "PUT", path, times, If_Match=f'"{version}"')
    await house.quiet()
    told = await house.told(MessageRequested)
    said = {(one.person_id, one.template): one.values for one in told}
    bought = said[ada.person_id, "ticket_bought_at"]
    assert (bought["place"], bought["seats"]) == ("Salle des fêtes", 2)
    assert said[ada.person_id, "gathering_moved_at"] == {
        "gathering": "Spring dinner",
        "starts_at": begins,
        "place": "Salle des fêtes",
    }
    assert said[bob.person_id, "gathering_moved_on"]["starts_at"] == begins
    assert "place" not in said[bob.person_id, "ticket_bought_on"]
