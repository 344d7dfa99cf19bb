"""The processor's account and our book are compared: what differs is found, put right or told, and settled."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.billing.app import blueprint_of
from services.billing.gateways import stripe_books
from shared.contracts import billing_payment
from shared.contracts.billing_message import StaffMessageRequested
from tests.integration.billing import cards
from tests.integration.billing.shop import (
    Dying,
    Shop,
    ada,
    bob,
    closing,
    community,
    olga,
    reported_to,
    settings_for,
)
from tests.integration.events.house import Json, Who, running, somebody

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
stranger = somebody(uuid4(), "owner")


class Books:
    """A shop with an account of its own, and what is done on that account by others."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.account = f"acct_{uuid4().hex}"
        self.began = shop.now

    async def opens(self) -> None:
        await self.shop.opens()
        await self.shop.connects(self.account)
        await self.asked()

    async def sells(self, *, who: Who = ada) -> Json:
        """A payment by card that succeeded."""
        await self.shop.buys({"quote": self.shop.quote(uuid4(), who)}, who=who)
        return await self.payment(who)

    async def payment(self, who: Who = ada) -> Json:
        """The only one of this person."""
        listed = await self.shop.house.ask(olga, "GET", "/payments")
        (found,) = [one for one in listed["items"] if one["person_id"] == str(who.person_id)]
        payment: Json = found
        return payment

    def window(self) -> Json:
        """Of all that happened until now, once that is over for an hour."""
        start, end = self.began - 3 * HOUR, self.shop.now - HOUR
        return {"start": start.isoformat(), "end": end.isoformat()}

    async def compares(self, who: Who = olga) -> Json:
        """A reconciliation that somebody asks for."""
        await self.shop.at(self.shop.now + 2 * HOUR)
        return await self.compares_now(who)

    async def compares_now(self, who: Who = olga) -> Json:
        """Of what was an hour ago."""
        begun = await self.shop.house.ask(who, "POST", "/reconciliations", self.window())
        await self.shop.house.quiet()
        return await self.read(begun["reconciliation_id"])

    async def read(self, reconciliation_id: str) -> Json:
        return await self.shop.house.ask(olga, "GET", f"/reconciliations/{reconciliation_id}")

    async def daily(self) -> list[Json]:
        listed = await self.shop.house.ask(olga, "GET", "/reconciliations")
        return [one for one in listed["items"] if one["by_clock"]]

    async def refunds(self, intent: str, minor: int) -> str:
        """The seller, on the processor's own page."""
        form = {"payment_intent": intent, "amount": str(minor)}
        return str((await self.posts("/v1/refunds", data=form))["id"])

    async def changes(self, of: str, **wanted: Any) -> None:
        await self.posts(f"/_config/payments/{of}", json=wanted)

    async def fails(self, *statuses: int) -> None:
        await self.posts("/_config/payments/failures", json={"statuses": statuses})

    async def asked(self) -> Any:
        return await self.posts("/_config/payments/asked")

    async def posts(self, path: str, **more: Any) -> Any:
        headers = {"Stripe-Account": self.account}
        async with httpx.AsyncClient(auth=("sk_test_club", ""), headers=headers) as client:
            answer = await client.post(self.shop.stripe_url + path, **more)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    async def unreported(self) -> None:
        """From now on the processor's reports reach nobody."""
        nobody = {"url": "http://127.0.0.1:9/", "secret": "none"}
        await self.posts("/_config/webhooks/shop", json=nobody)


def money(minor: int) -> Json:
    return {"minor": minor, "currency": "EUR"}


@pytest.fixture
async def books(shop: Shop) -> Books:
    books = Books(shop)
    await books.opens()
    return books


