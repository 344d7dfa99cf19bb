"""Members are asked, vote once, and of an anonymous poll nobody with the whole database learns who voted how."""

import base64
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from services.membership.marks import written
from services.membership.poll.events import Answer
from services.membership.poll.projections import urn_of
from shared.clock import real_now
from shared.contracts.events_ticket import TicketCancelled
from shared.ids import Code, PersonId
from shared.personal_value import Sealed
from tests.integration.membership.house import House, Json, code_of
from tests.integration.membership.test_broadcast import bought

MOVING: Json = {"kind": "one", "words": "Do we move?", "options": ["Yes", "No"]}
MOOD: Json = {"kind": "scale", "words": "How are we doing?"}


async def club(house: House, members: int = 3) -> tuple[str, str, list[tuple[str, str]]]:
    """A community, its owner's token, and the ids and tokens of its members."""
    community_id, owner = await house.community("olga@example.com")
    emails = [f"m{number}@example.com" for number in range(members)]
    return community_id, owner, [await house.join(email, community_id) for email in emails]


async def opened(house: House, owner: str, **more: object) -> str:
    terms = {
        "title": "The hall",
        "questions": [MOVING, MOOD],
        "closes_at": (real_now() + timedelta(days=7)).isoformat(),
        "secrecy": "named",
    }
    return str((await house.call("POST", "/polls", terms | more, token=owner))["poll_id"])


async def vote(
    house: House, poll_id: str, token: str, *answers: Sequence[int], **more: Any
) -> Json:
    body = {"answers": [list(chosen) for chosen in answers]}
    return await house.call("PUT", f"/polls/{poll_id}/ballot", body, token=token, **more)


async def seen(house: House, poll_id: str, token: str) -> Json:
    return await house.call("GET", f"/polls/{poll_id}", token=token)


async def count(house: House, poll_id: str, owner: str) -> datetime:
    """Closes it and lets a minute pass; tokens are worth nothing after that."""
    await house.call("POST", f"/polls/{poll_id}/closing", {}, token=owner)
    later = real_now() + timedelta(minutes=2)
    await house.service.move_clock(later)
    await house.quiet()
    return later


async def test_members_vote_by_name_think_again_and_see_how_it_stands(house: House) -> None:
    _, owner, ((ada, for_ada), (_, for_bob), _) = await club(house)
    poll_id = await opened(house, owner, shown="after_ballot")
    (listed,) = (await house.call("GET", "/polls?filter[standing]=open", token=for_bob))["items"]
    assert (listed["poll_id"], listed["title"]) == (poll_id, "The hall")
    for answers in (([1], [3]), ([0], [10]), ([0], [10])):
        await vote(house, poll_id, for_ada, *answers)
    mine, other = await seen(house, poll_id, for_ada), await seen(house, poll_id, for_bob)
    assert (mine["voted"], mine["answers"], mine["ballots"]) == (True, [[0], [10]], 1)
    assert mine["counts"] == [[1, 0], [0] * 10 + [1]]
    assert (other["voted"], other["answers"], other["counts"]) == (False, None, None)
    told = await house.call("GET", f"/polls/{poll_id}/ballots", token=owner)
    assert told["items"] == [{"person_id": ada, "answers": [[0], [10]], "texts": []}]
    await house.call("GET", f"/polls/{poll_id}/ballots", token=for_bob, expect=403)


async def test_it_closes_by_itself_and_is_counted(house: House) -> None:
    community_id, owner, ((_, for_ada), (_, for_bob), _) = await club(house)
    soon = real_now() + timedelta(hours=1)
    poll_id = await opened(house, owner, closes_at=soon.isoformat())
    await vote(house, poll_id, for_ada, [0], [7])
    assert (await seen(house, poll_id, for_ada))["counts"] is None
    for later in (soon, soon + timedelta(minutes=2)):
        await house.service.move_clock(later)
        await house.quiet()
    for_bob = await house.token("m1@example.com", community_id)
    after = await seen(house, poll_id, for_bob)
    assert (after["standing"], after["counts"]) == ("counted", [[1, 0], [0] * 7 + [1] + [0] * 3])
    assert code_of(await vote(house, poll_id, for_bob, [0], [], expect=409)) == "poll_closed"


