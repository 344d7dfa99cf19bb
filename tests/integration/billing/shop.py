"""What can be done in a community's shop, by those who may."""

import contextlib
import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import jwt
import stripe

from services.billing.gateways.gateway import ProcessorUnavailable
from services.billing.quotes import ALGORITHM, AUDIENCE, ISSUER
from services.billing.settings import Settings
from shared.clock import real_now
from shared.contracts.events_key import QuoteKeyPublished
from shared.contracts.membership_community import CommunityCreated
from shared.contracts.membership_tier import TierDefined
from shared.http import create_app
from shared.ids import PLATFORM, Code
from shared.service import Blueprint, Service
from shared.testing import eventually
from tests.doubles.serving import serving
from tests.integration.billing import cards
from tests.integration.events.house import House, Json, Who, key_pair, settings_of, somebody

ORIGIN = "http://club.test"
WEBHOOK_SECRET = "whsec_shop"
WEBHOOK_PATH = "/api/billing/v1/webhooks/stripe"
QUOTE_KEY, QUOTE_KEYS = key_pair("spring")

community, gold = uuid4(), uuid4()
olga, ada, bob = somebody(community, "owner"), somebody(community), somebody(community)

PATIENCE = 60.0
"""Seconds in which a double has answered, however much the machine has to do."""


class Dying:
    """A gateway whose `step` is done once, or a few times, without anybody hearing of it."""

    def __init__(self, processor: Any, step: str, times: int) -> None:
        self._processor = processor
        self._step = step
        self._left = times

    def __getattr__(self, name: str) -> Any:
        step = getattr(self._processor, name)
        if name != self._step or not self._left:
            return step
        self._left -= 1

        async def unheard(*arguments: object, **named: object) -> None:
            await step(*arguments, **named)
            raise ProcessorUnavailable("The process died.")

        return unheard


def settings_for(database_url: str, stripe_url: str, **more: Any) -> Settings:
    return settings_of(
        Settings,
        database_url,
        stripe_url=stripe_url,
        stripe_key="sk_test_shop",
        stripe_webhook_secret=WEBHOOK_SECRET,
        origin=ORIGIN,
        **more,
    )


@contextlib.asynccontextmanager
async def closing(plan: Blueprint) -> AsyncIterator[None]:
    """Hang up on the processors at the end."""
    try:
        yield
    finally:
        for gateway in plan.gateways.values():
            if hasattr(gateway, "close"):  # Some share the connection of another.
                await gateway.close()


@contextlib.asynccontextmanager
async def reported_to(service: Service, stripe_url: str) -> AsyncIterator[None]:
    """Let the double's reports reach the service over a real socket."""
    async with serving(create_app(service)) as address:
        async with httpx.AsyncClient(timeout=PATIENCE) as client:
            registered = {"url": address + WEBHOOK_PATH, "secret": WEBHOOK_SECRET}
            await client.post(f"{stripe_url}/_config/webhooks/shop", json=registered)
        yield


