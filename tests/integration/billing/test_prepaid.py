"""Who paid elsewhere goes on by the link of a letter, without signing in: no day is paid twice, and none is missed."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID, uuid4

import pytest

from services.billing.links import LINK_LIFE, OF_CARD, make_link
from services.billing.prepaid.decider import AHEAD
from shared.contracts import billing_message, billing_subscription
from shared.contracts.membership_description import CommunityDescribed
from shared.contracts.membership_document import DocumentPublished
from shared.contracts.membership_member import MemberBanned, MemberLeft, PersonErased
from shared.contracts.membership_prepaid import MembersPrepaid, PaidUntil
from tests.integration.billing import cards
from tests.integration.billing.shop import ORIGIN, Shop, ada, bob, community, olga
from tests.integration.events.house import Json, Who


@pytest.fixture(autouse=True)
async def _opened(shop: Shop) -> None:
    await shop.opens()


class Moved:
    """What membership says of people who have paid elsewhere for another forty days."""

    def __init__(self, shop: Shop, offer_id: str) -> None:
        self.shop, self.offer_id = shop, offer_id
        self.until = shop.now + timedelta(days=40)

    async def says(
        self,
        *people: Who,
        letter: Literal["before", "at_once"] = "before",
        at: datetime | None = None,
    ) -> None:
        await self.shop.house.hear(
            MembersPrepaid(
                community_id=community,
                occurred_at=at or self.shop.now,
                import_id=uuid4(),
                offer_id=UUID(self.offer_id),
                letter=letter,
                people=tuple(
                    PaidUntil(person_id=who.person_id, until=self.until) for who in people
                ),
            )
        )
        await self.shop.house.quiet()

    async def letters(self) -> list[tuple[str, UUID]]:
        told = await self.shop.told(billing_message.MessageRequested)
        return [(one.template, one.person_id) for one in told]

    async def link(self) -> str:
        """That of the last letter."""
        told = await self.shop.until_told(billing_message.MessageRequested)
        assert told[-1].link is not None
        return told[-1].link.removeprefix("/cards/")

    async def told(self, *people: Who) -> str:
        await self.says(*people or (ada,))
        await self.shop.at(self.until - AHEAD)
        return await self.link()


async def moved(shop: Shop, **offer: Any) -> Moved:
    return Moved(shop, await shop.offer(**offer))


async def seen(shop: Shop, link: str) -> Json:
    return await shop.house.ask(None, "GET", f"/public/cards/{link}")


async def opens(shop: Shop, link: str) -> str:
    body = {"return_url": f"{ORIGIN}/thanks"}
    opened = await shop.house.ask(None, "POST", f"/public/cards/{link}", body)
    await shop.house.quiet()
    return str(opened["checkout_id"])


@contextlib.asynccontextmanager
async def subscriptions_unread(shop: Shop) -> AsyncIterator[None]:
    """No read model hears of any subscription meanwhile."""
    async with shop.house.service.pool.acquire() as connection, connection.transaction():
        await connection.execute("LOCK TABLE subscriptions_v6 IN SHARE MODE")
        yield


async def gives(shop: Shop, link: str, number: str = cards.GOOD, **more: Any) -> None:
    body = {"payment_method": await shop.card(number)} | more
    await shop.house.ask(None, "POST", f"/public/cards/{link}/pay", body)
    await shop.house.quiet()


async def refused(shop: Shop, path: str, body: Json) -> tuple[int, str]:
    return await shop.house.refusal(None, "POST", f"/public/cards/{path}", body)


async def test_a_card_given_by_the_letter_is_charged_first_when_the_old_payment_runs_out(
    shop: Shop,
) -> None:
    here = await moved(shop)
    await here.says(ada)
    assert await here.letters() == []
    await shop.at(here.until - AHEAD)
    assert await here.letters() == [("prepaid_ends", ada.person_id)]
    (letter,) = await shop.told(billing_message.MessageRequested)
    assert letter.values == {"offer": "Gold", "until": here.until}
    link = await here.link()
    before = await seen(shop, link)
    assert (before["seller"], before["offer"], before["subscribed"]) == (
        "Chess Club",
        "Gold",
        False,
    )
    assert before["prices"][0]["amount"] == {"minor": 1000, "currency": "EUR"}
    assert datetime.fromisoformat(before["paid_until"]) == here.until
    assert str(ada.person_id) not in str(before)
    await opens(shop, link)
    assert (await seen(shop, link))["checkout"]["due"]["minor"] == 0
    await gives(shop, link)
    assert (await seen(shop, link))["subscribed"] is True
    (begun,) = await shop.told(billing_subscription.TrialStarted)
    assert (begun.person_id, begun.trial_ends_at) == (ada.person_id, here.until)
    assert await shop.charges() == []
    await shop.at(here.until)
    await shop.until_subscription("active")
    assert [charge["amount"] for charge in await shop.charges()] == [1000]
    assert await here.letters() == [("prepaid_ends", ada.person_id)]


async def test_at_once_if_staff_ask_and_who_lapses_is_told(shop: Shop) -> None:
    here = await moved(shop)
    await here.says(ada, bob, letter="at_once")
    await shop.at(shop.now + timedelta(minutes=2))
    both = {("prepaid_ends", ada.person_id), ("prepaid_ends", bob.person_id)}
    assert set(await here.letters()) == both
    await shop.buys({"offer_id": here.offer_id}, who=bob)
    await shop.at(here.until - AHEAD)
    assert (await here.letters())[2:] == [("prepaid_ends", ada.person_id)]
    await shop.at(here.until)
    assert (await here.letters())[3:] == [("prepaid_over", ada.person_id)]
    link = await here.link()
    await opens(shop, link)
    assert (await seen(shop, link))["checkout"]["due"]["minor"] == 1000
    await gives(shop, link)
    assert (await shop.subscription())["state"] == "active"
    assert sorted([charge["amount"] for charge in await shop.charges()]) == [1000, 1000]


async def test_who_signs_in_and_buys_it_is_not_charged_before_either(shop: Shop) -> None:
    here = await moved(shop, trial_days=7)
    await here.says(ada)
    await shop.buys({"offer_id": here.offer_id})
    standing = await shop.subscription()
    assert datetime.fromisoformat(standing["runs_until"]) == here.until
    await shop.at(here.until - timedelta(hours=1))
    assert (await shop.charges(), await here.letters()) == ([], [])


async def test_who_has_the_tier_by_another_offer_is_not_written_to(shop: Shop) -> None:
    here = await moved(shop)
    await shop.buys({"offer_id": await shop.offer(9000, "year")})
    await here.says(ada)
    await shop.at(here.until)
    assert await here.letters() == []


async def test_a_link_subscribes_once(shop: Shop) -> None:
    here = await moved(shop)
    link = await here.told()
    card = {"payment_method": await shop.card()}
    assert await refused(shop, f"{link}/pay", card) == (409, "checkout_not_opened")
    await opens(shop, link)
    await opens(shop, link)
    await gives(shop, link)
    body = {"return_url": f"{ORIGIN}/thanks"}
    assert await refused(shop, link, body) == (409, "already_subscribed")
    assert await refused(shop, f"{link}/pay", card) == (409, "already_subscribed")
    assert (await shop.subscription())["state"] == "trialing"


async def test_a_link_subscribes_once_before_it_can_be_read_as_well(shop: Shop) -> None:
    here = await moved(shop)
    link = await here.told()
    await opens(shop, link)
    card, way_back = {"payment_method": await shop.card()}, {"return_url": f"{ORIGIN}/thanks"}
    async with subscriptions_unread(shop):
        await shop.house.ask(None, "POST", f"/public/cards/{link}/pay", card)
        await shop.until(None, f"/public/cards/{link}", lambda shown: shown["subscribed"])
        assert await refused(shop, link, way_back) == (409, "already_subscribed")
        assert await refused(shop, f"{link}/pay", card) == (409, "already_subscribed")
    assert (await shop.subscription())["state"] == "trialing"


async def test_what_was_opened_before_is_over_when_another_is_opened(shop: Shop) -> None:
    here = await moved(shop)
    link = await here.told()
    before = await opens(shop, link)
    again = await opens(shop, link)
    await shop.state_of(before, "expired")
    await gives(shop, link)
    await shop.state_of(again, "completed")


async def test_of_several_that_are_opened_at_once_one_is_left(shop: Shop) -> None:
    here = await moved(shop)
    link = await here.told()
    body = {"return_url": f"{ORIGIN}/thanks"}
    path = f"/public/cards/{link}"
    answers = await asyncio.gather(*(shop.house.answer(None, "POST", path, body) for _ in range(5)))
    await shop.house.quiet()
    refusals = [answer.json()["errors"][0]["code"] for answer in answers if answer.is_error]
    assert set(refusals) <= {"opened_meanwhile"}
    opened = [answer.json()["checkout_id"] for answer in answers if answer.is_success]
    seen = [await shop.house.ask(ada, "GET", f"/checkouts/{one}") for one in opened]
    states = sorted([one["state"] for one in seen])
    assert states == ["expired"] * (len(opened) - 1) + ["open"]


async def test_who_no_longer_has_what_a_link_led_to_may_go_on_by_it_again(shop: Shop) -> None:
    here = await moved(shop)
    link = await here.told()
    await opens(shop, link)
    await gives(shop, link)
    standing = await shop.subscription()
    path = f"/subscriptions/{standing['subscription_id']}/cancellation"
    await shop.house.ask(ada, "POST", path)
    await shop.at(here.until)
    assert (await shop.subscription())["state"] == "ended"
    assert (await seen(shop, link))["subscribed"] is False
    await opens(shop, link)
    await gives(shop, link)
    assert (await seen(shop, link))["subscribed"] is True


async def test_a_card_that_is_refused_may_be_followed_by_another(shop: Shop) -> None:
    here = await moved(shop)
    link = await here.told()
    await opens(shop, link)
    await gives(shop, link, cards.REFUSED_WHEN_KEPT)
    shown = await seen(shop, link)
    assert (shown["checkout"]["state"], shown["checkout"]["problem"]) == ("open", "card_declined")
    await gives(shop, link)
    assert (await seen(shop, link))["subscribed"] is True


async def test_what_must_be_agreed_to_is_first(shop: Shop) -> None:
    await shop.house.hear(
        DocumentPublished(
            community_id=community,
            occurred_at=shop.now,
            kind="terms",
            number=1,
            sha256=f"{1:064x}",
            effective_at=shop.now,
            must_accept=True,
        )
    )
    here = await moved(shop)
    link = await here.told()
    terms = {"kind": "terms", "version": 1}
    assert (await seen(shop, link))["documents"] == [terms]
    await opens(shop, link)
    card = {"payment_method": await shop.card()}
    assert await refused(shop, f"{link}/pay", card) == (422, "documents_not_accepted")
    await gives(shop, link, accepted_documents=[terms])
    assert (await seen(shop, link))["subscribed"] is True


@pytest.mark.parametrize("kind", [MemberLeft, MemberBanned])
async def test_who_is_no_member_any_more_is_not_written_to_and_the_link_is_dead(
    shop: Shop, kind: type[Any]
) -> None:
    here = await moved(shop)
    link = await here.told()
    gone: Json = {"community_id": community, "occurred_at": shop.now, "person_id": ada.person_id}
    await shop.house.hear(kind(**gone))
    await shop.house.quiet()
    path = f"/public/cards/{link}"
    assert await shop.house.refusal(None, "GET", path) == (404, "prepaid_not_found")
    body = {"return_url": f"{ORIGIN}/thanks"}
    assert await refused(shop, link, body) == (404, "prepaid_not_found")
    await shop.at(here.until)
    assert len(await here.letters()) == 1


@pytest.mark.parametrize("kind", [MemberLeft, MemberBanned, PersonErased])
async def test_nor_is_who_was_heard_to_be_gone_before_they_were_heard_to_be_brought(
    shop: Shop, kind: type[Any]
) -> None:
    here = await moved(shop)
    gone: Json = {"community_id": community, "occurred_at": shop.now, "person_id": ada.person_id}
    await shop.house.hear(kind(**gone))
    await shop.house.quiet()
    await here.says(ada, bob, at=gone["occurred_at"] - timedelta(seconds=1))
    await shop.at(here.until - AHEAD)
    assert await here.letters() == [("prepaid_ends", bob.person_id)]
    await shop.at(here.until)
    assert (await here.letters())[1:] == [("prepaid_over", bob.person_id)]
    secret = shop.house.service.secret
    link = make_link(secret, ada.person_id, community, shop.now + LINK_LIFE, OF_CARD)
    answer = await shop.house.refusal(None, "GET", f"/public/cards/{link}")
    assert answer == (404, "prepaid_not_found")


async def test_nobody_is_led_to_what_is_retired(shop: Shop) -> None:
    here = await moved(shop)
    link = await here.told()
    await shop.house.ask(olga, "POST", f"/offers/{here.offer_id}/retirement", {})
    await shop.house.quiet()
    body = {"return_url": f"{ORIGIN}/thanks"}
    assert await refused(shop, link, body) == (422, "offer_not_on_sale")
    await shop.at(here.until)
    assert len(await here.letters()) == 1


async def test_a_link_that_is_not_of_this_kind_opens_nothing(shop: Shop) -> None:
    here = await moved(shop)
    await here.says(ada)
    secret = shop.house.service.secret
    other = make_link(secret, ada.person_id, community, shop.now + LINK_LIFE)
    nobody = make_link(secret, bob.person_id, community, shop.now + LINK_LIFE, "card link")
    assert await shop.house.refusal(None, "GET", f"/public/cards/{other}") == (403, "bad_link")
    answer = await shop.house.refusal(None, "GET", f"/public/cards/{nobody}")
    assert answer == (404, "prepaid_not_found")
    link = await here.told()
    await shop.at(here.until + LINK_LIFE)
    assert await shop.house.refusal(None, "GET", f"/public/cards/{link}") == (403, "bad_link")


async def test_the_seller_is_called_as_the_community_is_now(shop: Shop) -> None:
    here = await moved(shop)
    link = await here.told()
    await shop.house.hear(
        CommunityDescribed(
            community_id=community,
            occurred_at=shop.now,
            name="Go Club",
            currency="EUR",
            time_zone="Asia/Tokyo",
            mode="live",
        )
    )
    await shop.house.quiet()
    assert (await shop.house.ask(olga, "GET", "/merchant"))["time_zone"] == "Asia/Tokyo"
    assert (await seen(shop, link))["seller"] == "Go Club"