async def test_where_both_sides_say_the_same_nothing_differs(books: Books) -> None:
    payment = await books.sells()
    path = f"/payments/{payment['payment_id']}/refunds"
    await books.shop.house.ask(olga, "POST", path, {"amount": money(500)})
    await books.shop.until_told(billing_payment.RefundIssued)
    form = {"amount": "700", "currency": "eur", "confirm": "true"}
    card = await books.shop.card()
    await books.posts("/v1/payment_intents", data=form | {"payment_method": card})
    run = await books.compares()
    assert (run["state"], run["compared"], run["drifts"], run["found"]) == ("compared", 1, 0, [])
    assert run["strangers"] == 1, "a charge of the seller's own"
    assert run["sums"] == [{"there": money(1000), "here": money(1000)}]
    asked = await books.asked()
    assert [one["path"] for one in asked] == ["/v1/payment_intents", "/v1/refunds"]
    assert {one["limit"] for one in asked} == {"100"}


async def test_what_succeeded_there_unheard_is_heard_of_and_settled(books: Books) -> None:
    await books.unreported()
    checkout_id = await books.shop.checkout({"quote": books.shop.quote(uuid4())})
    await books.shop.pays(checkout_id, await books.shop.card(cards.AUTHENTICATED))
    path = f"/checkouts/{checkout_id}"
    waiting = await books.shop.until(ada, path, lambda seen: seen["processor"]["client_secret"])
    payment = await books.payment()
    secret = waiting["processor"]["client_secret"]
    intent = payment["payment_intent"]
    await cards.authenticate(books.shop.stripe_url, intent, secret, success=True)
    # Long ago, and the checkout has not expired, which would look as well.
    await books.changes(intent, created=int((books.shop.now - 2 * HOUR).timestamp()))
    assert (await books.payment())["state"] == "requires_action"
    run = await books.compares_now()
    (drift,) = run["found"]
    assert (drift["cause"], drift["acts"], drift["settled_at"]) == (
        "succeeded_there",
        "tessera",
        None,
    )
    assert (drift["there"], drift["here"]) == (money(1500), money(0))
    assert (await books.payment())["state"] == "succeeded"
    await books.shop.state_of(checkout_id, "completed")
    await books.shop.at(books.shop.now + 2 * HOUR)
    after = await books.read(run["reconciliation_id"])
    assert (after["drifts"], after["settled"]) == (1, 1)
    assert after["found"][0]["settled_at"]
    assert (await books.compares())["drifts"] == 0
    assert await books.shop.told(StaffMessageRequested) == []


async def test_what_was_refunded_there_unheard_is_recorded_and_settled(books: Books) -> None:
    payment = await books.sells()
    await books.refunds(payment["payment_intent"], 400)
    run = await books.compares()
    (drift,) = run["found"]
    assert (drift["cause"], drift["acts"], drift["settled_at"]) == (
        "refunded_there",
        "tessera",
        None,
    )
    assert (drift["there"], drift["here"]) == (money(1100), money(1500))
    (issued,) = await books.shop.told(billing_payment.RefundIssued)
    assert (str(issued.payment_id), issued.amount.minor) == (payment["payment_id"], 400)
    await books.shop.at(books.shop.now + 2 * HOUR)
    assert (await books.read(run["reconciliation_id"]))["settled"] == 1
    assert (await books.compares())["drifts"] == 0
    assert len(await books.shop.told(billing_payment.RefundIssued)) == 1
    assert await books.shop.told(StaffMessageRequested) == []


async def test_what_went_back_beyond_what_was_kept_is_told_to_staff_once(books: Books) -> None:
    payment = await books.sells()
    await books.refunds(payment["payment_intent"], 1600)
    midnight = datetime.combine(books.shop.now.date() + DAY, datetime.min.time(), UTC)
    await books.shop.at(midnight + 3 * HOUR)
    (daily,) = await books.daily()
    assert (daily["state"], daily["compared"], daily["drifts"]) == ("compared", 1, 1)
    assert await books.shop.told(StaffMessageRequested) == [], "it may be under way"
    await books.shop.at(midnight + 5 * HOUR)
    (letter,) = await books.shop.told(StaffMessageRequested)
    assert (letter.template, letter.permission) == ("payments_drift", "refunds.write")
    assert letter.values == {"drifts": 1}
    (drift,) = (await books.read(daily["reconciliation_id"]))["found"]
    assert (drift["cause"], drift["acts"]) == ("refunded_there", "tessera")
    assert (drift["there"], drift["here"]) == (money(-100), money(1500))
    await books.shop.at(midnight + DAY + 6 * HOUR)
    assert len(await books.daily()) == 2, "and every day"
    assert len(await books.shop.told(StaffMessageRequested)) == 1