class Shop:
    """One community's billing."""

    def __init__(self, house: House, stripe_url: str) -> None:
        self.house = house
        self.stripe_url = stripe_url
        self.told = house.told
        self.until_told = house.until_told
        self.until = house.until

    @property
    def now(self) -> datetime:
        return self.house.service.clock.now()

    async def assigns(self, account: str) -> None:
        """The platform writes on an account at Stripe that it is the community's."""
        async with httpx.AsyncClient(timeout=PATIENCE) as client:
            written = {"community_id": str(community)}
            await client.post(f"{self.stripe_url}/_config/accounts/{account}", json=written)

    async def connects(self, account: str) -> None:
        """One that is the community's is what its charges are made on."""
        await self.assigns(account)
        await self.house.ask(olga, "POST", "/merchant/account", {"account": account})
        await self.house.quiet()

    async def opens(self) -> None:
        """The community, its paid tier and the key of its quotes have been heard of."""
        (key,) = json.loads(QUOTE_KEYS)["keys"]
        here: Json = {"community_id": community, "occurred_at": real_now()}
        await self.house.hear(
            CommunityCreated(
                **here,
                kind="association",
                name="Chess Club",
                currency="EUR",
                time_zone="Europe/Paris",
                mode="live",
            ),
            TierDefined(**here, tier_id=gold, name="Gold", paid=True),
            QuoteKeyPublished(
                community_id=PLATFORM, occurred_at=real_now(), kid=key["kid"], x=key["x"]
            ),
        )
        await self.house.quiet()

    async def offer(self, minor: int = 1000, interval: str = "month", trial_days: int = 0) -> str:
        """Something to buy, which grants the paid tier."""
        body = {
            "name": "Gold",
            "price": {"minor": minor, "currency": "EUR"},
            "interval": interval,
            "trial_days": trial_days,
            "tier_id": str(gold),
        }
        published = await self.house.ask(olga, "POST", "/offers", body)
        await self.house.quiet()
        return str(published["offer_id"])

    async def trial_with_fee(self) -> str:
        """A trial that costs something to set up, so that its card is charged at once."""
        price = {
            "amount": {"minor": 1000, "currency": "EUR"},
            "setup_fee": {"minor": 500, "currency": "EUR"},
        }
        body = {"name": "Gold", "prices": [price], "interval": "month", "trial_days": 14}
        published = await self.house.ask(olga, "POST", "/offers", body)
        await self.house.quiet()
        return str(published["offer_id"])

    def quote(self, hold_id: UUID, who: Who = ada, minor: int = 1500, **more: Any) -> str:
        """What events signs for held seats."""
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "hold_id": str(hold_id),
            "revision": 1,
            "community_id": str(who.community_id),
            "account_id": str(who.account_id),
            "person_id": str(who.person_id),
            "lines": [],
            "amount": {"minor": minor, "currency": "EUR"},
            "tax_category": "admission",
            "exp": int((self.now + timedelta(minutes=13)).timestamp()),
        }
        key = jwt.PyJWK(json.loads(QUOTE_KEY), algorithm=ALGORITHM).key
        return jwt.encode(claims | more, key, algorithm=ALGORITHM, headers={"kid": "spring"})

    async def checkout(self, *lines: Json, who: Who = ada) -> str:
        body = {"lines": list(lines), "return_url": f"{ORIGIN}/thanks"}
        opened = await self.house.ask(who, "POST", "/checkouts", body)
        await self.house.quiet()
        return str(opened["checkout_id"])

    async def card(self, number: str = cards.GOOD) -> Code:
        return await cards.payment_method(self.stripe_url, number)

    async def pays(self, checkout_id: str, card: Code | None = None, who: Who = ada) -> None:
        body = {"payment_method": card or await self.card()}
        await self.house.ask(who, "POST", f"/checkouts/{checkout_id}/pay", body)

    async def state_of(self, checkout_id: str, state: str, who: Who = ada) -> Json:
        """The checkout, once it is so."""
        return await self.until(
            who, f"/checkouts/{checkout_id}", lambda seen: seen["state"] == state
        )

    async def buys(self, *lines: Json, card: Code | None = None, who: Who = ada) -> str:
        checkout_id = await self.checkout(*lines, who=who)
        await self.pays(checkout_id, card, who)
        await self.state_of(checkout_id, "completed", who)
        await self.house.quiet()
        return checkout_id

    async def subscription(self, who: Who = ada) -> Json:
        """The only one that the person has."""
        await self.house.quiet()
        (item,) = (await self.house.ask(who, "GET", "/subscriptions"))["items"]
        found: Json = item
        return found

    async def subscribes(
        self, minor: int = 1000, interval: str = "month", trial_days: int = 0
    ) -> Json:
        offer_id = await self.offer(minor, interval, trial_days)
        await self.buys({"offer_id": offer_id})
        return await self.subscription()

    async def until_subscription(self, state: str) -> Json:
        return await eventually(self.subscription, lambda seen: seen["state"] == state)

    async def gives(self, number: str) -> None:
        """Another card, kept by the processor."""
        card = await self.card(number)
        if number == cards.AUTHENTICATED:
            await self._fills_in(card)
        body = {"payment_method": card}
        await self.house.ask(ada, "POST", "/payer/payment-method", body)
        await self.house.quiet()
        await self.until(ada, "/payer/payment-method", lambda seen: seen["state"] == "saved")
        await self.house.quiet()

    async def _fills_in(self, card: Code) -> None:
        """What the processor's form does in a browser, once the payer's bank has agreed."""
        form = await self.house.ask(ada, "POST", "/payer/card-forms")
        setup = form["client_secret"].partition("_secret_")[0]
        async with httpx.AsyncClient(
            base_url=self.stripe_url, auth=("sk_test_shop", ""), timeout=PATIENCE
        ) as there:
            found = (await there.get(f"/v1/setup_intents/{setup}")).json()
            kept = {"customer": found["customer"]}
            answer = await there.post(f"/v1/payment_methods/{card}/attach", data=kept)
        answer.raise_for_status()

    async def at(self, moment: str | datetime) -> None:
        """Let time pass until then, and do what was due."""
        to = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
        await self.house.move_clock(to + timedelta(seconds=1))
        await self.house.quiet()

    async def charges(self) -> list[Json]:
        """What the double has charged for this shop's payments, whatever we believe."""
        rows = await self.house.service.pool.fetch("SELECT payment_id FROM payments_v2")
        ours = {str(row["payment_id"]) for row in rows}
        async with httpx.AsyncClient(auth=("sk_test_shop", ""), timeout=PATIENCE) as client:
            listed = await client.get(f"{self.stripe_url}/v1/payment_intents?limit=1000")
        return [
            intent
            for intent in listed.json()["data"]
            if intent["metadata"].get("payment_id") in ours and intent["status"] == "succeeded"
        ]

    async def dispute(
        self, intent: str, status: str = "needs_response", due: datetime | None = None
    ) -> Json:
        """A payer's bank wants an intent's money back."""
        body = {
            "payment_intent": intent,
            "reason": "fraudulent",
            "status": status,
            "due_by": int((due or self.now + timedelta(days=9)).timestamp()),
        }
        return await self._config("disputes", body)

    async def decide(self, dispute: str, status: str) -> Json:
        """The bank has made up its mind."""
        return await self._config(f"disputes/{dispute}", {"status": status})

    async def owes_no_evidence(self, dispute: Json) -> Json:
        """As of a debit that was taken back: nobody is heard."""
        return await self._config(f"disputes/{dispute['id']}", {"due_by": None})

    async def _config(self, path: str, body: Json) -> Json:
        async with httpx.AsyncClient(timeout=PATIENCE) as client:
            answer = await client.post(f"{self.stripe_url}/_config/{path}", json=body)
        answer.raise_for_status()
        told: Json = answer.json()
        return told

    async def report_dispute(self, dispute: Json, kind: str, event_id: str | None = None) -> None:
        """The processor's report of a dispute, which is believed no more than any other."""
        report = {
            "id": event_id or f"evt_{uuid4()}",
            "object": "event",
            "type": f"charge.dispute.{kind}",
            "data": {"object": dispute},
        }
        assert (await self.report(report)).is_success
        await self.house.quiet()

    async def report(self, payload: Json, *secrets: str) -> httpx.Response:
        """A webhook, signed by the official signer; who pays stands in all of them, as in the real ones.

        With several secrets, as Stripe signs while one is rolled.
        """
        raw = json.dumps(payload | {"data": _with_payer(payload.get("data"))})
        first, *others = [
            stripe.WebhookSignature.generate_signature_header(raw, secret)
            for secret in secrets or (WEBHOOK_SECRET,)
        ]
        signature = ",".join([first, *(one.partition(",")[2] for one in others)])
        return await self.house.client.post(
            "/webhooks/stripe",
            content=raw,
            headers={"Content-Type": "application/json", "Stripe-Signature": signature},
        )


def _with_payer(data: Any) -> Any:
    if not isinstance(data, dict) or not isinstance(data.get("object"), dict):
        return data
    about = {"billing_details": cards.PAYER, "receipt_email": cards.PAYER["email"]}
    return {"object": about | data["object"], "previous_attributes": cards.PAYER}
