"""Why people leave: said by who cancels, counted for the seller, and the words forgotten with who wrote them."""

from datetime import timedelta
from uuid import uuid4

import pytest

from shared.contracts import billing_exit_survey as contracts
from shared.contracts.membership_member import PersonErased
from tests.integration.billing.shop import Shop, ada, bob, community, olga
from tests.integration.events.house import Json, somebody

WORDS = "Twelve mails a week are more than I can read"
accountant, moderator = somebody(community, "accountant"), somebody(community, "moderator")
stranger = somebody(uuid4(), "owner")


@pytest.fixture(autouse=True)
async def _opened(shop: Shop) -> None:
    await shop.opens()


async def leaving(shop: Shop) -> str:
    """A subscription that is cancelled."""
    subscription_id = str((await shop.subscribes())["subscription_id"])
    await shop.house.ask(ada, "POST", f"/subscriptions/{subscription_id}/cancellation")
    return subscription_id


def door(subscription_id: object) -> str:
    return f"/subscriptions/{subscription_id}/exit-answer"


def said(reason: str = "too_much_noise", **more: str) -> Json:
    return {"reason": reason} | more


async def reasons(shop: Shop, query: str = "") -> list[tuple[str, int]]:
    await shop.house.quiet()
    counted = await shop.house.ask(olga, "GET", f"/exit-answers/reasons{query}")
    return [(item["reason"], item["times"]) for item in counted["items"]]


async def comments(shop: Shop, query: str = "") -> list[tuple[str, str | None]]:
    await shop.house.quiet()
    listed = await shop.house.ask(olga, "GET", f"/exit-answers{query}")
    return [(item["reason"], item["comment"]) for item in listed["items"]]


async def test_who_leaves_says_why_and_it_is_counted(shop: Shop) -> None:
    subscription_id = await leaving(shop)
    for body in (said("other"), said(comment=WORDS)):
        await shop.house.ask(ada, "PUT", door(subscription_id), body)
    assert await reasons(shop) == [("too_much_noise", 1)]
    assert await comments(shop) == [("too_much_noise", WORDS)]
    assert await comments(shop, "?filter[reason]=other") == []
    told = [one.reason for one in await shop.told(contracts.ExitAnswered)]
    assert told == ["other", "too_much_noise"]
    now = shop.now
    earlier, later = (now + timedelta(hours=hours) for hours in (-1, 1))
    in_time = f"?since={earlier.isoformat()}&until={later.isoformat()}".replace("+", "%2B")
    too_late = f"?since={later.isoformat()}".replace("+", "%2B")
    assert await reasons(shop, in_time) == [("too_much_noise", 1)]
    assert await reasons(shop, too_late) == []


async def test_who_wishes_to_hear_if_it_changes_is_told_of_as_wishing(shop: Shop) -> None:
    subscription_id = await leaving(shop)
    for body in (said(), said() | {"tell_me": True}):
        await shop.house.ask(ada, "PUT", door(subscription_id), body)
    told = [one.tell_me for one in await shop.told(contracts.ExitAnswered)]
    assert told == [False, True]


async def test_it_can_be_said_after_the_end_too(shop: Shop) -> None:
    standing = await shop.subscribes()
    subscription_id = standing["subscription_id"]
    await shop.house.ask(olga, "POST", f"/subscriptions/{subscription_id}/end")
    await shop.until_subscription("ended")
    await shop.house.ask(ada, "PUT", door(subscription_id), said("went_elsewhere"))
    assert await reasons(shop) == [("went_elsewhere", 1)]


async def test_who_thinks_better_of_it_is_not_counted(shop: Shop) -> None:
    subscription_id = await leaving(shop)
    await shop.house.ask(ada, "PUT", door(subscription_id), said())
    await shop.house.ask(ada, "DELETE", f"/subscriptions/{subscription_id}/cancellation")
    assert await reasons(shop) == []
    (dropped,) = await shop.told(contracts.ExitAnswerDropped)
    assert str(dropped.subscription_id) == subscription_id


async def test_only_who_leaves_is_asked_and_only_they_answer(shop: Shop) -> None:
    subscription_id = str((await shop.subscribes())["subscription_id"])
    path = door(subscription_id)
    assert await shop.house.refusal(ada, "PUT", path, said()) == (409, "not_leaving")
    await shop.house.ask(ada, "POST", f"/subscriptions/{subscription_id}/cancellation")
    unknown = (404, "subscription_not_found")
    for who in (bob, olga):
        assert await shop.house.refusal(who, "PUT", path, said()) == unknown
    assert await shop.house.refusal(ada, "PUT", door(uuid4()), said()) == unknown
    assert (await shop.house.refusal(stranger, "PUT", path, said()))[0] == 404
    assert (await shop.house.refusal(ada, "PUT", path, said("bored")))[0] == 422
    too_long = said(comment="x" * 2001)
    assert (await shop.house.refusal(ada, "PUT", path, too_long))[0] == 422
    assert await reasons(shop) == []


async def test_reasons_are_for_who_sees_sales_and_words_for_who_knows_the_members(
    shop: Shop,
) -> None:
    await shop.house.ask(accountant, "GET", "/exit-answers/reasons")
    assert (await shop.house.refusal(accountant, "GET", "/exit-answers"))[0] == 403
    await shop.house.ask(moderator, "GET", "/exit-answers")
    assert (await shop.house.refusal(moderator, "GET", "/exit-answers/reasons"))[0] == 403
    assert (await shop.house.refusal(ada, "GET", "/exit-answers"))[0] == 403
    subscription_id = await leaving(shop)
    await shop.house.ask(ada, "PUT", door(subscription_id), said(comment=WORDS))
    await shop.house.quiet()
    assert (await shop.house.ask(stranger, "GET", "/exit-answers"))["items"] == []


async def test_what_was_written_is_forgotten_with_who_wrote_it(shop: Shop) -> None:
    subscription_id = await leaving(shop)
    await shop.house.ask(ada, "PUT", door(subscription_id), said(comment=WORDS))
    assert await comments(shop) == [("too_much_noise", WORDS)]
    erased = PersonErased(community_id=community, occurred_at=shop.now, person_id=ada.person_id)
    await shop.house.hear(erased)
    assert await comments(shop) == [("too_much_noise", None)]
    rows = await shop.house.service.pool.fetch("SELECT data::text AS said FROM events")
    assert WORDS not in "".join(row["said"] for row in rows)
