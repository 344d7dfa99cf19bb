"""What a payer has to do yet, whoever shows it to them."""

from collections.abc import Mapping
from typing import Any

from services.billing.checkout.projections import Standing
from services.billing.gateways.gateway import PayerStep
from services.billing.gateways.processors import processor_at
from services.billing.payment.projections import Paid


async def step_of(
    standing: Standing, payment: Paid | None, gateways: Mapping[str, Any]
) -> PayerStep:
    """As the processor says now; nothing where it waits for nothing. Never asked for by who holds a connection."""
    if payment is None or payment.intent is None or not standing.needs_action:
        return PayerStep()
    gateway = processor_at(gateways, payment.account)
    return await gateway.payer_step(payment.intent, payment.account)
