"""What the operator is shown of the books of all communities: nothing, or what differs."""

from datetime import UTC, datetime, timedelta

import pytest

from services.billing.ledger.reactions import show_books
from shared import telemetry
from shared.testing import eventually
from tests.integration.billing.shop import Shop, ada, bob, olga
from tests.integration.billing.test_reconciliation import DAY, HOUR, Books, money


class Shown:
    """The gauges of the books, as they were set last."""

    def __init__(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        self.shop = shop
        self.figures: dict[str, float] = {}
        monkeypatch.setattr(telemetry, "gauge", self.figures.__setitem__)

    async def figure(self, name: str) -> float:
        await self.shop.house.quiet()
        await show_books(self.shop.house.service)
        return self.figures[f"books.{name}"]


@pytest.fixture
async def books(shop: Shop) -> Books:
    books = Books(shop)
    await books.opens()
    return books


@pytest.fixture
def shown(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Shown:
    return Shown(shop, monkeypatch)


async def test_a_payment_that_differs_for_a_day_is_shown(books: Books, shown: Shown) -> None:
    payment = await books.sells()
    await books.refunds(payment["payment_intent"], 1600)
    midnight = datetime.combine(books.shop.now.date() + DAY, datetime.min.time(), UTC)
    await books.shop.at(midnight + 5 * HOUR)
    assert len(await books.daily()) == 1
    assert await shown.figure("drifts") == 0, "it may yet be put right"
    await books.shop.at(midnight + DAY + 6 * HOUR)
    assert await shown.figure("drifts") == 1
    await books.shop.at(midnight + 33 * DAY)
    assert await shown.figure("drifts") == 0, "nobody looks at it any more, and staff know"


async def test_what_was_put_right_is_shown_no_more(books: Books, shown: Shown) -> None:
    payment = await books.sells()
    await books.refunds(payment["payment_intent"], 400)
    run = await books.compares()
    await books.shop.at(books.shop.now + 2 * DAY)
    assert (await books.read(run["reconciliation_id"]))["settled"] == 1
    assert await shown.figure("drifts") == 0


async def test_a_movement_that_the_ledger_lacks_is_shown(books: Books, shown: Shown) -> None:
    payment = await books.sells()
    await books.sells(who=bob)
    path = f"/payments/{payment['payment_id']}/refunds"
    await books.shop.house.ask(olga, "POST", path, {"amount": money(500)})
    await eventually(lambda: books.payment(ada), lambda seen: seen["refunded"] == money(500))
    await books.shop.at(books.shop.now + timedelta(minutes=61))
    assert await shown.figure("unbalanced") == 0
    service = books.shop.house.service
    await service.pool.execute("DELETE FROM ledger_v1 WHERE kind = 'refund'")
    assert await shown.figure("unbalanced") == 1
    await service.pool.execute("DELETE FROM ledger_v1")
    assert await shown.figure("unbalanced") == 2
