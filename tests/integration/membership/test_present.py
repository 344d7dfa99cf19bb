"""What somebody buys for somebody else: written about, accepted once, had from then on, and gone with its money."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.membership.gateways.gateway import Letter, Unsendable
from shared.clock import real_now
from shared.contracts.billing_order import (
    Gift,
    OrderLine,
    OrderPaid,
    OrderRefunded,
    OrderReinstated,
    OrderSuspended,
)
from shared.contracts.contract import MoneyValue
from shared.ids import random_id
from tests.integration.membership.house import House, Json, code_of, link_in

petra, ada, bob = "petra@example.com", "ada@example.com", "bob@example.com"
price = MoneyValue(minor=3000, currency="EUR")
DAY = timedelta(days=1)
NAMED = {"name": "Ada", "email": ada}


@dataclass
class Desk:
    """Somebody who buys something for somebody else."""

    house: House
    community_id: str
    owner: str
    gold: str
    giver_id: str
    giver: str
    order_id: UUID

    @property
    def now(self) -> datetime:
        return self.house.service.clock.now()

    async def pays(self, interval: Any = "month", count: int = 3) -> None:
        gift = Gift(tier_id=UUID(self.gold), interval=interval, count=count)
        line = OrderLine(kind="offer", amount=price, offer_id=UUID(int=78), gift=gift)
        more = {"checkout_id": random_id(), "payment_id": random_id(), "total": price}
        await self.hear(OrderPaid, lines=(line,), **more)
        await self.house.quiet()

    async def hear(self, kind: type[Any], **more: Any) -> None:
        about = {
            "community_id": UUID(self.community_id), "occurred_at": real_now(), "order_id": self.order_id,
            "person_id": UUID(self.giver_id),
        }  # fmt: skip
        await self.house.hear(kind(**about | more), self.order_id)

    async def address(self, email: str = ada, token: str | None = None, **more: Any) -> Json:
        expect = more.pop("expect", 200)
        body = {"email": email, "message": "Happy birthday", "language": "en"} | more
        path = f"/me/presents/{self.order_id}"
        token = token or self.giver
        told = await self.house.call("PUT", path, body, token=token, expect=expect)
        await self.house.quiet()
        return told

    async def resend(self, expect: int = 200) -> Json:
        path = f"/me/presents/{self.order_id}/letters"
        told = await self.house.call("POST", path, {}, token=self.giver, expect=expect)
        await self.house.quiet()
        return told

    async def shown(self) -> Json:
        """The only one, as its giver sees it."""
        (item,) = (await self.house.call("GET", "/me/presents", token=self.giver))["items"]
        found: Json = item
        return found

    def letters(self, email: str, *templates: str) -> list[Letter]:
        wanted = templates or ("present",)
        return [one for one in self.house.mailbox.to(email) if one.template in wanted]

    async def accept(self, link: str, token: str, **more: Any) -> Json:
        expect = more.pop("expect", 201)
        path = f"/presents/{self.order_id}/acceptance"
        told = await self.house.call(
            "POST", path, {"link": link} | more, token=token, expect=expect
        )
        await self.house.quiet()
        return told

    async def given_to_ada(self) -> tuple[str, str]:
        """Who has it, and their token."""
        await self.pays()
        await self.address()
        (letter,) = self.letters(ada)
        accepted = await self.accept(link_in(letter), await self.house.token(ada), **NAMED)
        return str(accepted["person_id"]), await self.house.token(ada, self.community_id)

    async def later(self, by: timedelta) -> None:
        await self.house.service.move_clock(self.now + by)
        await self.house.quiet()


@pytest.fixture
async def desk(house: House) -> Desk:
    community_id, owner = await house.community("olga@example.com")
    await house.tier(owner, "Everybody", paid=False)
    gold = await house.tier(owner, "Gold", paid=True)
    giver_id, giver = await house.join(petra, community_id, "Petra")
    return Desk(house, community_id, owner, gold, giver_id, giver, random_id())


async def test_who_is_given_a_present_joins_by_it_and_has_it_from_then_on(
    house: House, desk: Desk
) -> None:
    await desk.pays()
    await desk.address()
    (letter,) = desk.letters(ada)
    said = {name: letter.values[name] for name in ("giver", "thing", "words", "lasting")}
    assert said == {
        "giver": "Petra", "thing": "Gold", "words": "Happy birthday", "lasting": "for 3 months",
    }  # fmt: skip
    waiting = await desk.shown()
    assert (waiting["standing"], waiting["email"], waiting["interval"]) == ("sent", ada, "month")
    link = link_in(letter)
    page = await house.call("GET", f"/public/presents/{desk.order_id}/{link}")
    assert (page["thing"], page["count"], page["is_open"]) == ("Gold", 3, True)
    assert ada not in str(page)
    assert "Petra" not in str(page)
    await desk.later(5 * DAY)
    began = desk.now
    accepted = await desk.accept(link, await house.token(ada), **NAMED)
    token = await house.token(ada, desk.community_id)
    person_id = accepted["person_id"]
    await house.eventually_live(person_id, token, ("Everybody", "joined"), ("Gold", "purchase"))
    access = await house.call("GET", f"/people/{person_id}/access", token=token)
    (gold,) = [one for one in access["live"] if one["tier"] == "Gold"]
    until = datetime.fromisoformat(gold["until"])
    assert began + 89 * DAY < until < began + 93 * DAY
    assert "PresentAccepted" in [cause["type"] for cause in gold["begun_by"]]
    told = await desk.shown()
    assert (told["standing"], told["email"]) == ("accepted", None)
    assert desk.letters(petra, "present_accepted")
    await house.service.move_clock(until + timedelta(seconds=1))
    await house.quiet()
    token = await house.token(ada, desk.community_id)
    await house.eventually_live(person_id, token, ("Everybody", "joined"))


async def test_its_buyer_has_nothing_of_it(house: House, desk: Desk) -> None:
    await desk.pays()
    assert await house.live(desk.giver_id, desk.giver) == [("Everybody", "joined")]


async def test_a_member_accepts_it_under_another_address_and_for_good(
    house: House, desk: Desk
) -> None:
    """Whoever gives it need not know by which address somebody signs in."""
    person_id, token = await house.join(bob, desk.community_id, "Bob")
    await desk.pays("once", 1)
    await desk.address("bob@work.example")
    (letter,) = desk.letters("bob@work.example")
    assert letter.values["lasting"] == "for good"
    accepted = await desk.accept(link_in(letter), token)
    assert accepted["person_id"] == person_id
    wanted = ("Everybody", "joined"), ("Gold", "purchase")
    await house.eventually_live(person_id, token, *wanted)
    await house.call("POST", "/me/departure", {}, token=token)
    await house.quiet()
    await house.eventually_live(person_id, desk.owner, ("Gold", "purchase"))


async def test_it_may_be_addressed_before_it_is_paid_and_goes_on_its_day(
    house: House, desk: Desk
) -> None:
    on = desk.now + 10 * DAY
    await desk.address(deliver_at=on.isoformat())
    assert desk.letters(ada) == []
    await desk.pays()
    assert (await desk.shown())["standing"] == "addressed"
    assert desk.letters(ada) == []
    await house.service.move_clock(on + timedelta(seconds=1))
    await house.quiet()
    (letter,) = desk.letters(ada)
    assert (await desk.shown())["standing"] == "sent"
    assert letter.language == "en"


async def test_what_is_never_paid_goes_to_nobody_and_is_forgotten(house: House, desk: Desk) -> None:
    await desk.address()
    await desk.later(46 * DAY)
    assert desk.letters(ada) == []
    assert desk.letters(petra, "present_unclaimed", "present_unaddressed") == []
    sealed = await house.service.pool.fetchval("SELECT count(*) FROM presents_v1_addressed")
    assert sealed == 0


async def test_nobody_else_says_whom_it_is_for(house: House, desk: Desk) -> None:
    _, eve = await house.join("eve@example.com", desk.community_id, "Eve")
    await desk.pays()
    assert code_of(await desk.address(token=eve, expect=404)) == "present_not_found"
    path = f"/me/presents/{desk.order_id}/letters"
    await house.call("POST", path, {}, token=eve, expect=404)
    assert (await house.call("GET", "/me/presents", token=eve))["items"] == []


async def test_what_a_stranger_said_first_counts_for_nothing(house: House, desk: Desk) -> None:
    _, eve = await house.join("eve@example.com", desk.community_id, "Eve")
    await desk.address("eve@example.com", token=eve)
    await desk.pays()
    assert desk.letters("eve@example.com") == []
    assert (await desk.shown())["standing"] == "unaddressed"
    await desk.address()
    assert len(desk.letters(ada)) == 1


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"email": "nobody"}, 422),
        ({"message": " "}, 422),
        ({"message": "a" * 1001}, 422),
        ({"deliver_at": "2020-01-01T00:00:00Z"}, 422),
        ({"deliver_at": "2090-01-01T00:00:00Z"}, 422),
    ],
)
async def test_a_present_that_cannot_be_sent_like_that_is_not(
    desk: Desk, wrong: Json, status: int
) -> None:
    await desk.pays()
    await desk.address(expect=status, **wrong)
    assert (await desk.shown())["standing"] == "unaddressed"


async def test_to_another_address_only_the_new_letter_is_good(house: House, desk: Desk) -> None:
    await desk.pays()
    await desk.address(bob)
    await desk.address(ada)
    before, after = link_in(desk.letters(bob)[0]), link_in(desk.letters(ada)[0])
    over = await desk.accept(before, await house.token(bob), name="Bob", email=bob, expect=409)
    assert code_of(over) == "present_letter_over"
    page = await house.call("GET", f"/public/presents/{desk.order_id}/{before}")
    assert page["is_open"] is False
    await desk.accept(after, await house.token(ada), **NAMED)


async def test_it_is_sent_again_and_both_letters_are_good(house: House, desk: Desk) -> None:
    await desk.pays()
    assert code_of(await desk.resend(409)) == "present_not_sent"
    await desk.address()
    for _ in range(4):
        await desk.resend()
    assert code_of(await desk.resend(409)) == "sent_often_enough"
    first, *others = desk.letters(ada)
    assert len(others) == 4
    await desk.accept(link_in(first), await house.token(ada), **NAMED)
    assert code_of(await desk.resend(409)) == "present_accepted"
    assert code_of(await desk.address(bob, expect=409)) == "present_accepted"


async def test_an_address_that_takes_no_letter_is_shown_to_its_giver(
    house: House, desk: Desk
) -> None:
    house.mailbox.failure = Unsendable("address_refused")
    await desk.pays()
    await desk.address()
    assert (await desk.shown())["not_posted"] == "address_refused"
    house.mailbox.failure = None
    await desk.address()
    assert (await desk.shown())["not_posted"] is None
    assert len(desk.letters(ada)) == 1


async def test_who_does_not_answer_is_reminded_once_and_then_its_giver_gives_it_again(
    house: House, desk: Desk
) -> None:
    await desk.pays()
    await desk.address()
    await desk.later(8 * DAY)
    assert len(desk.letters(ada, "present_again")) == 1
    await desk.later(23 * DAY)
    assert len(desk.letters(ada, "present", "present_again")) == 2
    assert len(desk.letters(petra, "present_unclaimed")) == 1
    shown = await desk.shown()
    assert (shown["standing"], shown["email"]) == ("unaddressed", None)
    late = await desk.accept(
        link_in(desk.letters(ada)[0]), await house.token(ada), expect=409, **NAMED
    )
    assert code_of(late) == "present_letter_over"
    await desk.address(bob)
    await desk.accept(link_in(desk.letters(bob)[0]), await house.token(bob), name="Bob", email=bob)


async def test_who_says_nothing_is_asked_whom_it_is_for(house: House, desk: Desk) -> None:
    await desk.pays()
    await desk.later(2 * DAY)
    assert len(desk.letters(petra, "present_unaddressed")) == 1
    await desk.later(60 * DAY)
    assert len(desk.letters(petra, "present_unaddressed")) == 1


async def test_two_who_accept_it_at_once_do_not_both_have_it(house: House, desk: Desk) -> None:
    await desk.pays()
    await desk.address()
    link = link_in(desk.letters(ada)[0])
    tokens = [await house.token(ada), await house.token(bob)]
    bodies = [{"link": link, "name": one, "email": one} for one in (ada, bob)]
    path = f"/presents/{desk.order_id}/acceptance"
    calls = [
        house.call("POST", path, body, token=token)
        for body, token in zip(bodies, tokens, strict=True)
    ]
    answers = await asyncio.gather(*calls, return_exceptions=True)
    assert len([one for one in answers if isinstance(one, AssertionError)]) == 1


async def test_who_joins_by_it_says_who_they_are_and_agrees(house: House, desk: Desk) -> None:
    document = {
        "url": "https://chess.example/terms.pdf", "sha256": "0" * 64, "language": "en",
        "kind": "terms", "must_accept": True,
    }  # fmt: skip
    await house.call("POST", "/documents", document, token=desk.owner)
    await house.quiet()
    await desk.pays()
    await desk.address()
    link, token = link_in(desk.letters(ada)[0]), await house.token(ada)
    page = await house.call("GET", f"/public/presents/{desk.order_id}/{link}")
    assert [one["kind"] for one in page["documents"]] == ["terms"]
    nameless = await desk.accept(link, token, expect=422)
    assert [one["pointer"] for one in nameless["errors"]] == ["/name", "/email"]
    silent = await desk.accept(link, token, expect=422, **NAMED)
    assert code_of(silent) == "documents_not_accepted"
    by_another = await desk.accept(link, token, name="Ada", email=bob, expect=422)
    assert code_of(by_another) == "not_your_email"
    agreed = {"accepted_documents": [{"kind": "terms", "version": 1}]}
    await desk.accept(link, token, **NAMED, **agreed)


async def test_who_is_banned_accepts_nothing(house: House, desk: Desk) -> None:
    person_id, token = await house.join(bob, desk.community_id, "Bob")
    await house.call("POST", f"/people/{person_id}/ban", {}, token=desk.owner)
    await desk.pays()
    assert code_of(await desk.address(bob, expect=422)) == "banned"
    await desk.address()
    link = link_in(desk.letters(ada)[0])
    refused = await desk.accept(link, token, expect=422)
    assert refused["errors"][0]["code"] == "missing"
    barred = await desk.accept(link, token, name="Bob", email=bob, expect=409)
    assert code_of(barred) == "banned"


async def test_a_link_that_is_none_opens_nothing(house: House, desk: Desk) -> None:
    await desk.pays()
    refused = await desk.accept("a.b.c", await house.token(ada), expect=403, **NAMED)
    assert refused["type"].endswith("bad_link")


async def test_a_refund_ends_what_was_accepted(house: House, desk: Desk) -> None:
    person_id, token = await desk.given_to_ada()
    await desk.hear(OrderRefunded, total=price, reason="requested")
    await house.eventually_live(person_id, token, ("Everybody", "joined"))
    await house.quiet()
    assert (await desk.shown())["standing"] == "ended"


async def test_a_refund_of_what_nobody_has_leaves_nothing_to_accept(
    house: House, desk: Desk
) -> None:
    await desk.pays()
    await desk.address()
    await desk.hear(OrderRefunded, total=price, reason="requested")
    await house.quiet()
    link, token = link_in(desk.letters(ada)[0]), await house.token(ada)
    assert code_of(await desk.accept(link, token, expect=409, **NAMED)) == "present_ended"
    assert code_of(await desk.address(bob, expect=409)) == "present_ended"
    await desk.later(40 * DAY)
    assert desk.letters(petra, "present_unclaimed") == []
    assert desk.letters(ada, "present_again") == []


async def test_a_dispute_withholds_it_and_gives_it_back_to_the_same_end(
    house: House, desk: Desk
) -> None:
    person_id, token = await desk.given_to_ada()
    before = await house.call("GET", f"/people/{person_id}/access", token=token)
    await desk.hear(OrderSuspended, cause="disputed")
    await house.eventually_live(person_id, token, ("Everybody", "joined"))
    await house.quiet()
    assert (await desk.shown())["withheld"] is True
    await desk.hear(OrderReinstated, lines=())
    wanted = ("Everybody", "joined"), ("Gold", "purchase")
    await house.eventually_live(person_id, token, *wanted)
    after = await house.call("GET", f"/people/{person_id}/access", token=token)
    ends = [
        [one["until"] for one in seen["live"] if one["tier"] == "Gold"] for seen in (before, after)
    ]
    assert ends[0] == ends[1] != [None]
    await desk.hear(OrderRefunded, total=price, reason="disputed")
    await house.eventually_live(person_id, token, ("Everybody", "joined"))


async def test_whom_it_was_for_is_no_longer_known_once_it_is_accepted(
    house: House, desk: Desk
) -> None:
    await desk.given_to_ada()
    rows = await house.service.pool.fetch(
        "SELECT * FROM events WHERE type = 'PresentAddressed' AND stream_id = $1", desk.order_id
    )
    assert len(rows) == 1
    fact = house.service.store.fact(rows[0])
    opened = await house.service.vault.open([fact.body.email, fact.body.words])
    assert opened == [None, None]
