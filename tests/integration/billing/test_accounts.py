"""On whose account a community sells: one that Stripe has said to be its own, and none before it may charge."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest

from services.billing.app import blueprint_of
from shared.contracts.billing_merchant import MerchantConnected
from shared.testing import eventually
from tests.doubles.stripe import accounts
from tests.doubles.stripe.double import Stripe
from tests.integration.billing import stripe_there
from tests.integration.billing.shop import (
    Shop,
    ada,
    closing,
    community,
    olga,
    reported_to,
    settings_for,
)
from tests.integration.events.house import Json, running, somebody

PAGES = {"return_url": "https://club.test/back", "again_url": "https://club.test/again"}
MAKE, FIND = "POST /v1/accounts", "GET /v1/accounts/{account}"
BEGIN, BACK = "/merchant/onboarding", "/merchant/onboarding/return"
CONSENT = "/merchant/authorization"
MINE = "acct_mine"


@pytest.fixture
async def stripe(stripe_mock: str | None) -> AsyncIterator[Stripe]:
    async with stripe_there.ours(stripe_mock) as there:
        there.ours.address = there.url
        yield there.ours


@pytest.fixture
async def shop(database_url: str, stripe: Stripe) -> AsyncIterator[Shop]:
    """Billing on a platform that sellers may let act for them, and Stripe's reports on their way to it."""
    told = settings_for(database_url, stripe.address, stripe_client_id="ca_ours")
    plan = blueprint_of(told)
    async with closing(plan), running(plan) as house, reported_to(house.service, stripe.address):
        shop = Shop(house, stripe.address)
        await shop.opens()
        yield shop


async def seller(shop: Shop) -> str | None:
    await shop.house.quiet()
    account: str | None = (await shop.house.ask(olga, "GET", "/merchant"))["account"]
    return account


async def asked_for(stripe: Stripe) -> int:
    return stripe.asked[FIND]


async def fill_in(begun: Json) -> None:
    async with httpx.AsyncClient() as browser:
        assert (await browser.get(begun["url"])).is_success


async def test_an_account_is_made_filled_in_and_sells_once_it_may_charge(shop: Shop) -> None:
    begun = await shop.house.ask(olga, "POST", BEGIN, PAGES)
    assert await seller(shop) is None
    standing = await shop.house.ask(olga, "GET", "/merchant/standing")
    assert standing["missing"] == list(accounts.MISSING)
    assert (standing["account"], standing["connected"]) == (begun["account"], False)
    await shop.house.ask(olga, "POST", BACK, {})
    assert await seller(shop) is None
    await fill_in(begun)
    await shop.house.ask(olga, "POST", BACK, {})
    assert await seller(shop) == begun["account"]
    standing = await shop.house.ask(olga, "GET", "/merchant/standing")
    assert standing == {
        "account": begun["account"],
        "connected": True,
        "charges": True,
        "payouts": True,
        "missing": [],
    }
    assert len(await shop.told(MerchantConnected)) == 1


async def test_who_never_comes_back_is_connected_by_stripes_report(shop: Shop) -> None:
    begun = await shop.house.ask(olga, "POST", BEGIN, PAGES)
    await fill_in(begun)
    connected = await shop.until(olga, "/merchant", lambda seen: seen["account"])
    assert connected["account"] == begun["account"]


async def test_whoever_begins_again_or_twice_at_once_has_one_account(
    shop: Shop, stripe: Stripe
) -> None:
    both = await asyncio.gather(*(shop.house.ask(olga, "POST", BEGIN, PAGES) for _ in range(2)))
    third = await shop.house.ask(olga, "POST", BEGIN, PAGES)
    assert len({one["account"] for one in (*both, third)}) == 1
    assert len(stripe.platform.every(accounts.Account)) == 1


async def test_a_report_of_a_strangers_account_changes_nothing(shop: Shop, stripe: Stripe) -> None:
    stripe.connect("acct_stranger")
    accounts.fill_in(stripe, "acct_stranger")
    await eventually(lambda: asked_for(stripe), lambda times: times > 0)
    assert await seller(shop) is None


async def test_an_account_is_named_only_where_the_platform_wrote_whose_it_is(
    shop: Shop, stripe: Stripe
) -> None:
    named = {"account": MINE}
    unproved = (422, "account_not_proved")
    assert await shop.house.refusal(olga, "POST", "/merchant/account", named) == unproved
    stripe.connect(MINE)
    assert await shop.house.refusal(olga, "POST", "/merchant/account", named) == unproved
    accounts.of(stripe, MINE).metadata = {"community_id": str(uuid4())}
    assert await shop.house.refusal(olga, "POST", "/merchant/account", named) == unproved
    assert await seller(shop) is None
    accounts.of(stripe, MINE).metadata = {"community_id": str(community)}
    await shop.house.ask(olga, "POST", "/merchant/account", named)
    assert await seller(shop) == MINE


