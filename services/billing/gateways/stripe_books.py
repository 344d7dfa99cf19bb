"""What Stripe keeps of our charges on a community's own account, read and never changed."""

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from services.billing.comparison import Charged, PageOfCharges
from services.billing.gateways.gateway import IfThere
from services.billing.gateways.stripe_gateway import (
    StripeGateway,
    money_of,
    options,
    translated,
)
from services.billing.gateways.webhooks import subject_of_intent
from shared.ids import Code

if TYPE_CHECKING:
    from stripe.params import PaymentIntentListParams, RefundListParams

PAGE = 100
CHARGE = "latest_charge"


class StripeBooks:
    """Read by the platform's key."""

    lists = True

    def __init__(self, gateway: StripeGateway) -> None:
        self._client = gateway.client

    async def page(
        self, account: Code, community_id: UUID, start: datetime, end: datetime, after: Code | None
    ) -> PageOfCharges:
        asked: PaymentIntentListParams = {
            "created": {"gte": int(start.timestamp()), "lt": int(end.timestamp())},
            "limit": PAGE,
            "expand": [f"data.{CHARGE}"],
        }
        if after:
            asked["starting_after"] = after
        with translated():
            listed = await self._client.v1.payment_intents.list_async(asked, options(account))
        found = [charged_of(one.to_dict(), community_id) for one in listed.data]
        ours = tuple(one for one in found if one)
        last = Code(listed.data[-1].id) if listed.data and listed.has_more else None
        return PageOfCharges(ours, len(found) - len(ours), last)

    async def refunded(
        self, account: Code, community_id: UUID, start: datetime, end: datetime, after: Code | None
    ) -> PageOfCharges:
        asked: RefundListParams = {
            "created": {"gte": int(start.timestamp()), "lt": int(end.timestamp())},
            "limit": PAGE,
            "expand": [f"data.payment_intent.{CHARGE}"],
        }
        if after:
            asked["starting_after"] = after
        with translated():
            listed = await self._client.v1.refunds.list_async(asked, options(account))
        intents = [one.to_dict().get("payment_intent") for one in listed.data]
        found = [charged_of(one, community_id) for one in intents if one]
        ours = {one.intent: one for one in found if one}
        last = Code(listed.data[-1].id) if listed.data and listed.has_more else None
        return PageOfCharges(tuple(ours.values()), 0, last)

    async def fetch(self, intent: Code, account: Code, community_id: UUID) -> Charged | None:
        with IfThere(), translated():
            found = await self._client.v1.payment_intents.retrieve_async(
                intent, {"expand": [CHARGE]}, options(account)
            )
            return charged_of(found.to_dict(), community_id)
        return None


def charged_of(intent: dict[str, Any], community_id: UUID) -> Charged | None:
    """An intent with its charge (docs.stripe.com/api/payment_intents/object) in our words; None for a stranger's."""
    subject = subject_of_intent(intent)
    if subject is None or subject.community_id != community_id:
        return None
    is_paid = intent["status"] == "succeeded"
    charge = intent.get(CHARGE) or {}
    return Charged(
        subject.payment_id,
        subject.intent,
        money_of(intent["amount_received"] if is_paid else 0, intent["currency"]),
        money_of(charge.get("amount_refunded") or 0 if is_paid else 0, intent["currency"]),
    )
