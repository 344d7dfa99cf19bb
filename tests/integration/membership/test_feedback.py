"""How one delivery was: said once by whom it was for, shown to staff so that nobody is found out, and taken back."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from shared.clock import real_now
from shared.contracts.contract import MoneyValue
from shared.contracts.events_gathering import (
    GatheringCancelled,
    GatheringPublished,
    GatheringRescheduled,
)
from shared.ids import random_id
from tests.integration.membership.house import House, Json, code_of, running
from tests.integration.membership.test_broadcast import bought
from tests.integration.membership.test_content import published
from tests.integration.membership.test_ritual import (
    DAY,
    HOUR,
    WEEK,
    hold,
    moment,
    promised,
    tomorrow,
)

LOVELY = "Lovely, but too loud."


@pytest.fixture
async def house(database_url: str, tmp_path: Path) -> AsyncIterator[House]:
    """With files, without which nothing is published."""
    origin, folder = "http://tessera.test", tmp_path / "files"
    async with running(database_url, origin=origin, files_folder=folder) as service:
        yield service


async def say(
    house: House, path: str, token: str, rating: int = 4, expect: int = 200, **more: object
) -> Json:
    body = {"rating": rating} | more
    return await house.call("PUT", f"/feedback/{path}", body, token=token, expect=expect)


async def read(house: House, path: str, token: str) -> Json:
    return await house.call("GET", f"/feedback/{path}", token=token)


async def refused(house: House, path: str, token: str, rating: int = 4, expect: int = 409) -> str:
    return code_of(await say(house, path, token, rating, expect))


async def mine(house: House, token: str) -> list[Json]:
    return list((await house.call("GET", "/me/feedback", token=token))["items"])


async def gathering(house: House, community_id: str, *people: str) -> GatheringPublished:
    """One that is over in two days, for which these have tickets."""
    now = house.service.clock.now()
    told = GatheringPublished(
        community_id=UUID(community_id),
        occurred_at=now,
        gathering_id=uuid4(),
        name="Dinner",
        starts_at=now + DAY,
        ends_at=now + 2 * DAY,
        capacity=40,
        price=MoneyValue(minor=0, currency="EUR"),
    )
    await house.hear(told, told.gathering_id)
    for person in people:
        ticket = bought(community_id, told.gathering_id, UUID(person))
        await house.hear(ticket, ticket.ticket_id)
    await house.quiet()
    return told


async def test_who_had_a_ticket_says_how_the_gathering_was_once_it_is_over(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    ada, for_ada = await house.join("ada@example.com", community_id)
    _, for_bob = await house.join("bob@example.com", community_id, "Bob")
    dinner = await gathering(house, community_id, ada)
    path = f"gathering/{dinner.gathering_id}"
    assert await refused(house, path, for_ada) == "delivery_to_come"
    await house.service.move_clock(dinner.ends_at)
    owner = await house.token("olga@example.com", community_id)
    for_ada = await house.token("ada@example.com", community_id)
    for_bob = await house.token("bob@example.com", community_id)
    assert await refused(house, path, for_bob) == "delivery_of_others"
    await say(house, path, for_ada, words=LOVELY, named=True)
    told = await read(house, path, owner)
    assert (told["name"], told["answers"], told["counted"], told["mean"]) == ("Dinner", 1, 1, 4.0)
    assert told["counts"] == [0, 0, 0, 1, 0]
    assert told["items"] == [{"rating": 4, "words": LOVELY, "person_id": ada}]
    (own,) = await mine(house, for_ada)
    assert (own["about"], own["rating"], own["words"], own["named"]) == (
        "gathering", 4, LOVELY, True,
    )  # fmt: skip
    assert await mine(house, for_bob) == []
    data = await house.call("GET", "/me/data", token=for_ada)
    assert LOVELY in str(data)


async def test_it_may_be_changed_for_a_while_and_taken_back_at_any_time(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    _, for_ada = await house.join("ada@example.com", community_id)
    path = f"content/{await published(house, owner)}"
    first = await say(house, path, for_ada, 5)
    again = await say(house, path, for_ada, 5)
    assert again["version"] == first["version"], "the same once more is nothing new"
    await say(house, path, for_ada, 2, words=LOVELY, named=True)
    assert (await read(house, path, owner))["counts"] == [0, 1, 0, 0, 0]
    (own,) = await mine(house, for_ada)
    assert (own["rating"], own["words"]) == (2, LOVELY)
    await house.service.move_clock(real_now() + timedelta(days=15))
    for_ada = await house.token("ada@example.com", community_id)
    owner = await house.token("olga@example.com", community_id)
    assert await refused(house, path, for_ada, 3) == "feedback_settled"
    await house.call("DELETE", f"/feedback/{path}", token=for_ada)
    twice = await house.call("DELETE", f"/feedback/{path}", token=for_ada, expect=404)
    assert code_of(twice) == "feedback_not_found"
    told = await read(house, path, owner)
    assert (told["answers"], told["mean"], told["items"]) == (0, None, [])
    assert await mine(house, for_ada) == []


async def test_without_a_name_nobody_is_found_out(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    people = [await house.join(f"m{n}@example.com", community_id, f"M{n}") for n in range(6)]
    content = await published(house, owner)
    path = f"content/{content}"
    for number, (_, token) in enumerate(people[:4]):
        await say(house, path, token, 5, words=f"Words {9 - number}")
    told = await read(house, path, owner)
    assert (told["answers"], told["counted"], told["mean"]) == (4, 0, None)
    assert (told["counts"], told["items"]) == ([0] * 5, [])
    await say(house, path, people[4][1], 3, words="Words 0")
    told = await read(house, path, owner)
    assert (told["answers"], told["counted"], told["counts"]) == (5, 5, [0, 0, 1, 0, 4])
    assert told["mean"] == 4.6
    assert [one["words"] for one in told["items"]] == [
        "Words 6", "Words 7", "Words 8", "Words 9", "Words 0",
    ]  # fmt: skip
    assert not any(person in str(told) for person, _ in people)
    page = await house.call("GET", f"/feedback/{path}?limit=3", token=owner)
    rest = await house.call("GET", f"/feedback/{path}?limit=3&after={page['next']}", token=owner)
    assert page["items"] + rest["items"] == told["items"]
    await say(house, path, people[5][1], 1)
    assert (await read(house, path, owner))["counts"] == [0, 0, 1, 0, 4]
    listed = await house.call("GET", "/feedback?filter[about]=content", token=owner)
    assert listed["items"] == [{"about": "content", "about_id": content, "day": None, "answers": 6}]


async def test_a_ritual_that_was_held_is_spoken_of_by_whom_it_was_promised_to(
    house: House,
) -> None:
    community_id, owner = await house.community("olga@example.com")
    gold = await house.tier(owner, "Gold", paid=True)
    ada, _ = await house.join("ada@example.com", community_id)
    await house.join("bob@example.com", community_id, "Bob")
    await house.call("POST", f"/people/{ada}/gifts", {"tier_id": gold}, token=owner)
    first = tomorrow()
    days = [first + number * WEEK for number in range(4)]
    ritual_id = await promised(house, owner, tiers=[gold])
    await house.call(
        "POST",
        f"/rituals/{ritual_id}/occurrences/{days[1]}/skip",
        {"reason": "holiday"},
        token=owner,
    )
    path = f"ritual/{ritual_id}?day="
    for_ada = await house.token("ada@example.com", community_id)
    assert await refused(house, path + str(first), for_ada) == "delivery_to_come"
    await house.service.move_clock(moment(first) + HOUR)
    owner = await house.token("olga@example.com", community_id)
    for_ada = await house.token("ada@example.com", community_id)
    assert await refused(house, path + str(first), for_ada) == "delivery_to_come"
    await hold(house, owner, ritual_id, first)
    await house.quiet()
    await say(house, path + str(first), for_ada, 5, named=True)
    for_bob = await house.token("bob@example.com", community_id)
    assert await refused(house, path + str(first), for_bob) == "delivery_of_others"
    assert (await read(house, path + str(first), owner))["mean"] == 5.0
    assert await refused(house, path + str(days[1]), for_ada) == "delivery_cancelled"
    assert await refused(house, path + "2020-01-01", for_ada, expect=404) == "delivery_not_found"
    nameless = f"ritual/{ritual_id}"
    assert await refused(house, nameless, for_ada, expect=404) == "delivery_not_found"
    await house.service.move_clock(moment(days[2]) + 2 * DAY)
    await house.quiet()
    for_ada = await house.token("ada@example.com", community_id)
    assert await refused(house, path + str(days[2]), for_ada) == "delivery_missed"


async def test_what_cannot_be_is_refused(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    ada, for_ada = await house.join("ada@example.com", community_id)
    content = await published(house, owner)
    path = f"content/{content}"
    for rating in (0, 6):
        assert await refused(house, path, for_ada, rating, 422) == "rating_out_of_range"
    await say(house, path, for_ada, words="x" * 2001, expect=422)
    await say(house, path, for_ada, words="  ", expect=422)
    await say(house, f"lecture/{content}", for_ada, expect=422)
    for kind in ("ritual", "gathering", "content"):
        unknown = f"{kind}/{random_id()}?day=2026-01-01"
        assert await refused(house, unknown, for_ada, expect=404) == "delivery_not_found"
    assert (await house.call("GET", f"/feedback/{path}", token=for_ada, expect=403))[
        "status"
    ] == 403
    await house.call("GET", "/feedback", token=for_ada, expect=403)
    await house.call("PUT", f"/feedback/{path}", {"rating": 4}, expect=401)
    silver = await house.tier(owner, "Silver", paid=True)
    closed = await published(house, owner, audience="tiers", tiers=[silver])
    assert await refused(house, f"content/{closed}", for_ada) == "delivery_of_others"
    soon = await published(house, owner, house.service.clock.now() + DAY)
    assert await refused(house, f"content/{soon}", for_ada) == "delivery_to_come"
    await house.call("POST", f"/content/{content}/withdrawal", token=owner)
    assert await refused(house, path, for_ada, expect=404) == "delivery_not_found"
    dinner = await gathering(house, community_id, ada)
    about: Json = {"community_id": UUID(community_id), "occurred_at": real_now()}
    moved = GatheringRescheduled(
        **about, gathering_id=dinner.gathering_id, starts_at=real_now(), ends_at=real_now()
    )
    await house.hear(moved, dinner.gathering_id)
    await house.quiet()
    await say(house, f"gathering/{dinner.gathering_id}", for_ada)
    other = await gathering(house, community_id, ada)
    cancelled = GatheringCancelled(**about, gathering_id=other.gathering_id)
    await house.hear(cancelled, other.gathering_id)
    await house.quiet()
    assert await refused(house, f"gathering/{other.gathering_id}", for_ada) == "delivery_cancelled"
    third = await gathering(house, community_id, ada)
    await house.service.move_clock(third.ends_at + timedelta(days=30))
    for_ada = await house.token("ada@example.com", community_id)
    assert await refused(house, f"gathering/{third.gathering_id}", for_ada) == "feedback_too_late"


async def test_it_is_the_members_own(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    ada, for_ada = await house.join("ada@example.com", community_id)
    _, for_bob = await house.join("bob@example.com", community_id, "Bob")
    path = f"content/{await published(house, owner, audience='public')}"
    await house.call("POST", f"/people/{ada}/ban", {}, token=owner)
    await house.call("POST", "/me/departure", token=for_bob)
    for token in (for_ada, for_bob):
        assert await refused(house, path, token) == "not_a_member"
    no_person = await house.call("PUT", f"/feedback/{path}", {"rating": 4}, token=owner, expect=403)
    assert no_person["status"] == 403


async def test_another_community_knows_nothing_of_it(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    ada, for_ada = await house.join("ada@example.com", community_id)
    content = await published(house, owner, audience="public")
    dinner = await gathering(house, community_id, ada)
    await say(house, f"content/{content}", for_ada, words=LOVELY, named=True)
    elsewhere, zoe = await house.community("zoe@example.com", "go")
    _, for_mia = await house.join("mia@example.com", elsewhere)
    for path in (f"content/{content}", f"gathering/{dinner.gathering_id}"):
        await say(house, path, for_mia, expect=404)
        await house.call("GET", f"/feedback/{path}", token=zoe, expect=404)
        await house.call("DELETE", f"/feedback/{path}", token=for_mia, expect=404)
    assert (await house.call("GET", "/feedback", token=zoe))["items"] == []
    assert (await read(house, f"content/{content}", owner))["answers"] == 1


async def test_who_said_how_it_was_hears_what_was_done(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    people = [await house.join(f"m{n}@example.com", community_id, f"M{n}") for n in range(6)]
    content = await published(house, owner)
    path, about = f"content/{content}", {"about": "content", "about_id": content}
    made = {"words": "It is shorter now.", "feedback": about}
    for _, token in people[1:5]:
        await say(house, path, token)
    unheard = await house.call("POST", "/improvements", made, token=owner, expect=409)
    assert code_of(unheard) == "nothing_heard"
    await say(house, path, people[0][1], named=True)
    await house.quiet()

    async def told() -> list[str]:
        await house.quiet()
        letters = [one for one in house.mailbox.letters if one.template == "improvement_spoken"]
        assert all(one.values["delivery"] == "How to lose well" for one in letters)
        return sorted(one.to for one in letters)

    await house.call("POST", "/improvements", made, token=owner)
    assert await told() == ["m0@example.com"], "a letter to four would say who they are"
    await say(house, path, people[5][1])
    await house.quiet()
    await house.call("POST", "/improvements", made | {"words": "And clearer."}, token=owner)
    assert await told() == ["m0@example.com"] + [f"m{n}@example.com" for n in range(6)]
    listed = await house.call("GET", "/improvements", token=people[1][1])
    assert [(one["title"], one["about"], one["about_id"]) for one in listed["items"]] == [
        ("How to lose well", "content", content)
    ] * 2
    unknown = {"words": "No", "feedback": {"about": "gathering", "about_id": str(random_id())}}
    await house.call("POST", "/improvements", unknown, token=owner, expect=404)
    both = made | {"poll_id": str(random_id())}
    await house.call("POST", "/improvements", both, token=owner, expect=404)


async def test_words_go_with_who_wrote_them_and_the_rating_stays(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    ada, for_ada = await house.join("ada@example.com", community_id)
    path = f"content/{await published(house, owner)}"
    await say(house, path, for_ada, 2, words=LOVELY, named=True)
    await house.call("POST", f"/people/{ada}/erasure", {}, token=owner, expect=202)
    await house.quiet()
    told = await read(house, path, owner)
    assert (told["answers"], told["mean"]) == (1, 2.0)
    assert [one["words"] for one in told["items"]] == [None]