async def everything(house: House) -> str:
    """Every row of every table of the service, its log, its agenda, its keys and what it will publish."""
    tables = await house.service.pool.fetch(
        "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables"
        " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
    )
    rows = [
        str(await house.service.pool.fetchval(f"SELECT json_agg(t) FROM {table['name']} t"))
        for table in tables
    ]
    return "\n".join(rows)


async def ballots_in_log(house: House) -> list[dict[str, Any]]:
    rows = await house.service.pool.fetch(
        "SELECT e.data::text, c.print FROM events e JOIN commands c"
        " ON c.command_id = (e.meta->>'causation_id')::uuid"
        " WHERE e.type = 'SealedBallotCast' ORDER BY e.position"
    )
    return [{"data": json.loads(row["data"]), "print": row["print"]} for row in rows]


def box_in(data: Json) -> Sealed:
    kept = data["answers"]
    return Sealed(PersonId(UUID(kept["person_id"])), kept["retention"], Code(kept["box"]))


async def test_nobody_with_the_whole_database_learns_who_voted_how(house: House) -> None:
    """What is left of a ballot is who cast it, and a box of the same size for all, whose key is destroyed.

    The fingerprints by which requests are told apart would give the answers away to whoever tries them all, so they
    are not kept of ballots. What is published says how many voted.
    """
    community_id, owner, members = await club(house, members=6)
    poll_id = await opened(house, owner, secrecy="anonymous")
    chosen = [[0], [1], [0], [0], [], [1]]
    for number, ((_, token), answer) in enumerate(zip(members, chosen, strict=True)):
        await vote(house, poll_id, token, answer, [number], Idempotency_Key=f"ballot-{number}")
    await vote(house, poll_id, members[0][1], [1], [0])  # thinks again
    early = await seen(house, poll_id, owner)
    assert (early["counts"], early["ballots"]) == (None, 6)
    refused = await house.call("GET", f"/polls/{poll_id}/ballots", token=owner, expect=409)
    assert code_of(refused) == "poll_anonymous"
    boxes = [box_in(row["data"]) for row in await ballots_in_log(house)]
    assert None not in await house.service.vault.open(boxes), "they can be counted"

    await count(house, poll_id, owner)
    owner = await house.token("olga@example.com", community_id)
    assert (await seen(house, poll_id, owner))["counts"][0] == [2, 3]

    kept = await ballots_in_log(house)
    assert len(kept) == 7
    assert {len(base64.urlsafe_b64decode(box.box)) for box in boxes} == {12 + 16 + 2 * 5}
    assert {row["print"] for row in kept} == {b""}
    assert {frozenset(row["data"]) for row in kept} == {
        frozenset({"poll_id", "person_id", "answers"})
    }
    assert await house.service.vault.open(boxes) == [None] * 7
    dump = await everything(house)
    for number, answer in enumerate(chosen):
        assert written((Answer(tuple(answer)), Answer((number,)))) not in dump
    keys = await house.service.pool.fetchval(
        "SELECT count(*) FROM membership_personal.keys WHERE person_id = $1",
        urn_of(UUID(poll_id)),
    )
    assert keys == 0
    counted = await house.service.pool.fetch(
        "SELECT data::text FROM events WHERE stream_id = $1 AND type = 'PollCounted'", UUID(poll_id)
    )
    assert [set(json.loads(row["data"])) for row in counted] == [{"secrecy", "ballots", "counts"}]


async def test_of_too_few_nothing_is_told_but_how_many(house: House) -> None:
    community_id, owner, members = await club(house, members=4)
    poll_id = await opened(house, owner, secrecy="anonymous")
    for _, token in members:
        await vote(house, poll_id, token, [0], [10])
    await count(house, poll_id, owner)
    owner = await house.token("olga@example.com", community_id)
    after = await seen(house, poll_id, owner)
    assert (after["standing"], after["ballots"], after["counts"]) == ("counted", 4, [])


async def test_a_poll_that_is_cancelled_is_counted_by_nobody(house: House) -> None:
    _, owner, ((_, for_ada), *_) = await club(house)
    poll_id = await opened(house, owner, secrecy="anonymous")
    await vote(house, poll_id, for_ada, [0], [])
    await house.call("POST", f"/polls/{poll_id}/cancellation", {}, token=owner)
    await house.quiet()
    urn = PersonId(urn_of(UUID(poll_id)))
    assert await house.service.vault.keys({(urn, "profile")}) == {}
    assert code_of(await vote(house, poll_id, for_ada, [0], [], expect=409)) == "poll_closed"
    refused = await house.call("POST", f"/polls/{poll_id}/closing", {}, token=owner, expect=409)
    assert code_of(refused) == "poll_cancelled"


