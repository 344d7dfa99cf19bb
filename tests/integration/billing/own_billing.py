"""What a creator has in their own Stripe Billing, before Tessera and while it is taken over."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx

from shared.contracts.membership_origin import MembersBrought, Origin, origin_of
from tests.integration.billing import cards
from tests.integration.billing.shop import Shop, community, olga
from tests.integration.events.house import Json, Who

ACCOUNT = "acct_club"
PRICE = "price_gold"


def seconds(at: datetime) -> int:
    return int(at.timestamp())


@dataclass
class OwnBilling:
    """The creator's account, and what people pay there."""

    shop: Shop

    async def opens(self) -> None:
        """The account is connected, and nothing is there yet."""
        await self._config("DELETE", "")
        await self.shop.connects(ACCOUNT)

    async def customer(self, number: str = cards.GOOD) -> tuple[str, str]:
        """A customer of the creator's, and their card."""
        url = self.shop.stripe_url
        card = await cards.payment_method(url, number)
        async with httpx.AsyncClient(auth=("sk_test_club", "")) as client:
            made = await client.post(f"{url}/v1/customers", data={"description": "of the club"})
            customer: str = made.json()["id"]
            attached = await client.post(
                f"{url}/v1/payment_methods/{card}/attach", data={"customer": customer}
            )
            attached.raise_for_status()
        return customer, card

    async def knows(self, who: Who, customer: str) -> None:
        """Staff have imported the member with the customer's id beside the name."""
        origin = Origin(person_id=who.person_id, origin=origin_of(community, customer))
        await self.shop.house.hear(
            MembersBrought(
                community_id=community,
                occurred_at=self.shop.now,
                import_id=uuid4(),
                origins=(origin,),
            )
        )
        await self.shop.house.quiet()

    async def subscribes(self, who: Who | None, **more: Any) -> Json:
        """Somebody has subscribed there, and is a member here unless it is nobody's."""
        customer, card = await self.customer()
        if who:
            await self.knows(who, customer)
        return await self.lays_down(customer, card, **more)

    async def lays_down(
        self,
        customer: str,
        card: str | None,
        minor: int = 1000,
        account: str = ACCOUNT,
        **more: Any,
    ) -> Json:
        """One of these; `more` is as Stripe shows it."""
        found = shown(customer, card, minor, self.shop.now)
        body = {"subscription": found | more, "account": account}
        return await self._config("POST", "", body)

    async def reads(self) -> list[Json]:
        """The account is read, and the plan made."""
        await self.shop.house.ask(olga, "POST", "/migration/scans", {})
        await self.shop.house.quiet()
        return await self.plan()

    async def plan(self) -> list[Json]:
        listed = await self.shop.house.ask(olga, "GET", "/migration/takeovers?limit=200")
        items: list[Json] = listed["items"]
        return items

    async def maps(self, offer_id: str, price: str = PRICE) -> None:
        body = {"price": price, "offer_id": offer_id}
        await self.shop.house.ask(olga, "PUT", "/migration/prices", body)
        await self.shop.house.quiet()

    async def planned(self, who: Who, **more: Any) -> Json:
        """The only subscription there is, read and mapped."""
        await self.subscribes(who, **more)
        await self.reads()
        await self.maps(await self.shop.offer())
        (row,) = await self.plan()
        return row

    async def takes_over(self, *rows: Json) -> None:
        body = {"takeovers": [row["takeover_id"] for row in rows]}
        await self.shop.house.ask(olga, "POST", "/migration/takeovers", body)
        await self.shop.house.quiet()

    async def goes_back(self, *rows: Json) -> None:
        body = {"takeovers": [row["takeover_id"] for row in rows]}
        await self.shop.house.ask(olga, "POST", "/migration/reversals", body)
        await self.shop.house.quiet()

    async def row(self, of: Json) -> Json:
        return next(row for row in await self.plan() if row["takeover_id"] == of["takeover_id"])

    async def there(self, subscription: str) -> Json:
        """How it stands there, whatever we believe, and what it has charged."""
        return await self._config("GET", f"/{subscription}")

    async def changes(self, subscription: str, **changes: Any) -> None:
        """Somebody changes it there."""
        await self._config("POST", f"/{subscription}", changes)

    async def fails(self, times: int, status: int = 500, *, after: bool = False) -> None:
        body = {"times": times, "status": status, "after": after}
        await self._config("POST", "/failures", body)

    async def time_passes_there(self, to: datetime) -> None:
        await self._config("POST", "/now", {"now": seconds(to)})

    async def time_passes(self, to: datetime | str) -> None:
        """There first, and then here."""
        moment = datetime.fromisoformat(to) if isinstance(to, str) else to
        await self.time_passes_there(moment)
        await self.shop.at(moment)

    async def _config(self, method: str, path: str, body: Json | None = None) -> Json:
        async with httpx.AsyncClient() as client:
            url = f"{self.shop.stripe_url}/_config/subscriptions{path}"
            answer = await client.request(method, url, json=body)
        answer.raise_for_status()
        told: Json = answer.json()
        return told


def shown(customer: str, card: str | None, minor: int, now: datetime) -> Json:
    """A monthly subscription that has run since last year, as Stripe shows it with all that can be expanded."""
    start = now.replace(microsecond=0) - timedelta(days=10)
    end = start + timedelta(days=30)
    return {
        "id": f"sub_{uuid4().hex}",
        "object": "subscription",
        "status": "active",
        "customer": _customer(customer),
        "default_payment_method": _card(card) if card else None,
        "default_source": None,
        "collection_method": "charge_automatically",
        "cancel_at_period_end": False,
        "cancel_at": None,
        "canceled_at": None,
        "ended_at": None,
        "start_date": seconds(start - timedelta(days=400)),
        "billing_cycle_anchor": seconds(end),
        "discounts": [],
        "metadata": {},
        "automatic_tax": {"enabled": False},
        "default_tax_rates": [],
        "pause_collection": None,
        "pending_update": None,
        "schedule": None,
        "currency": "eur",
        "items": {"object": "list", "data": [_item(minor, start, end)], "has_more": False},
    }


def _customer(customer: str) -> Json:
    return {
        "id": customer,
        "object": "customer",
        "balance": 0,
        "default_source": None,
        "discount": None,
        "invoice_settings": {"default_payment_method": None},
    }


def _card(card: str) -> Json:
    details = {"exp_month": 12, "exp_year": 2035}
    return {"id": card, "object": "payment_method", "type": "card", "card": details}


def _item(minor: int, start: datetime, end: datetime) -> Json:
    price = {
        "id": PRICE,
        "object": "price",
        "currency": "eur",
        "unit_amount": minor,
        "billing_scheme": "per_unit",
        "transform_quantity": None,
        "recurring": {"interval": "month", "interval_count": 1, "usage_type": "licensed"},
    }
    return {
        "id": "si_1",
        "object": "subscription_item",
        "price": price,
        "quantity": 1,
        "discounts": [],
        "tax_rates": [],
        "current_period_start": seconds(start),
        "current_period_end": seconds(end),
    }


def next_of(found: Json) -> str:
    """When it charges next, as we say it."""
    end = datetime.fromtimestamp(found["items"]["data"][0]["current_period_end"], UTC)
    return end.isoformat().replace("+00:00", "Z")
