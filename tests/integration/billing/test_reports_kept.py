"""What processors report of people is in no table and no line of a log, and what is kept still leads to the money."""

import contextlib
import json
import logging
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.billing.gateways import paypal_webhooks, webhooks
from services.billing.gateways.kept import kept
from services.billing.gateways.paypal_gateway import mark_of
from shared.contracts import billing_payment
from shared.testing import eventually
from tests.doubles.serving import serving
from tests.integration.billing import cards, test_own_data
from tests.integration.billing.shop import WEBHOOK_SECRET, Shop, ada, community
from tests.integration.billing.till import Till
from tests.integration.events.house import Json

WORDS = ("philomena", "vandersloot", "rua augusta", "351912345678", "last4")


def said(text: str) -> set[str]:
    """Which of the payer's words are there."""
    return {word for word in WORDS if word in text.lower()}


async def tables(shop: Shop) -> dict[str, set[str]]:
    """What every table of every schema says of the payer, where it says anything."""
    async with shop.house.service.pool.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL tessera.community = '*'")
        names = await connection.fetch(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
            " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        )
        assert "billing.inbox" in {name for (name,) in names}
        guilty = {}
        for (name,) in names:
            rows = await connection.fetch(f"SELECT t::text FROM {name} t")
            guilty[name] = said("\n".join(row[0] for row in rows))
    return {name: words for name, words in guilty.items() if words}


async def kinds(shop: Shop, source: str) -> set[str]:
    rows = await shop.house.service.pool.fetch("SELECT type FROM inbox WHERE source = $1", source)
    return {kind for (kind,) in rows}


@contextlib.asynccontextmanager
async def overheard(stripe_url: str) -> AsyncIterator[list[str]]:
    """What the double sends, as it sends it."""
    heard: list[str] = []

    async def hear(request: Request) -> Response:
        heard.append((await request.body()).decode())
        return Response()

    async with serving(Starlette(routes=[Route("/", hear, methods=["POST"])])) as address:
        async with httpx.AsyncClient() as client:
            body = {"url": address, "secret": WEBHOOK_SECRET}
            await client.post(f"{stripe_url}/_config/webhooks/overheard", json=body)
        yield heard


async def test_stripes_reports_leave_nobody_in_the_database_or_the_log(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    await shop.opens()
    awaited = {"payment_intent.succeeded", "charge.succeeded", "payment_intent.payment_failed"}
    with caplog.at_level(logging.INFO):
        async with overheard(shop.stripe_url) as heard:
            offer_id = await shop.offer()
            await shop.buys({"offer_id": offer_id})
            refused = await shop.checkout({"offer_id": offer_id})
            await shop.pays(refused, await shop.card(cards.REFUSED_WHEN_CHARGED))
            await eventually(lambda: kinds(shop, "stripe"), lambda seen: seen >= awaited)
        for kind in ("customer.updated", "charge.dispute.created", "customer.subscription.updated"):
            about = {"id": "obj_1", "name": cards.PAYER["name"], "metadata": cards.PAYER}
            report = {"id": f"evt_{uuid4().hex}", "object": "event", "type": kind}
            assert (await shop.report(report | {"data": {"object": about}})).is_success
        await shop.house.quiet()
    assert said("\n".join(heard)) == set(WORDS), "the double has said what the real one says"
    assert await tables(shop) == {}
    assert not said(caplog.text)


async def test_paypals_reports_leave_nobody_in_the_database_or_the_log(
    till: Till, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        checkout = await till.begins(await till.shop.offer(interval="once"))
        await till.agrees(checkout)
        (approved,) = till.paypal.reports
        assert await till.deliver(approved) == [True]
        await till.shop.state_of(checkout["checkout_id"], "completed")
        await till.shop.house.quiet()
        _, collected = till.paypal.reports
        dispute = till.paypal.report("CUSTOMER.DISPUTE.CREATED", {"dispute_id": "PP-D-1"})
        assert await till.deliver(collected, dispute) == [True, True]
        await till.shop.house.quiet()
    for report in (approved, collected, dispute):
        assert said(report.raw.decode()) >= {"philomena", "vandersloot"}
    assert await tables(till.shop) == {}
    assert not said(caplog.text)
    # The payer is told what was reported of their payment, as of any other processor.
    document = await test_own_data.taken(till.shop, ada)
    reported = {fact["type"] for fact in document["heard"] if fact["source"] == "paypal"}
    assert reported == {"CHECKOUT.ORDER.APPROVED", "PAYMENT.CAPTURE.COMPLETED"}


def before(payment_id: str) -> list[tuple[str, Json]]:
    """Reports as the release before has kept them: whole."""
    metadata = {"community_id": str(community), "payment_id": payment_id, "note": "Philomena"}
    mark = mark_of(community, uuid4())
    person: Json = {"payer": cards.PAYER, "summary": "By Vandersloot", "card": {"last4": "4242"}}
    stripe: list[Any] = [
        {"id": "pi_1", "metadata": metadata, "billing_details": cards.PAYER},
        {"id": "sub_1", "metadata": {"takeover_id": str(uuid4()), "community_id": "Vandersloot"}},
        {"id": cards.PAYER["email"], "metadata": "Philomena"},
        {"id": "re_1", "payment_intent": "pi_1", "receipt_number": "Vandersloot"},
        {"id": "pi_2", "note": "zero \u0000, \\u0000 and \\\u0000 of Philomena"},
        cards.PAYER["name"],
        None,
    ]
    paypal: list[Any] = [
        {"id": "ORDER", "purchase_units": [{"custom_id": mark, "shipping": cards.PAYER}, person]},
        {"id": "C", "custom_id": mark, "supplementary_data": {"related_ids": {"order_id": "O"}}},
        {"id": "R", "payer": {"merchant_id": "M1", "email_address": cards.PAYER["email"]}},
        {
            "dispute_id": "PP-1",
            "disputed_transactions": [
                {"seller": {"merchant_id": "M1", "name": "Vandersloot"}, "buyer": cards.PAYER}
            ],
        },
        {"id": 7, "custom_id": "Philomena", "purchase_units": [cards.PAYER]},
        {"id": "O", "purchase_units": [], "supplementary_data": {"related_ids": []}},
        [person],
    ]
    frame = {"created": 1_790_000_000, "account": "acct_1"} | person
    return [
        ("stripe", {"id": f"evt_{number}", "data": {"object": about}} | frame)
        for number, about in enumerate(stripe)
    ] + [
        ("paypal", {"id": f"WH-{number}", "create_time": "2026-11-28T20:00:00Z", "resource": about} | person)
        for number, about in enumerate(paypal)
    ]  # fmt: skip


async def test_what_was_kept_whole_before_is_reduced_in_place_as_new_reports_are(
    shop: Shop,
) -> None:
    await shop.opens()
    await shop.buys({"offer_id": await shop.offer()})
    (paid,) = await shop.told(billing_payment.PaymentSucceeded)
    service = shop.house.service
    allowed = {"stripe": webhooks.KEPT, "paypal": paypal_webhooks.KEPT}
    old = before(str(paid.payment_id))
    for source, report in old:
        raw = json.dumps(report).encode()
        await service.inbox.store_webhook(source, report["id"], "charge.updated", "old", raw)
    assert set(await tables(shop)) == {"billing.inbox"}
    heard = await service.pool.fetchval("SELECT count(*) FROM inbox")
    assert await service.pool.fetchval("SELECT reduce_reports_1()") == len(old)
    assert await tables(shop) == {}
    rows = await service.pool.fetch(
        "SELECT source, value FROM inbox WHERE type = 'charge.updated' ORDER BY id"
    )
    now = [(row["source"], json.loads(row["value"])) for row in rows]
    assert now == [(source, kept(report, allowed[source])) for source, report in old]
    assert await service.pool.fetchval("SELECT count(*) FROM inbox") == heard
    assert await service.pool.fetchval("SELECT reduce_reports_1()") == 0, "new ones have no more"
    with pytest.raises(asyncpg.RaiseError, match="append-only"):
        await service.pool.execute("UPDATE inbox SET value = '{}'")
    await shop.house.quiet()
