"""Billing looks again after it forgot a person, says what the law wants kept until when, and lets it go then."""

from datetime import timedelta
from typing import Any

from dateutil.relativedelta import relativedelta

from shared.contracts.membership_member import PersonErased
from shared.testing import eventually
from tests.integration.billing import test_by_hand
from tests.integration.billing.shop import Shop, ada, bob, community, olga
from tests.integration.billing.test_by_hand import HOW

KEYS = "SELECT count(*) FROM billing_personal.keys WHERE person_id = $1"


async def facts(shop: Shop) -> list[str]:
    """What was told of her data, in order."""
    rows = await shop.house.service.pool.fetch(
        "SELECT type FROM events WHERE type = ANY ($1) ORDER BY position",
        ["DataDestroyed", "KeepingEnded", "KeptDataDestroyed"],
    )
    return [row["type"] for row in rows]


async def erased(shop: Shop, who: Any) -> None:
    told = PersonErased(community_id=community, occurred_at=shop.now, person_id=who.person_id)
    await shop.house.hear(told)
    await shop.house.quiet()


async def test_what_accounting_keeps_goes_by_itself_when_its_time_is_over(shop: Shop) -> None:
    await shop.opens()
    await shop.house.ask(olga, "PUT", "/by-hand", {"instructions": HOW})
    waiting = await test_by_hand.chooses(shop, await shop.offer())
    await test_by_hand.record(shop, waiting["payment_id"])
    pool = shop.house.service.pool
    await erased(shop, ada)
    await eventually(lambda: facts(shop), lambda seen: seen == ["DataDestroyed"])
    assert await pool.fetchval(KEYS, ada.person_id) == 1
    until = await pool.fetchval(
        "SELECT data ->> 'kept_until' FROM events WHERE type = 'DataDestroyed'"
    )
    assert until.startswith(str(shop.now.year + 10))
    ten_years = shop.now + relativedelta(years=10)
    await shop.house.move_clock(ten_years - timedelta(days=1))
    assert await pool.fetchval(KEYS, ada.person_id) == 1
    await shop.house.move_clock(ten_years + timedelta(days=1))
    everything = ["DataDestroyed", "KeepingEnded", "KeptDataDestroyed"]
    await eventually(lambda: facts(shop), lambda seen: seen == everything)
    assert await pool.fetchval(KEYS, ada.person_id) == 0


async def test_of_whom_nothing_is_kept_is_said_so_and_nothing_is_awaited(shop: Shop) -> None:
    await shop.opens()
    await erased(shop, bob)
    await erased(shop, bob)
    await eventually(lambda: facts(shop), lambda seen: seen == ["DataDestroyed"])
    waiting = "SELECT count(*) FROM agenda WHERE name LIKE '%destruction%' AND state = 'waiting'"
    await eventually(lambda: shop.house.service.pool.fetchval(waiting), lambda left: left == 0)
