"""Stripe, where the payer may also pay on its own page: a Checkout Session stands for an intent until it is paid.

It takes a card, and what we ask for; whoever is there confirms it. What it has collected is an intent like any other.
"""

from typing import TYPE_CHECKING, Any, cast

from stripe.checkout import Session

from services.billing.gateways.gateway import (
    AskedBefore,
    Declined,
    IntentOrder,
    Kept,
    Outcome,
    PayerStep,
)
from services.billing.gateways.stripe_gateway import (
    Fee,
    StripeGateway,
    fee_in,
    keyed,
    minor_units,
    money_of,
    options,
    translated,
)
from services.billing.references import reference_of
from shared.ids import Code

if TYPE_CHECKING:
    from stripe.params.checkout import SessionCreateParams

PAGE = "cs_"

EXPIRED = Code("page_expired")


class StripePages(StripeGateway):
    """What is asked of a page here is asked of an intent there."""

    async def create_intent(self, order: IntentOrder) -> Code:
        if order.return_url is None:
            return await super().create_intent(order)
        fee = self.fee_of(order)
        sessions = self.client.v1.checkout.sessions
        try:
            with translated():
                session = await sessions.create_async(
                    cast("SessionCreateParams", _asked(order, order.return_url, fee)),
                    options(order.account, keyed("page", order, fee)),
                )
        except AskedBefore:
            session = await self.made_before(
                sessions.list_async,
                order.account,
                {"payment_id": str(order.payment_id)},
                lambda one: (
                    one.status != "expired" and one.amount_total == minor_units(order.amount)
                ),
            )
        return Code(session.id)

    async def confirm_intent(
        self, intent: Code, payment_method: Code, account: Code | None, *, away: bool = False
    ) -> Outcome:
        if intent.startswith(PAGE):
            return await self.fetch_intent(intent, account)
        return await super().confirm_intent(intent, payment_method, account, away=away)

    async def fetch_intent(self, intent: Code, account: Code | None) -> Outcome:
        if not intent.startswith(PAGE):
            return await super().fetch_intent(intent, account)
        return _outcome(await self._session(intent, account))

    async def cancel_intent(self, intent: Code, account: Code | None) -> Outcome:
        if not intent.startswith(PAGE):
            return await super().cancel_intent(intent, account)
        try:
            with translated():
                await self.client.v1.checkout.sessions.expire_async(
                    intent, {}, options(account, f"expire:{intent}")
                )
        except Declined:
            pass  # It was paid, or ran out: only a second look says.
        return await self.fetch_intent(intent, account)

    async def payer_step(self, intent: Code, account: Code | None) -> PayerStep:
        if not intent.startswith(PAGE):
            return await super().payer_step(intent, account)
        url = (await self._session(intent, account)).url
        return PayerStep(url=Code(url) if url else None)

    async def _session(self, page: Code, account: Code | None) -> Session:
        with translated():
            return await self.client.v1.checkout.sessions.retrieve_async(
                page, {"expand": ["payment_intent"]}, options(account)
            )


def _asked(order: IntentOrder, return_url: Code, fee: Fee) -> dict[str, Any]:
    marks = {"community_id": str(order.community_id), "payment_id": str(order.payment_id)}
    later = {"setup_future_usage": "off_session"} if order.keep else {}
    price = {
        "currency": order.amount.currency.lower(),
        "unit_amount": minor_units(order.amount),
        "product_data": {"name": reference_of(order.payment_id)},
    }
    # It is open for a day at Stripe; who does not pay in time finds it closed by us.
    return {
        "mode": "payment",
        "payment_method_types": ["card"],
        "line_items": [{"quantity": 1, "price_data": price}],
        "success_url": return_url,
        "cancel_url": return_url,
        "metadata": marks,
        "payment_intent_data": {"metadata": marks} | later | fee,
    } | ({"customer_creation": "always"} if order.keep else {})


def _outcome(session: Session) -> Outcome:
    match session.status, session.payment_status:
        case "open", _:
            return Outcome("requires_action")
        case "complete", "paid":
            return _collected(session)
        case "complete", _:
            return Outcome("processing")
        case _:
            return Outcome("cancelled", EXPIRED)


def _collected(session: Session) -> Outcome:
    paid = session.to_dict()
    intent = paid["payment_intent"]
    kept = None
    if intent.get("setup_future_usage") and paid.get("customer"):
        kept = Kept(Code(intent["payment_method"]), Code(paid["customer"]))
    amount = money_of(paid["amount_total"], paid["currency"])
    return Outcome(
        "succeeded",
        amount=amount,
        kept=kept,
        collected_as=Code(intent["id"]),
        platform_fee=fee_in(intent),
    )
