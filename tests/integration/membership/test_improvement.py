"""You said, we did: what was done after polls and after what people say on leaving is shown and told."""

from datetime import timedelta
from uuid import UUID, uuid4

from services.membership.improvement.projections import EXIT_WISHES
from shared.clock import real_now
from shared.contracts.billing_exit_survey import ExitAnswerDropped, ExitAnswered, ExitReason
from shared.projection import rebuild
from tests.integration.membership.house import House, Json, code_of
from tests.integration.membership.test_poll import club, count, opened, seen, vote

DONE = "The hall is ours from May on."


async def record(house: House, owner: str, expect: int | None = None, **more: object) -> Json:
    body = {"words": DONE} | more
    return await house.call("POST", "/improvements", body, token=owner, expect=expect)


async def listed(house: House, token: str, query: str = "") -> list[Json]:
    return list((await house.call("GET", f"/improvements{query}", token=token))["items"])


async def told(house: House) -> list[str]:
    await house.quiet()
    letters = [one for one in house.mailbox.letters if one.template.startswith("improvement")]
    return sorted(one.to for one in letters)


async def counted(house: House, **more: object) -> tuple[str, str, str, str]:
    """A poll that m0 and m1 voted in, m1 left after, and m2 did not; with tokens of the owner and of m2."""
    community_id, owner, members = await club(house)
    poll_id = await opened(house, owner, **more)
    for _, token in members[:2]:
        await vote(house, poll_id, token, [0], [5])
    await house.call("POST", "/me/departure", token=members[1][1])
    await count(house, poll_id, owner)
    owner = await house.token("olga@example.com", community_id)
    for_other = await house.token("m2@example.com", community_id)
    return poll_id, owner, for_other, community_id


async def test_who_voted_hears_what_was_done_and_all_members_read_it(house: House) -> None:
    poll_id, owner, for_other, _ = await counted(house)
    link = "https://chess.example/hall"
    made = await record(house, owner, poll_id=poll_id, link=link)
    assert await told(house) == ["m0@example.com"]
    (letter,) = [x for x in house.mailbox.letters if x.template == "improvement_polled"]
    assert (letter.values, letter.link) == ({"words": DONE, "poll": "The hall"}, link)
    assert letter.way_out
    (item,) = await listed(house, for_other)
    assert (item["words"], item["title"], item["poll_id"]) == (DONE, "The hall", poll_id)
    (done,) = (await seen(house, poll_id, for_other))["done"]
    assert (done["words"], done["link"]) == (DONE, link)
    withdrawal = f"/improvements/{made['improvement_id']}"
    await house.call("DELETE", withdrawal, token=for_other, expect=403)
    await house.call("DELETE", withdrawal, token=owner)
    assert await listed(house, for_other) == []
    assert (await seen(house, poll_id, for_other))["done"] == []


async def test_of_an_anonymous_poll_the_letters_do_not_say_who_voted(house: House) -> None:
    poll_id, owner, _, _ = await counted(house, secrecy="anonymous")
    await record(house, owner, poll_id=poll_id)
    assert await told(house) == ["m0@example.com", "m2@example.com"]


async def test_of_an_anonymous_poll_of_some_tiers_their_people_alone_are_told(
    house: House,
) -> None:
    community_id, owner = await house.community("olga@example.com")
    gold = await house.tier(owner, "Gold", paid=True)
    inside, _ = await house.join("ada@example.com", community_id)
    await house.join("bob@example.com", community_id)
    await house.call("POST", f"/people/{inside}/gifts", {"tier_id": gold}, token=owner)
    poll_id = await opened(house, owner, secrecy="anonymous", tiers=[gold])
    await count(house, poll_id, owner)
    owner = await house.token("olga@example.com", community_id)
    await record(house, owner, poll_id=poll_id)
    assert await told(house) == ["ada@example.com"]


async def test_who_wants_no_news_gets_none(house: House) -> None:
    poll_id, owner, for_other, community_id = await counted(house)
    voter, for_voter = await house.join("m0@example.com", community_id)
    no = {"preferences": [{"channel": "email", "kind": "announcement", "wanted": False}]}
    await house.call("PUT", f"/people/{voter}/preferences", no, token=for_voter)
    await record(house, owner, poll_id=poll_id)
    assert await told(house) == []
    assert len(await listed(house, for_other)) == 1


