"""The books as tables: what came, what went back, in decimals, by day, for whoever may see the sales."""

import csv
import io
from datetime import timedelta
from typing import Any

import httpx

from services.billing.ledger.projections import LEDGER
from shared.projection import rebuild
from shared.testing import eventually
from tests.integration.billing import test_by_hand
from tests.integration.billing.shop import Shop, ada, bob, community, olga
from tests.integration.billing.test_by_hand import HOW, treasurer
from tests.integration.events.house import Who, somebody


async def exported(shop: Shop, path: str, who: Who | None = treasurer) -> httpx.Response:
    await shop.house.quiet()
    return await shop.house.answer(who, "GET", f"/exports/{path}")


async def rows(shop: Shop, path: str) -> list[dict[str, Any]]:
    answer = await exported(shop, path)
    assert answer.is_success, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    text = answer.content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def booked(entries: list[dict[str, Any]]) -> list[tuple[str, str, str, str]]:
    return [(one["kind"], one["charged_for"], one["currency"], one["amount"]) for one in entries]


async def test_the_ledger_has_what_came_and_what_went_back_by_what_it_was_for(shop: Shop) -> None:
    await shop.opens()
    await shop.house.ask(olga, "PUT", "/by-hand", {"instructions": HOW})
    offer_id = await shop.offer()
    await shop.buys({"offer_id": offer_id})
    (payment,) = (await shop.house.ask(olga, "GET", "/payments"))["items"]
    refund = {"amount": {"minor": 250, "currency": "EUR"}}
    path = f"/payments/{payment['payment_id']}/refunds"
    await shop.house.ask(olga, "POST", path, refund)
    await eventually(lambda: rows(shop, "ledger"), lambda seen: len(seen) == 2)
    waiting = await test_by_hand.chooses(shop, offer_id, bob)
    await test_by_hand.record(shop, waiting["payment_id"])
    ledger = await rows(shop, "ledger")
    assert booked(ledger) == [
        ("payment", "subscription", "EUR", "10.00"),
        ("refund", "subscription", "EUR", "-2.50"),
        ("payment", "subscription", "EUR", "10.00"),
    ]
    assert [one["way"] for one in ledger] == ["processor", "processor", "by_hand"]
    assert ledger[0]["processor_id"].startswith("pi_")
    assert ledger[1]["processor_id"].startswith("re_")
    assert ledger[1]["refund_id"]
    assert ledger[2]["processor_id"] == ""
    assert {one["reference"] for one in ledger[:2]} == {payment["reference"]}
    assert booked(await rows(shop, "ledger?filter[kind]=refund")) == booked(ledger[1:2])
    today = ledger[0]["day"]
    assert len(await rows(shop, f"ledger?filter[from]={today}")) >= 1
    tomorrow = (shop.now + timedelta(days=2)).date()
    assert await rows(shop, f"ledger?filter[from]={tomorrow}") == []
    assert booked(await rows(shop, f"ledger?filter[to]={tomorrow}")) == booked(ledger)
    # Folded again, it is the same.
    service = shop.house.service
    await rebuild(service.pool, service.name, LEDGER, service.sources())
    assert await rows(shop, "ledger") == ledger


async def test_payments_are_taken_out_as_the_list_shows_them(shop: Shop) -> None:
    await shop.opens()
    await shop.house.ask(olga, "PUT", "/by-hand", {"instructions": HOW})
    offer_id = await shop.offer()
    await shop.buys({"offer_id": offer_id})
    await test_by_hand.chooses(shop, offer_id, bob)
    listed = (await shop.house.ask(olga, "GET", "/payments"))["items"]
    taken = await rows(shop, "payments")
    assert [one["payment_id"] for one in taken] == [one["payment_id"] for one in listed]
    (kept,) = [one for one in taken if one["state"] == "succeeded"]
    assert (kept["amount"], kept["refunded"], kept["kept"]) == ("10.00", "0.00", "10.00")
    assert kept["person_id"] == str(ada.person_id)
    (awaited,) = await rows(shop, "payments?filter[state]=awaited")
    assert (awaited["person_id"], awaited["kept"]) == (str(bob.person_id), "0.00")


async def test_who_may_not_see_the_sales_takes_nothing_and_what_was_taken_is_seen(
    shop: Shop,
) -> None:
    await shop.opens()
    for path in ("payments", "ledger"):
        assert (await exported(shop, path, None)).status_code == 401
        for nobody in (ada, somebody(community, "moderator")):
            assert (await exported(shop, path, nobody)).status_code == 403
    for wrong in (
        "payments?filter[state]=stolen",
        "ledger?filter[from]=spring",
        "ledger?filter[kind]=x",
    ):
        assert (await exported(shop, wrong)).status_code == 422
    assert await rows(shop, "ledger?filter[from]=2026-01-01&filter[to]=2026-12-31") == []
    await shop.house.quiet()
    (taken,) = (await shop.house.ask(olga, "GET", "/exports"))["items"]
    assert (taken["kind"], taken["filters"]) == ("ledger", ["from=2026-01-01", "to=2026-12-31"])
    assert taken["taken_by"] == str(treasurer.account_id)
    assert await shop.house.refusal(treasurer, "GET", "/exports") == (403, "forbidden")
