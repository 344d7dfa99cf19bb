"""Why people leave: said by who cancels, or asked for by letter, counted, and forgotten with who wrote it."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from services.billing.exit_survey.reactions import TIME_TO_SAY
from services.billing.links import LINK_LIFE, OF_EXIT, make_link
from shared.contracts import billing_exit_survey as contracts
from shared.contracts import billing_message
from shared.contracts.contract import Contract
from shared.contracts.membership_member import MemberBanned, PersonErased
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


async def test_no_answers_are_counted_from_a_moment_of_no_calendar(shop: Shop) -> None:
    await shop.opens()
    for moment in ("0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-12:00"):
        for name in ("since", "until"):
            path = f"/exit-answers/reasons?{name}={moment}"
            assert (await shop.house.refusal(olga, "GET", path))[0] == 422


async def test_what_was_written_is_forgotten_with_who_wrote_it(shop: Shop) -> None:
    subscription_id = await leaving(shop)
    await shop.house.ask(ada, "PUT", door(subscription_id), said(comment=WORDS))
    assert await comments(shop) == [("too_much_noise", WORDS)]
    erased = PersonErased(community_id=community, occurred_at=shop.now, person_id=ada.person_id)
    await shop.house.hear(erased)
    assert await comments(shop) == [("too_much_noise", None)]
    rows = await shop.house.service.pool.fetch("SELECT data::text AS said FROM events")
    assert WORDS not in "".join(row["said"] for row in rows)


async def letters(shop: Shop) -> list[billing_message.MessageRequested]:
    """All that asked why, so long after that whoever is to be asked has been."""
    await shop.at(shop.now + TIME_TO_SAY)
    told = await shop.told(billing_message.MessageRequested)
    return [one for one in told if one.template == "exit_asked"]


async def question(shop: Shop) -> str:
    """The way in by the one letter."""
    (letter,) = await letters(shop)
    assert letter.link is not None
    return letter.link.replace("/exit/", "/public/exit-questions/")


async def hears(shop: Shop, kind: type[Contract]) -> None:
    about: Json = {"community_id": community, "occurred_at": shop.now, "person_id": ada.person_id}
    await shop.house.hear(kind(**about))
    await shop.house.quiet()


async def test_who_leaves_without_a_word_is_asked_by_one_letter_and_answers_by_its_link(
    shop: Shop,
) -> None:
    subscription_id = await leaving(shop)
    (letter,) = await letters(shop)
    assert (letter.person_id, letter.values) == (ada.person_id, {"offer": "Gold"})
    path = await question(shop)
    asked = await shop.house.ask(None, "GET", path)
    assert (asked["seller"], asked["offer"], asked["answered"]) == ("Chess Club", "Gold", False)
    assert "too_much_noise" in asked["reasons"]
    assert str(ada.person_id) not in str(asked)
    await shop.house.ask(None, "PUT", path, said(comment=WORDS) | {"tell_me": True})
    assert await comments(shop) == [("too_much_noise", WORDS)]
    (told,) = await shop.told(contracts.ExitAnswered)
    assert (str(told.subscription_id), told.person_id, told.tell_me) == (
        subscription_id,
        ada.person_id,
        True,
    )
    assert (await shop.house.ask(None, "GET", path))["answered"] is True
    await shop.at((await shop.subscription())["runs_until"])
    await shop.until_subscription("ended")
    assert len(await letters(shop)) == 1


async def test_who_was_ended_is_asked_too(shop: Shop) -> None:
    subscription_id = (await shop.subscribes())["subscription_id"]
    await shop.house.ask(olga, "POST", f"/subscriptions/{subscription_id}/end")
    await shop.until_subscription("ended")
    await shop.house.ask(None, "PUT", await question(shop), said("went_elsewhere"))
    assert await reasons(shop) == [("went_elsewhere", 1)]


async def test_who_said_why_while_cancelling_gets_no_letter(shop: Shop) -> None:
    subscription_id = await leaving(shop)
    await shop.house.ask(ada, "PUT", door(subscription_id), said())
    assert await letters(shop) == []


async def test_who_thought_better_of_it_gets_no_letter_and_an_old_link_says_nothing(
    shop: Shop,
) -> None:
    subscription_id = await leaving(shop)
    cancellation = f"/subscriptions/{subscription_id}/cancellation"
    await shop.house.ask(ada, "DELETE", cancellation)
    assert await letters(shop) == []
    await shop.house.ask(ada, "POST", cancellation)
    path = await question(shop)
    await shop.house.ask(ada, "DELETE", cancellation)
    assert await shop.house.refusal(None, "PUT", path, said()) == (409, "not_leaving")


@pytest.mark.parametrize("kind", [MemberBanned, PersonErased])
async def test_who_is_sent_away_or_forgotten_meanwhile_gets_no_letter(
    shop: Shop, kind: type[Contract]
) -> None:
    await leaving(shop)
    await hears(shop, kind)
    assert await letters(shop) == []


async def test_nothing_is_kept_of_who_was_erased_after_the_letter(shop: Shop) -> None:
    await leaving(shop)
    path = await question(shop)
    await hears(shop, PersonErased)
    refusal = await shop.house.refusal(None, "PUT", path, said(comment=WORDS))
    assert refusal == (404, "subscription_not_found")
    assert await reasons(shop) == []


async def test_a_link_is_good_for_one_subscription_for_its_time_and_of_its_kind(shop: Shop) -> None:
    subscription_id = UUID(await leaving(shop))
    path = await question(shop)
    secret, until = shop.house.service.secret, shop.now + LINK_LIFE
    other = make_link(secret, uuid4(), community, until, OF_EXIT)
    of_paying = make_link(secret, subscription_id, community, until)
    unknown, stale = (404, "subscription_not_found"), (403, "bad_link")
    for link, refusal in ((other, unknown), (of_paying, stale), ("x", stale)):
        by = f"/public/exit-questions/{link}"
        assert await shop.house.refusal(None, "GET", by) == refusal
        assert await shop.house.refusal(None, "PUT", by, said()) == refusal
    await shop.at(until)
    assert await shop.house.refusal(None, "PUT", path, said()) == stale
