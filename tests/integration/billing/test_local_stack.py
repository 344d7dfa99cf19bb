"""What a newcomer does at the Stripe double that `make up` starts: links are followed in a browser, without a key."""

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest

from services.billing.app import blueprint_of
from shared.ids import Code
from tests.integration.billing import cards
from tests.integration.billing.shop import (
    Shop,
    ada,
    closing,
    olga,
    reported_to,
    settings_for,
)
from tests.integration.events.house import Json, running

PAGES = {"return_url": "https://club.test/back", "again_url": "https://club.test/again"}
HOUR = timedelta(hours=1)


@pytest.fixture
async def shop(database_url: str, localstripe_url: str) -> AsyncIterator[Shop]:
    """Billing as the local stack has it, which sells to newcomers."""
    told = settings_for(database_url, localstripe_url, stripe_client_id="ca_ours")
    plan = blueprint_of(told)
    async with closing(plan), running(plan) as house, reported_to(house.service, localstripe_url):
        shop = Shop(house, localstripe_url)
        await shop.opens()
        yield shop


async def follow(url: str) -> httpx.Response:
    async with httpx.AsyncClient() as browser:
        return await browser.get(url)


async def waiting(shop: Shop) -> Json:
    """A checkout that is to be paid on the page."""
    checkout_id = await shop.checkout({"offer_id": await shop.offer(interval="once")})
    path = f"/checkouts/{checkout_id}"
    await shop.house.ask(ada, "POST", f"{path}/pay-on-page")
    return await shop.until(ada, path, lambda seen: seen["processor"]["page_url"])


async def test_who_follows_the_link_of_the_form_sells_on_their_own_account(shop: Shop) -> None:
    begun = await shop.house.ask(olga, "POST", "/merchant/onboarding", PAGES)
    filled = await follow(begun["url"])
    assert (filled.status_code, filled.headers["location"]) == (303, PAGES["return_url"])
    await shop.house.ask(olga, "POST", "/merchant/onboarding/return", {})
    await shop.house.quiet()
    assert (await shop.house.ask(olga, "GET", "/merchant"))["account"] == begun["account"]
    assert (await follow(begun["url"])).status_code == 404, "good once"


async def test_who_follows_the_link_of_the_consent_lets_us_act(shop: Shop) -> None:
    asked = await shop.house.ask(olga, "GET", "/merchant/authorization")
    account = f"acct_{uuid4().hex}"
    back = httpx.URL((await follow(f"{asked['url']}&account={account}")).headers["location"])
    told = {name: back.params[name] for name in ("code", "state")}
    await shop.house.ask(olga, "POST", "/merchant/authorization", told)
    await shop.house.quiet()
    assert (await shop.house.ask(olga, "GET", "/merchant"))["account"] == account


async def test_all_else_still_wants_a_key(localstripe_url: str) -> None:
    for path in ("/v1/account", "/v1/payment_intents", "/v1/checkout/sessions/cs_test"):
        assert (await follow(localstripe_url + path)).status_code == 401


async def test_who_follows_the_link_of_the_page_has_paid_and_is_led_back(shop: Shop) -> None:
    checkout = await waiting(shop)
    paid = await follow(checkout["processor"]["page_url"])
    assert (paid.status_code, paid.headers["location"]) == (303, checkout["return_url"])
    # Nobody comes back: the report is enough.
    await shop.state_of(checkout["checkout_id"], "completed")
    assert (await follow(checkout["processor"]["page_url"])).status_code == 400


async def test_a_card_that_is_named_on_the_page_may_be_declined(shop: Shop) -> None:
    checkout = await waiting(shop)
    page = checkout["processor"]["page_url"]
    declined = await follow(f"{page}?card={cards.REFUSED_WHEN_CHARGED}")
    assert declined.status_code == 402
    await shop.state_of(checkout["checkout_id"], "awaiting_payment")
    assert (await follow(page)).status_code == 303
    await shop.state_of(checkout["checkout_id"], "completed")


async def test_an_account_is_compared_with_the_book(shop: Shop) -> None:
    begun = await shop.house.ask(olga, "POST", "/merchant/onboarding", PAGES)
    await follow(begun["url"])
    await shop.house.ask(olga, "POST", "/merchant/onboarding/return", {})
    await shop.house.quiet()
    began = shop.now
    checkout = await waiting(shop)
    await follow(checkout["processor"]["page_url"])
    await shop.state_of(checkout["checkout_id"], "completed")
    await shop.at(shop.now + 2 * HOUR)
    window = {"start": (began - HOUR).isoformat(), "end": (shop.now - HOUR).isoformat()}
    run = await shop.house.ask(olga, "POST", "/reconciliations", window)
    await shop.house.quiet()
    read = await shop.house.ask(olga, "GET", f"/reconciliations/{run['reconciliation_id']}")
    assert (read["state"], read["compared"], read["drifts"]) == ("compared", 1, 0)


@pytest.mark.parametrize(
    ("named", "state", "problem"),
    [
        ("pm_card_visa", "completed", None),
        ("pm_card_chargeCustomerFail", "open", "card_declined"),
    ],
)
async def test_a_card_that_the_readme_names_does_what_it_says(
    shop: Shop, named: str, state: str, problem: str | None
) -> None:
    checkout_id = await shop.checkout({"offer_id": await shop.offer(interval="once")})
    await shop.pays(checkout_id, Code(named))
    await shop.house.quiet()
    wanted = (state, problem)
    await shop.until(
        ada, f"/checkouts/{checkout_id}", lambda seen: (seen["state"], seen["problem"]) == wanted
    )