async def test_it_asks_members_and_of_some_tiers_alone_where_it_says_so(house: House) -> None:
    community_id, owner, ((ada, for_ada), (_, for_bob), _) = await club(house)
    gold = await house.tier(owner, "Gold", paid=True)
    await house.call("POST", f"/people/{ada}/gifts", {"tier_id": gold}, token=owner)
    poll_id = await opened(house, owner, tiers=[gold])
    await vote(house, poll_id, for_ada, [0], [])
    assert code_of(await vote(house, poll_id, for_bob, [0], [], expect=409)) == "not_asked"
    await house.call("POST", "/me/departure", token=for_bob)
    assert code_of(await vote(house, poll_id, for_bob, [0], [], expect=409)) == "not_a_member"
    await house.call("GET", f"/polls/{poll_id}", token=for_bob, expect=409)
    await house.call("GET", "/polls", token=for_bob, expect=409)
    assert community_id


async def test_bad_polls_and_ballots_get_a_clear_error(house: House) -> None:
    _, owner, ((_, for_ada), *_) = await club(house)
    later = (real_now() + timedelta(days=1)).isoformat()
    good: Json = {"title": "x", "questions": [MOVING], "closes_at": later, "secrecy": "named"}
    wrong: list[tuple[Json, str]] = [
        ({"questions": []}, "/questions"),
        ({"questions": [MOVING] * 11}, "/questions"),
        ({"questions": [MOVING | {"options": ["Yes"]}]}, "/questions/0/options"),
        (
            {"questions": [MOVING | {"options": [str(n) for n in range(21)]}]},
            "/questions/0/options",
        ),
        ({"questions": [MOOD | {"options": ["Yes", "No"]}]}, "/questions/0/options"),
        ({"closes_at": real_now().isoformat()}, "/closes_at"),
        ({"closes_at": "2030-01-01T00:00:00"}, "/closes_at"),
        ({"secrecy": "anonymous", "shown": "after_ballot"}, "/shown"),
        ({"secrecy": "secret"}, "/secrecy"),
        ({"tiers": [str(uuid4())]}, "/tiers/0"),
    ]
    for change, pointer in wrong:
        problem = await house.call("POST", "/polls", good | change, token=owner, expect=422)
        assert problem["errors"][0]["pointer"] == pointer, json.dumps(problem)
    await house.call("POST", "/polls", good, token=for_ada, expect=403)
    poll_id = await opened(house, owner)
    for answers in ([[0]], [[0, 1], []], [[2], []], [[0], [11]], [[-1], []], [[0], []] * 6):
        await vote(house, poll_id, for_ada, *answers, expect=422)
    await vote(house, poll_id, for_ada, [0], [4], expect=200)
    strange = str(uuid4())
    await vote(house, strange, for_ada, [0], expect=404)
    await house.call("GET", f"/polls/{strange}", token=for_ada, expect=404)
    await house.call("GET", f"/polls/{strange}/ballots", token=owner, expect=404)


ELSE: Json = {"kind": "text", "words": "What else?"}


async def say(house: House, poll_id: str, token: str, *texts: str, **more: Any) -> Json:
    body = {"answers": [[0], []], "texts": texts}
    return await house.call("PUT", f"/polls/{poll_id}/ballot", body, token=token, **more)


async def test_what_somebody_writes_by_name_staff_read_until_they_are_forgotten(
    house: House,
) -> None:
    _, owner, ((ada, for_ada), (_, for_bob), _) = await club(house)
    poll_id = await opened(house, owner, questions=[MOVING, ELSE])
    await say(house, poll_id, for_ada, "More light.")
    await vote(house, poll_id, for_bob, [1], [])
    path = f"/polls/{poll_id}/ballots"
    told = {
        one["person_id"]: one["texts"]
        for one in (await house.call("GET", path, token=owner))["items"]
    }
    assert sorted(told.values()) == [[], ["More light."]]
    assert (await seen(house, poll_id, for_bob))["counts"] is None
    assert "More light" not in str(await seen(house, poll_id, for_bob))
    assert "More light" not in await everything(house)
    path_of_texts = f"/polls/{poll_id}/texts"
    refused = await house.call("GET", path_of_texts, token=owner, expect=409)
    assert code_of(refused) == "poll_named"
    await house.call("POST", f"/people/{ada}/erasure", {}, token=owner, expect=202)
    await house.quiet()
    listed = (await house.call("GET", path, token=owner))["items"]
    assert [one["texts"] for one in listed if one["person_id"] == ada] in ([], [[]])


