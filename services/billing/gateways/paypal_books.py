"""What PayPal keeps of our charges on a seller's account, read and never changed.

It lists no orders. The reports on transactions that it has instead come hours late and need a leave of their own, so
each order of ours is asked for by its id.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from services.billing.comparison import Charged, PageOfCharges
from services.billing.gateways.paypal_gateway import (
    COLLECTED,
    PaypalGateway,
    payments_of,
    subject_of_mark,
)
from services.billing.gateways.paypal_money import read
from shared.ids import Code
from shared.money import Money

NOTHING = PageOfCharges((), 0, None)


class PaypalBooks:
    """Read by the platform's app, for the seller."""

    lists = False

    def __init__(self, gateway: PaypalGateway) -> None:
        self._gateway = gateway

    async def page(
        self, account: Code, community_id: UUID, start: datetime, end: datetime, after: Code | None
    ) -> PageOfCharges:
        del account, community_id, start, end, after
        return NOTHING

    async def refunded(
        self, account: Code, community_id: UUID, start: datetime, end: datetime, after: Code | None
    ) -> PageOfCharges:
        del account, community_id, start, end, after
        return NOTHING

    async def fetch(self, intent: Code, account: Code, community_id: UUID) -> Charged | None:
        order = await self._gateway.order(intent, account)
        return charged_of(order, community_id) if order else None


def charged_of(order: dict[str, Any], community_id: UUID) -> Charged | None:
    """An order with what was collected by it in our words; None for a stranger's."""
    unit = order["purchase_units"][0]
    subject = subject_of_mark(unit.get("custom_id"), order["id"])
    if subject is None or subject.community_id != community_id:
        return None
    payments, nothing = payments_of(order), read(unit["amount"]) * 0
    return Charged(
        subject.payment_id,
        subject.intent,
        _sum(payments.get("captures"), COLLECTED, nothing),
        _sum(payments.get("refunds"), frozenset(["COMPLETED"]), nothing),
    )


def _sum(movements: list[dict[str, Any]] | None, gone: frozenset[str], nothing: Money) -> Money:
    """Of those that have gone through."""
    return sum((read(one["amount"]) for one in movements or () if one["status"] in gone), nothing)