async def leave(
    house: House,
    person: str,
    community_id: str,
    reason: ExitReason = "too_much_noise",
    *,
    tell_me: bool = True,
) -> UUID:
    subscription_id = uuid4()
    said = ExitAnswered(
        community_id=UUID(community_id),
        occurred_at=real_now(),
        subscription_id=subscription_id,
        person_id=UUID(person),
        reason=reason,
        tell_me=tell_me,
    )
    await house.hear(said, subscription_id)
    return subscription_id


def since(days: int = 1) -> Json:
    return {"reason": "too_much_noise", "since": (real_now() - timedelta(days=days)).isoformat()}


async def test_who_left_hears_of_it_if_they_wished_to(house: House) -> None:
    community_id, owner, people = await club(house, members=5)
    (wishing, for_wishing), (silent, _), (other, _), (banned, _), (stayed, for_member) = people
    await leave(house, wishing, community_id)
    await house.call("POST", "/me/departure", token=for_wishing)
    await leave(house, silent, community_id, tell_me=False)
    await leave(house, other, community_id, "other")
    await leave(house, banned, community_id)
    await house.call("POST", f"/people/{banned}/ban", {}, token=owner)
    kept = await leave(house, stayed, community_id)
    await house.quiet()
    stays = ExitAnswerDropped(
        community_id=UUID(community_id),
        occurred_at=real_now(),
        subscription_id=kept,
        person_id=UUID(stayed),
    )
    await house.hear(stays, kept)
    await house.quiet()
    await record(house, owner, leaving=since())
    assert await told(house) == ["m0@example.com"]
    (item,) = await listed(house, for_member)
    assert (item["reason"], item["title"], item["poll_id"]) == ("too_much_noise", None, None)


async def wishes(house: House) -> int:
    return int(await house.service.pool.fetchval("SELECT count(*) FROM exit_wishes_v1"))


async def test_who_is_erased_is_no_longer_kept_as_wishing(house: House) -> None:
    community_id, owner, ((ada, _), *_) = await club(house)
    await leave(house, ada, community_id)
    await house.quiet()
    assert await wishes(house) == 1
    await house.call("POST", f"/people/{ada}/erasure", {}, token=owner, expect=202)
    await house.quiet()
    assert await wishes(house) == 0
    await leave(house, ada, community_id)
    await house.quiet()
    assert await wishes(house) == 0
    service = house.service
    await rebuild(service.pool, service.name, EXIT_WISHES, service.sources())
    assert await wishes(house) == 0
    await record(house, owner, leaving=since())
    assert await told(house) == []


async def test_answered_ideas_stand_in_the_same_list(house: House) -> None:
    _, owner, ((_, for_ada), (_, for_bob), _) = await club(house)
    posted = await house.call("POST", "/ideas", {"title": "A night of blitz"}, token=for_ada)
    path = f"/ideas/{posted['idea_id']}"
    for answer, shown in (("planned", 0), ("done", 1)):
        body = {"answer": answer, "words": "From May on."}
        await house.call("POST", f"{path}/answer", body, token=owner)
        assert len(await listed(house, for_bob)) == shown
    (item,) = await listed(house, for_bob)
    assert (item["title"], item["words"]) == ("A night of blitz", "From May on.")
    await house.call("POST", f"{path}/hiding", {}, token=owner)
    assert await listed(house, for_bob) == []


async def test_what_cannot_be_is_refused(house: House) -> None:
    _, owner, ((_, for_ada), *_) = await club(house)
    poll_id = await opened(house, owner)
    refused = await record(house, owner, 409, poll_id=poll_id)
    assert code_of(refused) == "poll_not_counted"
    assert code_of(await record(house, owner, 404, poll_id=str(uuid4()))) == "poll_not_found"
    assert code_of(await record(house, owner, 422)) == "one_thing_said"
    both = await record(house, owner, 422, poll_id=poll_id, leaving=since())
    assert code_of(both) == "one_thing_said"
    assert code_of(await record(house, owner, 422, leaving=since(-1))) == "not_yet_said"
    await record(house, owner, 422, poll_id=poll_id, link="http://chess.example")
    await record(house, for_ada, 403, poll_id=poll_id)


async def test_another_community_knows_nothing_of_it(house: House) -> None:
    poll_id, owner, _, _ = await counted(house)
    made = await record(house, owner, poll_id=poll_id)
    _, elsewhere = await house.community("zoe@example.com", "go")
    assert await listed(house, elsewhere) == []
    path = f"/improvements/{made['improvement_id']}"
    await house.call("DELETE", path, token=elsewhere, expect=404)
    await record(house, elsewhere, 404, poll_id=poll_id)