async def test_what_was_made_is_not_named_before_it_may_charge(shop: Shop) -> None:
    begun = await shop.house.ask(olga, "POST", BEGIN, PAGES)
    named, early = {"account": begun["account"]}, (409, "account_cannot_charge")
    assert await shop.house.refusal(olga, "POST", "/merchant/account", named) == early
    assert await seller(shop) is None
    await fill_in(begun)
    await shop.house.ask(olga, "POST", "/merchant/account", named)
    assert await seller(shop) == begun["account"]


async def test_who_lets_us_act_for_what_may_not_charge_comes_back_later(
    shop: Shop, stripe: Stripe
) -> None:
    code = stripe.agree(MINE)
    accounts.of(stripe, MINE).missing = list(accounts.MISSING)
    state = (await shop.house.ask(olga, "GET", CONSENT))["state"]
    early = (409, "account_cannot_charge")
    asked = {"code": code, "state": state}
    assert await shop.house.refusal(olga, "POST", CONSENT, asked) == early
    assert await seller(shop) is None


async def test_what_stripe_refuses_is_said(shop: Shop, stripe: Stripe) -> None:
    stripe.fail(MAKE, 400)
    assert await shop.house.refusal(olga, "POST", BEGIN, PAGES) == (409, "account_refused")
    stripe.fail("POST /v1/account_links", 400)
    assert await shop.house.refusal(olga, "POST", BEGIN, PAGES) == (422, "form_refused")
    begun = await shop.house.ask(olga, "POST", BEGIN, PAGES)
    assert [one.id for one in stripe.platform.every(accounts.Account)] == [begun["account"]]


async def test_who_has_an_account_lets_us_act_for_it(shop: Shop, stripe: Stripe) -> None:
    asked = await shop.house.ask(olga, "GET", CONSENT)
    assert asked["url"].startswith(f"{stripe.address}/oauth/authorize?")
    told = httpx.URL(asked["url"]).params
    assert (told["client_id"], told["scope"]) == ("ca_ours", "read_write")
    back = {"code": stripe.agree(MINE), "state": told["state"]}
    await shop.house.ask(olga, "POST", CONSENT, back)
    assert await seller(shop) == MINE
    assert await shop.house.refusal(olga, "POST", CONSENT, back) == (422, "consent_refused")
    other = back | {"code": stripe.agree("acct_other")}
    refused = (409, "account_already_connected")
    assert await shop.house.refusal(olga, "POST", CONSENT, other) == refused
    assert await shop.house.refusal(olga, "POST", BEGIN, PAGES | {"again_url": "x"}) == (
        422,
        "string_pattern_mismatch",
    )


async def test_a_consent_is_its_askers_and_does_not_wait(shop: Shop, stripe: Stripe) -> None:
    code = stripe.agree(MINE)
    other = somebody(uuid4(), "owner")
    theirs = (await shop.house.ask(other, "GET", CONSENT))["state"]
    mine = (await shop.house.ask(olga, "GET", CONSENT))["state"]

    async def refusal(state: str) -> tuple[int, str]:
        return await shop.house.refusal(olga, "POST", CONSENT, {"code": code, "state": state})

    assert await refusal(theirs) == (422, "state_of_another")
    assert await refusal("made up") == (422, "state_expired")
    await shop.at(shop.now + timedelta(hours=1))
    assert await refusal(mine) == (422, "state_expired")
    assert stripe.consents == {code: MINE}


async def test_a_platform_without_an_id_at_stripe_offers_no_consent(
    database_url: str, stripe: Stripe
) -> None:
    plan = blueprint_of(settings_for(database_url, stripe.address))
    async with closing(plan), running(plan) as house:
        assert await house.refusal(olga, "GET", CONSENT) == (404, "consent_not_offered")


async def test_only_the_owner_connects_and_strangers_see_nothing(shop: Shop) -> None:
    for path, body in ((BEGIN, PAGES), (BACK, {}), (CONSENT, {"code": "a", "state": "b"})):
        assert (await shop.house.refusal(ada, "POST", path, body))[0] == 403
    assert (await shop.house.refusal(ada, "GET", "/merchant/standing"))[0] == 403
    for method, path in (("GET", "/merchant/standing"), ("POST", BACK)):
        assert await shop.house.refusal(olga, method, path, {}) == (404, "no_account_begun")


async def test_stripe_being_away_leaves_nothing_half_done(shop: Shop, stripe: Stripe) -> None:
    stripe.fail(MAKE, 500, times=2)
    assert (await shop.house.refusal(olga, "POST", BEGIN, PAGES))[0] == 503
    assert (await shop.house.refusal(olga, "GET", "/merchant/standing"))[0] == 404
    stripe.break_down(MAKE, times=1)
    begun = await shop.house.ask(olga, "POST", BEGIN, PAGES)
    assert [one.id for one in stripe.platform.every(accounts.Account)] == [begun["account"]]
