"""A year of promises by the wall clock: what is to come, what was held, skipped or missed, and how many were kept."""

import asyncio
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from shared.clock import real_now
from shared.ids import random_id
from shared.testing import eventually
from tests.integration.membership.house import House, Json, code_of, running

PARIS = ZoneInfo("Europe/Paris")
WEEK, HOUR, DAY = timedelta(days=7), timedelta(hours=1), timedelta(days=1)


def tomorrow() -> date:
    return real_now().astimezone(PARIS).date() + DAY


def moment(day: date, hour: int = 18) -> datetime:
    """When it is that hour in Paris."""
    return datetime(day.year, day.month, day.day, hour, tzinfo=PARIS).astimezone(UTC)


def described(**more: Any) -> Json:
    return {
        "name": "Questions and answers",
        "rule": "FREQ=WEEKLY",
        "local_time": "18:00",
        "starts_on": tomorrow().isoformat(),
    } | more


async def promised(house: House, token: str, **more: Any) -> str:
    told = await house.call("POST", "/rituals", described(**more), token=token, expect=201)
    await house.call("GET", "/rituals", token=token)
    return str(told["ritual_id"])


async def history(house: House, token: str, ritual_id: str) -> list[tuple[str, str]]:
    """What is told of each day, the oldest first."""
    path = f"/rituals/{ritual_id}/occurrences?limit=200"
    listed = await house.call("GET", path, token=token)
    return [(item["day"], item["standing"]) for item in listed["items"][::-1]]


async def kept(house: House, token: str) -> list[tuple[int, int, int, int | None]]:
    listed = await house.call("GET", "/rituals", token=token)
    return [(k["days"], k["kept"], k["missed"], k["percent"]) for k in listed["kept"]]


async def upcoming(house: House, path: str, token: str | None = None) -> list[tuple[str, str, Any]]:
    listed = await house.call("GET", path, token=token)
    return [(item["name"], item["day"], item["skipped"]) for item in listed["items"]]


async def hold(
    house: House, token: str, ritual_id: str, day: date, expect: int = 200, **body: Any
) -> Json:
    path = f"/rituals/{ritual_id}/occurrences/{day}/held"
    return await house.call("POST", path, body or {"attended": 9}, token=token, expect=expect)


