"""A shop that takes PayPal as well, and what its buyers do there."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx

from deploy.local.paypal_authority import WEBHOOK_ID
from deploy.local.paypal_double import CLIENT_ID, CLIENT_SECRET, Report, Wallet
from services.billing.app import blueprint_of
from tests.doubles.paypal import Paypal
from tests.doubles.serving import serving
from tests.integration.billing.shop import (
    Dying,
    Shop,
    ada,
    closing,
    olga,
    reported_to,
    settings_for,
)
from tests.integration.events.house import Json, Who, running


class Till:
    """PayPal's reports wait in `paypal.reports` until a test delivers them."""

    def __init__(self, shop: Shop, paypal: Paypal) -> None:
        self.shop, self.paypal = shop, paypal
        self.merchant = paypal.merchant()

    async def opens(self) -> None:
        await self.shop.opens()
        connect = {"merchant_id": self.merchant}
        await self.shop.house.ask(olga, "PUT", "/merchant/paypal", connect)
        await self.shop.house.quiet()

    async def chooses(self, checkout_id: str, who: Who = ada) -> Json:
        """The checkout, with the page where the person agrees."""
        await self.shop.house.ask(who, "POST", f"/checkouts/{checkout_id}/pay-by-paypal", {})
        path = f"/checkouts/{checkout_id}"
        return await self.shop.until(who, path, lambda seen: seen["paypal"]["approval_url"])

    async def begins(self, offer_id: str, who: Who = ada) -> Json:
        return await self.chooses(await self.shop.checkout({"offer_id": offer_id}, who=who), who)

    async def agrees(self, checkout: Json, wallet: Wallet = "good") -> None:
        """The person follows the link, and agrees there."""
        async with httpx.AsyncClient() as browser:
            page = checkout["paypal"]["approval_url"]
            back = await browser.get(page, params={**httpx.URL(page).params, "wallet": wallet})
        assert back.headers["location"].startswith(checkout["return_url"])

    async def returns(self, checkout: Json, who: Who = ada) -> None:
        path = f"/payments/{checkout['payment_id']}/return"
        await self.shop.house.ask(who, "POST", path, {})

    async def buys(self, offer_id: str, wallet: Wallet = "good", who: Who = ada) -> Json:
        checkout = await self.begins(offer_id, who)
        await self.agrees(checkout, wallet)
        await self.returns(checkout, who)
        return checkout

    async def subscribes(self, **offer: Any) -> Json:
        checkout = await self.buys(await self.shop.offer(**offer))
        await self.shop.state_of(checkout["checkout_id"], "completed")
        await self.shop.house.quiet()
        return await self.shop.subscription()

    async def deliver(self, *reports: Report) -> list[bool]:
        """Whether each was new."""
        return [(await self.post(report)).json()["new"] for report in reports]

    async def post(self, report: Report) -> httpx.Response:
        headers = {"Content-Type": "application/json", **report.headers}
        return await self.shop.house.client.post(
            "/webhooks/paypal", content=report.raw, headers=headers
        )

    def collected(self) -> list[int]:
        """What PayPal has collected for the seller, whatever we believe, in cents."""
        return [
            round(float(capture["amount"]["value"]) * 100)
            for _, capture in self.paypal.collected(self.merchant)
        ]


@contextlib.asynccontextmanager
async def tilled(
    database_url: str, stripe_url: str, folder: Path, dying: str | None = None
) -> AsyncIterator[Till]:
    """Billing with both processors; the gateway to PayPal dies twice in the step `dying`."""
    paypal = Paypal()
    async with serving(paypal) as address:
        settings = settings_for(
            database_url,
            stripe_url,
            paypal_client_id=CLIENT_ID,
            paypal_secret=CLIENT_SECRET,
            paypal_webhook_id=WEBHOOK_ID,
            paypal_url=address,
            paypal_roots=paypal.authority.write(folder),
        )
        plan = blueprint_of(settings)
        if dying:
            gateways = {**plan.gateways, "paypal": Dying(plan.gateways["paypal"], dying, times=2)}
            plan = replace(plan, gateways=gateways)
        async with closing(plan), running(plan) as house, reported_to(house.service, stripe_url):
            till = Till(Shop(house, stripe_url), paypal)
            await till.opens()
            yield till
    assert paypal.wrong == []