async def test_what_is_refunded_later_is_found_on_the_day_it_went_back(books: Books) -> None:
    older, again = await books.sells(), await books.sells(who=bob)
    for payment in (older, again):
        long_ago = int((books.shop.now - 3 * DAY).timestamp())
        await books.changes(payment["payment_intent"], created=long_ago)
    await books.shop.at(books.shop.now + 35 * DAY)
    books.began = books.shop.now
    for minor in (400, 100):
        refund = await books.refunds(older["payment_intent"], minor)
        await books.changes(refund, created=int(books.shop.now.timestamp()))
    run = await books.compares()
    (drift,) = run["found"]
    assert (drift["payment_id"], drift["cause"]) == (older["payment_id"], "refunded_there")
    assert (drift["there"], drift["here"]) == (money(1000), money(1500))
    assert run["compared"] == 1, "once, and nothing that was not refunded"


async def test_what_is_missing_there_or_another_amount_is_for_staff(books: Books) -> None:
    lost, other = await books.sells(), await books.sells(who=bob)
    await books.changes(lost["payment_intent"], lost=True)
    await books.changes(other["payment_intent"], amount=900)
    run = await books.compares()
    found = {one["payment_id"]: one for one in run["found"]}
    assert found[lost["payment_id"]]["cause"] == "missing_there"
    assert found[other["payment_id"]]["cause"] == "amount_differs"
    assert {one["acts"] for one in run["found"]} == {"staff"}
    assert run["sums"] == [{"there": money(900), "here": money(3000)}]


async def test_a_late_report_of_what_is_no_longer_there_says_nothing(books: Books) -> None:
    payment = await books.sells()
    await books.changes(payment["payment_intent"], lost=True)
    marks = {"community_id": str(community), "payment_id": payment["payment_id"]}
    intent = {"id": payment["payment_intent"], "object": "payment_intent", "metadata": marks}
    report = {
        "id": f"evt_{uuid4()}",
        "object": "event",
        "type": "payment_intent.succeeded",
        "account": books.account,
        "data": {"object": intent},
    }
    assert (await books.shop.report(report)).json() == {"new": True}
    await books.shop.house.quiet()
    assert (await books.payment())["state"] == "succeeded"


async def test_an_intent_of_the_day_before_is_asked_for_by_its_id(books: Books) -> None:
    payment = await books.sells()
    long_ago = int((books.shop.now - 3 * DAY).timestamp())
    await books.changes(payment["payment_intent"], created=long_ago)
    run = await books.compares()
    assert (run["compared"], run["drifts"]) == (1, 0)
    assert run["sums"] == [{"there": money(1500), "here": money(1500)}]


async def test_what_bears_our_mark_and_is_unknown_here_is_found(books: Books) -> None:
    names = {"community_id": str(community), "payment_id": str(uuid4())}
    form = {"amount": "700", "currency": "eur", "confirm": "true"} | {
        f"metadata[{name}]": value for name, value in names.items()
    }
    form["payment_method"] = await books.shop.card()
    await books.posts("/v1/payment_intents", data=form)
    (drift,) = (await books.compares())["found"]
    assert (drift["cause"], drift["payment_id"]) == ("unknown_here", names["payment_id"])


async def test_an_account_is_read_page_by_page_and_waits_where_it_is_asked_too_often(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stripe_books, "PAGE", 1)
    for who in (ada, bob):
        await books.sells(who=who)
    await books.fails(429, 429, 429)
    run = await books.compares()
    run = await books.shop.until(
        olga,
        f"/reconciliations/{run['reconciliation_id']}",
        lambda seen: seen["state"] == "compared",
    )
    assert (run["compared"], run["drifts"]) == (2, 0)
    lists = [one for one in await books.asked() if one["path"] == "/v1/payment_intents"]
    pages = [one.get("starting_after") for one in lists]
    assert pages[0] is None
    assert pages[-1]