async def test_what_is_written_anonymously_is_nobodys_and_read_once_it_is_counted(
    house: House,
) -> None:
    """The box of each ballot is as long whatever was written; what is kept is in alphabetical order."""
    community_id, owner, members = await club(house, members=6)
    poll_id = await opened(house, owner, secrecy="anonymous", questions=[MOVING, ELSE])
    texts = ["Zither.", "", "Apples, please.", "More light.", "More light."]
    for (_, token), text in zip(members, texts, strict=False):
        await say(house, poll_id, token, text)
    await vote(house, poll_id, members[5][1], [1], [])
    boxes = [box_in(row["data"]) for row in await ballots_in_log(house)]
    assert len({len(box.box) for box in boxes}) == 1
    path = f"/polls/{poll_id}/texts"
    assert (await house.call("GET", path, token=owner))["items"] == []
    await house.call("GET", path, token=members[0][1], expect=403)
    await count(house, poll_id, owner)
    owner = await house.token("olga@example.com", community_id)
    first = await house.call("GET", f"{path}?limit=3", token=owner)
    rest = await house.call("GET", f"{path}?limit=3&after={first['next']}", token=owner)
    told = [(one["question"], one["text"]) for one in first["items"] + rest["items"]]
    assert told == [
        (0, "Apples, please."), (0, "More light."), (0, "More light."), (0, "Zither."),
    ]  # fmt: skip
    assert (await seen(house, poll_id, owner))["counts"] == [[5, 1], []]
    assert await house.service.vault.open(boxes) == [None] * 6
    assert "Zither" not in await everything(house)


async def test_of_too_few_no_words_are_kept_either(house: House) -> None:
    community_id, owner, members = await club(house, members=4)
    poll_id = await opened(house, owner, secrecy="anonymous", questions=[MOVING, ELSE])
    for _, token in members:
        await say(house, poll_id, token, "It was me.")
    await count(house, poll_id, owner)
    owner = await house.token("olga@example.com", community_id)
    assert (await house.call("GET", f"/polls/{poll_id}/texts", token=owner))["items"] == []
    kept = "SELECT count(*) FROM events WHERE type = 'PollWordsKept'"
    assert await house.service.pool.fetchval(kept) == 0


async def test_words_that_do_not_fit_are_refused(house: House) -> None:
    _, owner, ((_, for_ada), *_) = await club(house)
    poll_id = await opened(house, owner, questions=[MOVING, ELSE])
    await say(house, poll_id, for_ada, "a" * 501, expect=422)
    await say(house, poll_id, for_ada, "one", "too many", expect=422)
    wrong: list[Json] = [ELSE | {"options": ["a", "b"]}, *([ELSE] * 5)]
    for questions in (wrong[:1], [ELSE] * 6):
        later = (real_now() + timedelta(days=1)).isoformat()
        body = {"title": "x", "questions": questions, "closes_at": later, "secrecy": "named"}
        await house.call("POST", "/polls", body, token=owner, expect=422)


async def test_a_poll_about_a_gathering_asks_whoever_has_a_ticket(house: House) -> None:
    community_id, owner, ((ada, for_ada), (_, for_bob), _) = await club(house)
    gathering = uuid4()
    ticket = bought(community_id, gathering, UUID(ada))
    await house.hear(ticket, ticket.ticket_id)
    await house.quiet()
    poll_id = await opened(house, owner, gathering_id=str(gathering))
    assert (await seen(house, poll_id, for_bob))["gathering_id"] == str(gathering)
    await vote(house, poll_id, for_ada, [0], [])
    assert code_of(await vote(house, poll_id, for_bob, [0], [], expect=409)) == "not_asked"
    fields = ticket.model_dump(
        include={"community_id", "occurred_at", "gathering_id", "ticket_id", "person_id"}
    )
    await house.hear(TicketCancelled(**fields), ticket.ticket_id)
    await house.quiet()
    assert code_of(await vote(house, poll_id, for_ada, [1], [], expect=409)) == "not_asked"
