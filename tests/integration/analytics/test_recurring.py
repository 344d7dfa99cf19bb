"""What the tables hold is what the definitions say, however the facts were mixed and cut into batches."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest

from services.analytics.days import Window
from services.analytics.movements import Change, Customer, Movement, fold, movements_of
from services.analytics.recurring.projections import RECURRING, recurring_revenue_of
from shared.contracts import billing_subscription as contracts
from shared.contracts.contract import MoneyValue
from shared.event_store import Fact
from tests.integration.events.house import House
from tests.unit.analytics.heard import community, heard

people = [UUID(int=number) for number in (1, 2, 3)]
day = timedelta(days=1)


def life(number: int, random: Random) -> list[Fact]:
    """One subscription, from its first payment to its end."""
    stream_id = UUID(int=100 + number)
    person = random.choice(people)
    at = datetime(2026, 1, 1, tzinfo=UTC) + random.randrange(100) * day
    kinds: list[type[contracts.SubscriptionContract]] = [contracts.SubscriptionActivated]
    kinds += random.choices(
        [contracts.SubscriptionRenewed, contracts.SubscriptionPastDue], k=random.randrange(5)
    )
    kinds += [contracts.SubscriptionEnded] * random.randrange(2)
    facts = []
    for kind in kinds:
        body = kind.model_validate(
            {
                "community_id": community,
                "occurred_at": at,
                "subscription_id": stream_id,
                "person_id": person,
                "offer_id": stream_id,
                "tier_id": None,
                "price": MoneyValue(minor=random.randrange(1, 5000), currency="EUR"),
                "interval": random.choice(["week", "month", "quarter", "year"]),
                "quantity": random.randrange(1, 4),
                "period_start": at,
                "period_end": at,
                "reason": "voluntary",
                "was_paying": True,
            }
        )
        facts.append(heard(body, stream_id))
        at += random.randrange(30) * day
    return facts


@pytest.mark.parametrize("seed", range(3))
async def test_the_tables_hold_what_the_definitions_say(house: House, seed: int) -> None:
    random = Random(seed)
    lives = [life(number, random) for number in range(20)]
    turns = [number for number, facts in enumerate(lives) for _ in facts]
    random.shuffle(turns)
    readers = [iter(facts) for facts in lives]
    facts = [next(readers[turn]) for turn in turns]
    rest = list(facts)
    async with house.service.pool.acquire() as connection:
        while rest:
            size = random.randrange(1, 10)
            await RECURRING.apply(connection, rest[:size])
            rest = rest[size:]
        rows = await connection.fetch(
            "SELECT community_id, person_id, currency, at, kind, yearly FROM recurring_v5_movements"
        )
    stored: dict[Customer, list[Movement]] = defaultdict(list)
    for *key, at, kind, yearly in rows:
        stored[Customer(*key)].append(Movement(at, kind, yearly))
    changes: dict[Customer, list[Change]] = defaultdict(list)
    for change in fold((fact for facts in lives for fact in facts), {}):
        changes[change.customer].append(change)
    assert {customer: sorted(moved) for customer, moved in stored.items()} == {
        customer: movements_of(theirs) for customer, theirs in changes.items()
    }


async def test_what_was_brought_is_neither_won_nor_lost(house: House) -> None:
    """One went back where it came from, the other stays; both were paid for since long."""
    began, now = datetime(2025, 3, 1, tzinfo=UTC), datetime(2026, 5, 20, tzinfo=UTC)
    price = MoneyValue(minor=1000, currency="EUR")
    facts = []
    for number in (1, 2):
        about: dict[str, Any] = {
            "community_id": community,
            "subscription_id": UUID(int=number),
            "person_id": people[number],
            "offer_id": UUID(int=9),
            "tier_id": None,
        }
        brought = contracts.SubscriptionActivated(
            **about,
            occurred_at=began,
            price=price,
            interval="month",
            quantity=1,
            period_start=now,
            period_end=now + 30 * day,
            source="migrated",
        )
        facts.append(heard(brought, UUID(int=number)))
    back = contracts.SubscriptionEnded(**about, occurred_at=now, reason="migrated", was_paying=True)
    async with house.service.pool.acquire() as connection:
        await RECURRING.apply(connection, facts)
        may = Window(date(2026, 5, 1), date(2026, 5, 31), "UTC")
        then = Window(date(2025, 3, 1), date(2025, 3, 31), "UTC")
        for window in (may, then):
            (figure,) = await recurring_revenue_of(connection, [community], window)
            assert (figure.start, figure.new, figure.end) == (2000, 0, 2000)
        await RECURRING.apply(connection, [heard(back, UUID(int=2), version=2)])
        (figure,) = await recurring_revenue_of(connection, [community], may)
    assert (figure.start, figure.churn, figure.end) == (1000, 0, 1000)