async def test_of_two_at_once_each_is_whole(books: Books) -> None:
    payment = await books.sells()
    await books.refunds(payment["payment_intent"], 400)
    await books.shop.at(books.shop.now + 2 * HOUR)
    window, house = books.window(), books.shop.house
    begun = [await house.ask(olga, "POST", "/reconciliations", window) for _ in range(2)]
    await house.quiet()
    runs = [await books.read(one["reconciliation_id"]) for one in begun]
    assert [one["drifts"] for one in runs] == [1, 1]
    page = await house.ask(olga, "GET", "/reconciliations?limit=1")
    following = await house.ask(olga, "GET", f"/reconciliations?limit=1&after={page['next']}")
    listed = {one["items"][0]["reconciliation_id"] for one in (page, following)}
    assert listed == {one["reconciliation_id"] for one in begun}


async def test_the_account_that_refuses_to_be_read_fails_the_run(books: Books) -> None:
    await books.fails(400)
    run = await books.compares()
    assert (run["state"], run["problem"]) == ("failed", "invalid_request")


async def test_a_window_is_refused_where_it_is_wrong(books: Books) -> None:
    now, house = books.shop.now, books.shop.house
    for start, end, code in (
        (now - 2 * HOUR, now - 3 * HOUR, "window_empty"),
        (now - 40 * DAY, now - DAY, "window_too_long"),
        (now - 2 * HOUR, now, "window_not_over"),
    ):
        body = {"start": start.isoformat(), "end": end.isoformat()}
        assert await house.refusal(olga, "POST", "/reconciliations", body) == (422, code)
    bad = {"start": "yesterday", "end": now.isoformat()}
    assert (await house.refusal(olga, "POST", "/reconciliations", bad))[0] == 422


async def test_a_strange_community_and_members_see_nothing(books: Books) -> None:
    run = await books.compares()
    house, path = books.shop.house, f"/reconciliations/{run['reconciliation_id']}"
    assert (await house.refusal(stranger, "GET", path))[0] == 404
    assert (await house.ask(stranger, "GET", "/reconciliations"))["items"] == []
    for method, at, body in (
        ("GET", path, None),
        ("GET", "/reconciliations", None),
        ("POST", "/reconciliations", books.window()),
    ):
        assert (await house.refusal(ada, method, at, body))[0] == 403


async def test_without_an_account_there_is_nothing_to_compare(shop: Shop) -> None:
    await shop.opens()
    body = {
        "start": (shop.now - DAY).isoformat(),
        "end": (shop.now - 2 * HOUR).isoformat(),
    }
    refused = await shop.house.refusal(olga, "POST", "/reconciliations", body)
    assert refused == (409, "account_not_connected")
    await shop.at(shop.now + 3 * DAY)
    assert (await shop.house.ask(olga, "GET", "/reconciliations"))["items"] == []


@pytest.fixture
async def dying_books(
    database_url: str, stripe_url: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Books]:
    """Where two pages are read and nobody hears of it."""
    monkeypatch.setattr(stripe_books, "PAGE", 1)
    plan = blueprint_of(settings_for(database_url, stripe_url))
    dying = Dying(plan.gateways["books"], "page", times=2)
    plan = replace(plan, gateways={**plan.gateways, "books": dying})
    async with closing(plan), running(plan) as house, reported_to(house.service, stripe_url):
        books = Books(Shop(house, stripe_url))
        await books.opens()
        yield books


async def test_a_page_that_was_read_unheard_is_read_again_and_counts_once(
    dying_books: Books,
) -> None:
    for who in (ada, bob):
        await dying_books.sells(who=who)
    run = await dying_books.compares()
    run = await dying_books.shop.until(
        olga,
        f"/reconciliations/{run['reconciliation_id']}",
        lambda seen: seen["state"] == "compared",
    )
    assert (run["compared"], run["drifts"]) == (2, 0)
    assert run["sums"] == [{"there": money(3000), "here": money(3000)}]
    lists = [one for one in await dying_books.asked() if one["path"] == "/v1/payment_intents"]
    assert len(lists) == 4