async def test_a_promise_is_seen_held_and_counted(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    ada, member = await house.join("ada@example.com", community_id)
    first, second = tomorrow(), tomorrow() + WEEK
    ritual_id = await promised(house, owner)
    name = "Questions and answers"
    assert await upcoming(house, "/rituals/upcoming?days=10", member) == [
        (name, str(first), None),
        (name, str(second), None),
    ]
    assert code_of(await hold(house, owner, ritual_id, first, 409)) == "occurrence_to_come"

    await house.service.move_clock(moment(first) + HOUR)
    await hold(house, owner, ritual_id, first, attended=12, people=[ada])
    path = f"/rituals/{ritual_id}/occurrences"
    (_, newest) = (await house.call("GET", path, token=owner))["items"]
    assert (newest["standing"], newest["attended"], newest["corrected"]) == ("held", 12, False)
    assert datetime.fromisoformat(newest["planned_at"]) == moment(first)
    assert await kept(house, owner) == [(30, 1, 0, 100), (90, 1, 0, 100), (365, 1, 0, 100)]
    assert [day for _, day, _ in await upcoming(house, "/rituals/upcoming?days=10", member)] == [
        str(second)
    ]

    async def attended() -> list[tuple[str, int]]:
        told = await house.call("GET", f"/people/{ada}/activity", token=member)
        return [(item["kind"], item["times"]) for item in told["items"]]

    await house.eventually(attended, [("attendance", 1)])


async def test_what_nobody_marked_is_missed_and_can_be_corrected_in_time(house: House) -> None:
    _, owner = await house.community("olga@example.com")
    first = tomorrow()
    ritual_id = await promised(house, owner, grace_hours=2)

    def until(standing: str) -> Any:
        wanted = [(str(first), standing), (str(first + WEEK), "planned")]
        return house.eventually(lambda: history(house, owner, ritual_id), wanted)

    await house.service.move_clock(moment(first))
    await until("begun")
    await house.service.move_clock(moment(first) + 2 * HOUR)
    await until("missed")
    assert (await kept(house, owner))[0] == (30, 0, 1, 0)
    await hold(house, owner, ritual_id, first)
    await until("held")
    assert (await kept(house, owner))[0] == (30, 1, 0, 100)
    assert code_of(await hold(house, owner, ritual_id, first, 409)) == "occurrence_decided"

    second = first + WEEK
    await house.service.move_clock(moment(second) + 2 * HOUR + WEEK + timedelta(minutes=1))
    assert code_of(await hold(house, owner, ritual_id, second, 409)) == "occurrence_over"


async def test_a_year_across_both_changes_of_the_clock_is_52_times_the_same_hour(
    house: House,
) -> None:
    _, owner = await house.community("olga@example.com")
    ritual_id = await promised(house, owner)
    await house.service.move_clock(moment(tomorrow()) + 51 * WEEK + 2 * DAY)

    async def missed() -> list[datetime]:
        path = f"/rituals/{ritual_id}/occurrences?limit=200"
        items = (await house.call("GET", path, token=owner))["items"]
        moments = [i["planned_at"] for i in items if i["standing"] == "missed"]
        return [datetime.fromisoformat(one).astimezone(PARIS) for one in moments]

    times = await eventually(missed, lambda seen: len(seen) >= 52, within=60)
    assert len(times) == 52
    assert {at.strftime("%H:%M") for at in times} == {"18:00"}
    assert len({at.utcoffset() for at in times}) == 2
    assert [at.date() for at in times[::-1]] == [tomorrow() + n * WEEK for n in range(52)]
    assert (await kept(house, owner))[2] == (365, 0, 52, 0)


async def test_a_worker_that_was_away_for_three_weeks_misses_each_once(database_url: str) -> None:
    async with running(database_url) as house:
        _, owner = await house.community("olga@example.com")
        ritual_id = await promised(house, owner)
    first = tomorrow()
    async with running(database_url, turning=False) as house:
        await house.service.move_clock(moment(first) + 2 * WEEK + 2 * DAY)
    async with running(database_url) as house:
        # Three are over, and the fourth is planned.
        async def told() -> Counter[tuple[str, str]]:
            rows = await house.service.pool.fetch(
                "SELECT type, data->>'on' AS day FROM events WHERE stream_id = $1", UUID(ritual_id)
            )
            return Counter((row["type"], row["day"]) for row in rows if row["day"])

        days = [str(first + n * WEEK) for n in range(4)]
        wanted = Counter([("OccurrencePlanned", day) for day in days])
        wanted += Counter([("OccurrenceBegan", day) for day in days[:3]])
        wanted += Counter([("OccurrenceMissed", day) for day in days[:3]])
        await house.eventually(told, wanted)

        async def waiting() -> int:
            count: int = await house.service.pool.fetchval(
                "SELECT count(*) FROM agenda WHERE state <> 'done' AND due_at <= $1",
                house.service.clock.now(),
            )
            return count

        await house.eventually(waiting, 0)
        assert await told() == wanted


async def test_two_staff_at_once_decide_it_once(house: House) -> None:
    _, owner = await house.community("olga@example.com")
    first = tomorrow()
    ritual_id = await promised(house, owner)
    await house.service.move_clock(moment(first))
    outcomes = await asyncio.gather(
        *(hold(house, owner, ritual_id, first, attended=number) for number in range(1, 6)),
        return_exceptions=True,
    )
    assert len([one for one in outcomes if isinstance(one, dict)]) == 1
    refused = [str(one) for one in outcomes if isinstance(one, AssertionError)]
    assert len([text for text in refused if "occurrence_decided" in text]) == 4


async def test_what_is_skipped_beforehand_counts_neither_way(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    _, member = await house.join("ada@example.com", community_id)
    first, third = tomorrow(), tomorrow() + 2 * WEEK
    ritual_id = await promised(house, owner)
    for day in (first, third):
        path = f"/rituals/{ritual_id}/occurrences/{day}/skip"
        await house.call("POST", path, {"reason": "holiday"}, token=owner, expect=200)
        again = await house.call("POST", path, {"reason": "other"}, token=owner, expect=409)
        assert code_of(again) == "occurrence_decided"
    soon = await upcoming(house, "/rituals/upcoming?days=21", member)
    assert [reason for _, _, reason in soon] == ["holiday", None, "holiday"]
    await house.service.move_clock(moment(third) + 2 * DAY)
    wanted = ["skipped", "missed", "skipped", "planned"]

    async def standings() -> list[str]:
        return [standing for _, standing in await history(house, owner, ritual_id)]

    await house.eventually(standings, wanted)
    assert (await kept(house, owner))[0] == (30, 0, 1, 0)
    late = f"/rituals/{ritual_id}/occurrences/{first + WEEK}/skip"
    problem = await house.call("POST", late, {"reason": "other"}, token=owner, expect=409)
    assert code_of(problem) == "occurrence_begun"


async def test_it_changes_from_the_next_on_pauses_goes_on_and_ends(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    _, member = await house.join("ada@example.com", community_id)
    first, second, third = (tomorrow() + n * WEEK for n in range(3))
    ritual_id = await promised(house, owner)
    path = f"/rituals/{ritual_id}"
    await house.service.move_clock(moment(first) + HOUR)
    body = described(local_time="20:00", name="Spotlight")
    await house.call("PUT", path, body, token=owner, expect=200)
    items = (await house.call("GET", f"{path}/occurrences", token=owner))["items"]
    times = [datetime.fromisoformat(item["planned_at"]) for item in items]
    assert times == [moment(second, 20), moment(first)]
    assert await upcoming(house, "/rituals/upcoming?days=8", member) == [
        ("Spotlight", str(second), None)
    ]

    await house.call("POST", f"{path}/pause", token=owner, expect=200)
    assert await upcoming(house, "/rituals/upcoming?days=31", member) == []
    await house.service.move_clock(moment(second, 21))
    await house.call("POST", f"{path}/resumption", token=owner, expect=200)
    await house.call("POST", f"{path}/end", token=owner, expect=200)
    problem = await house.call("PUT", path, body, token=owner, expect=409)
    assert code_of(problem) == "ritual_ended"
    wanted = [(str(first), "missed")]
    await house.eventually(lambda: history(house, owner, ritual_id), wanted)
    await hold(house, owner, ritual_id, third, 404)
    assert await upcoming(house, "/rituals/upcoming?days=31", member) == []


async def test_who_sees_what_is_to_come(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    gold = await house.tier(owner, "Gold", paid=True)
    ada, for_ada = await house.join("ada@example.com", community_id)
    _, for_bob = await house.join("bob@example.com", community_id)
    await house.call("POST", f"/people/{ada}/gifts", {"tier_id": gold}, token=owner)
    await promised(house, owner, name="For all")
    await promised(house, owner, name="For gold", tiers=[gold])
    await promised(house, owner, name="For everybody", public=True)
    await house.eventually_live(ada, for_ada, ("Gold", "gift"))

    async def names(path: str, token: str | None) -> set[str]:
        return {name for name, _, _ in await upcoming(house, path, token)}

    mine = "/rituals/upcoming?days=7"
    assert await names(mine, for_ada) == {"For all", "For gold", "For everybody"}
    assert await names(mine, for_bob) == {"For all", "For everybody"}
    public = f"/public/communities/{community_id}/rituals?days=7"
    assert await names(public, None) == {"For everybody"}
    await house.call("POST", "/me/departure", token=for_bob)
    assert await names(mine, for_bob) == {"For everybody"}


async def test_staff_are_reminded_the_day_before(house: House) -> None:
    community_id, _ = await house.community("olga@example.com")
    await house.join("olga@example.com", community_id)
    await house.join("ada@example.com", community_id)
    owner = await house.token("olga@example.com", community_id)
    day = tomorrow() + WEEK
    await promised(house, owner, reminded=True, starts_on=day.isoformat())
    await promised(house, owner, starts_on=day.isoformat(), name="In silence")
    letters = len(house.mailbox.letters)
    await house.service.move_clock(moment(day) - DAY - HOUR)
    await house.quiet()
    assert len(house.mailbox.letters) == letters
    await house.service.move_clock(moment(day) - DAY)

    async def told() -> list[tuple[str, str, Any]]:
        new = house.mailbox.letters[letters:]
        return [(one.to, one.template, one.values["ritual"]) for one in new]

    wanted = [("olga@example.com", "ritual_reminder", "Questions and answers")]
    await house.eventually(told, wanted)
    assert house.mailbox.letters[-1].values["planned_at"] == moment(day)


async def test_a_letter_that_comes_too_late_is_not_sent(house: House) -> None:
    community_id, _ = await house.community("olga@example.com")
    await house.join("olga@example.com", community_id)
    owner = await house.token("olga@example.com", community_id)
    day = tomorrow() + WEEK
    ritual_id = await promised(house, owner, reminded=True, starts_on=day.isoformat())
    letters = len(house.mailbox.letters)
    await house.service.move_clock(moment(day) + 2 * DAY)
    wanted = [(str(day), "missed"), (str(day + WEEK), "planned")]
    await house.eventually(lambda: history(house, owner, ritual_id), wanted)
    await house.quiet()
    assert house.mailbox.letters[letters:] == []


async def test_what_can_not_be_promised_is_refused_by_its_place(house: House) -> None:
    _, owner = await house.community("olga@example.com")
    wrong: list[tuple[str, Any, str]] = [
        ("rule", "FREQ=HOURLY", "rule_not_offered"),
        ("rule", None, "string_type"),
        ("starts_on", "2020-01-01", "in_the_past"),
        ("until", "2020-01-01", "until_before_start"),
        ("grace_hours", 0, "grace_out_of_range"),
        ("tiers/0", [str(random_id())], "tier_not_found"),
        ("local_time", "25:00", "string_pattern_mismatch"),
        ("local_time", 18, "string_type"),
        ("name", "", "string_too_short"),
        ("surprise", True, "extra_forbidden"),
    ]
    for place, value, code in wrong:
        body = described(**{place.partition("/")[0]: value})
        problem = await house.call("POST", "/rituals", body, token=owner, expect=422)
        assert (code_of(problem), problem["errors"][0]["pointer"]) == (code, f"/{place}")
    assert (await house.call("GET", "/rituals", token=owner))["items"] == []


async def test_rituals_are_the_staffs_and_of_one_community(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    _, member = await house.join("ada@example.com", community_id)
    ritual_id = await promised(house, owner)
    _, stranger = await house.community("eve@example.com", slug="go")
    path, first = f"/rituals/{ritual_id}", tomorrow()
    asked: list[tuple[str, str, Json | None]] = [
        ("PUT", path, described(name="Mine")),
        ("POST", f"{path}/pause", None),
        ("POST", f"{path}/resumption", None),
        ("POST", f"{path}/end", None),
        ("POST", f"{path}/occurrences/{first}/held", {"attended": 1}),
        ("POST", f"{path}/occurrences/{first}/skip", {"reason": "other"}),
        ("GET", f"{path}/occurrences", None),
    ]
    for method, door, body in asked:
        await house.call(method, door, body, token=member, expect=403)
        await house.call(method, door, body, token=stranger, expect=404)
        await house.call(method, door, body, expect=401)
        unknown = door.replace(ritual_id, str(random_id()))
        await house.call(method, unknown, body, token=owner, expect=404)
    await house.call("POST", "/rituals", described(), token=member, expect=403)
    await house.call("GET", "/rituals", token=member, expect=403)
    await house.call("GET", "/rituals/upcoming", expect=401)
    assert (await house.call("GET", "/rituals", token=stranger))["items"] == []
    assert await history(house, owner, ritual_id) == [(str(first), "planned")]


async def test_who_was_there_is_named_by_who_they_are(house: House) -> None:
    _, owner = await house.community("olga@example.com")
    first = tomorrow()
    ritual_id = await promised(house, owner)
    await house.service.move_clock(moment(first))
    wrong = await hold(house, owner, ritual_id, first, 422, people=[str(random_id())])
    assert [(e["code"], e["pointer"]) for e in wrong["errors"]] == [
        ("person_not_found", "/people/0")
    ]
    wrong = await hold(house, owner, ritual_id, first, 422, people=[])
    assert code_of(wrong) == "attendance_needed"
    bad = f"/rituals/{ritual_id}/occurrences/someday/held"
    await house.call("POST", bad, {"attended": 1}, token=owner, expect=422)


async def test_the_same_key_decides_once_and_answers_the_same(house: House) -> None:
    _, owner = await house.community("olga@example.com")
    first = tomorrow()
    ritual_id = await promised(house, owner)
    await house.service.move_clock(moment(first))
    path, body = f"/rituals/{ritual_id}/occurrences/{first}/held", {"attended": 3}
    once = await house.call("POST", path, body, token=owner, Idempotency_Key="one")
    again = await house.call("POST", path, body, token=owner, Idempotency_Key="one")
    assert once == again


async def test_a_history_goes_on_where_it_stopped(house: House) -> None:
    _, owner = await house.community("olga@example.com")
    first = tomorrow()
    ritual_id = await promised(house, owner, rule="FREQ=DAILY")
    await house.service.move_clock(moment(first) + 4 * DAY)
    await hold(house, owner, ritual_id, first)
    seen: list[str] = []
    after = ""
    while True:
        path = f"/rituals/{ritual_id}/occurrences?limit=2{after}"
        page = await house.call("GET", path, token=owner)
        seen += [item["day"] for item in page["items"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert seen == [str(first + n * DAY) for n in range(5, -1, -1)]
