"""What is still missing before money can come in, step by step until nothing is."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from shared.contracts.billing_merchant import MerchantConnected
from shared.contracts.billing_offer import OfferPublished, OfferRetired
from shared.contracts.contract import MoneyValue
from shared.ids import random_id
from tests.integration.membership.house import House, Json

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


async def setup(house: House, token: str, model: str = "subscription") -> Json:
    return await house.call("GET", f"/setup?model={model}", token=token)


def left(shown: Json) -> list[str]:
    return [
        step["step"] for step in shown["steps"] if step["needed"] and step["done_since"] is None
    ]


async def offered(house: House, community_id: str, offer_id: UUID, tier_id: str) -> None:
    offer = OfferPublished(
        community_id=UUID(community_id),
        occurred_at=NOON,
        offer_id=offer_id,
        name="Gold, monthly",
        tier_id=UUID(tier_id),
        price=MoneyValue(minor=1000, currency="EUR"),
        interval="month",
        trial_days=0,
    )
    await house.hear(offer, offer_id)


async def test_an_owner_is_led_from_nothing_to_the_first_payment(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    shown = await setup(house, owner)
    assert not shown["ready"]
    assert left(shown) == ["paid_tier", "recurring_offer", "own_account"]
    calls = {step["step"]: step["call"] for step in shown["steps"]}
    assert calls["recurring_offer"] is None, "there is no tier to sell yet"
    waiting = {step["step"]: step["waits_for"] for step in shown["steps"] if step["waits_for"]}
    assert waiting == {"recurring_offer": "paid_tier"}
    assert calls["own_account"]["body"]["return_url"].startswith("http")
    path = calls["paid_tier"]["path"].removeprefix("/api/membership/v1")
    tier = await house.call("POST", path, calls["paid_tier"]["body"], token=owner)

    async def next_step() -> list[str]:
        return left(await setup(house, owner))

    await house.eventually(next_step, ["recurring_offer", "own_account"])
    (selling,) = [s for s in (await setup(house, owner))["steps"] if s["step"] == "recurring_offer"]
    assert selling["waits_for"] is None
    assert selling["call"]["path"] == "/api/billing/v1/offers"
    assert selling["call"]["body"]["tier_id"] == tier["tier_id"]
    assert selling["call"]["body"]["price"]["currency"] == "EUR"

    offer_id = random_id()
    await offered(house, community_id, offer_id, tier["tier_id"])
    connected = MerchantConnected(community_id=UUID(community_id), occurred_at=NOON)
    await house.hear(connected)
    await house.eventually(next_step, [])
    assert (await setup(house, owner))["ready"]
    assert left(await setup(house, owner, "workshop")) == ["priced_gathering"]

    retired = OfferRetired(community_id=UUID(community_id), occurred_at=NOON, offer_id=offer_id)
    await house.hear(retired, offer_id)
    await house.eventually(next_step, ["recurring_offer"])


async def test_terms_and_a_privacy_notice_are_steps_that_hold_nothing_up(house: House) -> None:
    _, owner = await house.community("olga@example.com", mode="test")

    async def open_documents() -> dict[str, str | None]:
        steps = (await setup(house, owner, "donation"))["steps"]
        wanted = ("terms", "privacy_notice")
        found = [step for step in steps if step["step"] in wanted and not step["done_since"]]
        assert not any(step["needed"] for step in found)
        return {step["step"]: step["call"]["path"] for step in found}

    path = "/api/membership/v1/documents"
    assert await open_documents() == {"terms": path, "privacy_notice": path}
    text = {"url": "https://chess.example/text", "sha256": "a" * 64}
    await house.call("POST", "/documents", text | {"kind": "privacy"}, token=owner)
    assert await open_documents() == {"terms": path}
    await house.call("POST", "/documents", text | {"kind": "terms"}, token=owner)
    await house.call(
        "POST", "/documents", text | {"kind": "terms", "sha256": "b" * 64}, token=owner
    )
    assert await open_documents() == {}
    assert left(await setup(house, owner, "donation")) == ["donation_offer"]


async def test_past_two_paid_choices_the_owner_is_warned_and_not_held_up(house: House) -> None:
    _, owner = await house.community("olga@example.com")

    async def define(name: str) -> Json:
        body = {"name": name, "paid": True}
        return await house.call("POST", "/tiers", body, token=owner, Idempotency_Key=name)

    async def warned() -> list[str]:
        return [warning["code"] for warning in (await setup(house, owner))["warnings"]]

    for name in ("Silver", "Gold"):
        assert (await define(name))["warnings"] == []
        assert await warned() == []
    third = await define("Platinum")
    (warning,) = third["warnings"]
    assert warning["code"] == "more_than_two_paid"
    assert warning["detail"].endswith(".")
    assert await define("Platinum") == third
    assert await warned() == ["more_than_two_paid"]
    await house.call("POST", f"/tiers/{third['tier_id']}/retirement", {}, token=owner)
    assert await warned() == []


async def test_what_another_community_has_helps_nobody(house: House) -> None:
    _, owner = await house.community("olga@example.com")
    await house.tier(owner, "Gold", paid=True)
    _, other = await house.community("otto@example.com", slug="another-club")
    assert "paid_tier" in left(await setup(house, other))


@pytest.mark.parametrize("model", ["", "pyramid"])
async def test_a_way_of_earning_that_is_none_is_refused(house: House, model: str) -> None:
    _, owner = await house.community("olga@example.com")
    await house.call("GET", f"/setup?model={model}", token=owner, expect=422)


async def test_a_stranger_learns_nothing(house: House) -> None:
    await house.call("GET", "/setup?model=donation", expect=401)
    await house.community("olga@example.com")
    stranger = await house.token("ada@example.com")
    await house.call("GET", "/setup?model=donation", token=stranger, expect=403)
