"""Where PayPal reports: verified offline, stored as it came, answered at once. Everything else is a reaction's."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Request

from services.billing.gateways.gateway import Subject
from services.billing.gateways.paypal_gateway import subject_of_mark
from services.billing.gateways.paypal_signature import NotSigned, PaypalSignature
from services.billing.gateways.webhooks import Received
from shared import telemetry
from shared.clock import real_now
from shared.decider import NotFound
from shared.http import Caller, needs
from shared.ids import PLATFORM
from shared.problem import Problem

SOURCE = "paypal"

router = APIRouter()


@router.post("/webhooks/paypal", operation_id="receive_paypal_webhook")
async def receive_paypal_webhook(
    request: Request, caller: Annotated[Caller, needs("public", idempotent=False)]
) -> Received:
    raw, service = await request.body(), caller.service
    signature: PaypalSignature | None = service.gateways.get("paypal_signature")
    if signature is None:
        raise NotFound("paypal_not_offered", "This platform has not been set up with PayPal.")
    try:
        await signature.check(raw, request.headers, real_now())
        event = json.loads(raw)
        event_id, kind = str(event["id"]), str(event["event_type"])
    except (NotSigned, ValueError, KeyError, TypeError) as error:
        telemetry.count("webhooks.refused", source=SOURCE)
        raise Problem(400, "bad_signature", "Not signed by PayPal.") from error
    subject = subject_of(event)
    new = await service.inbox.store_webhook(
        SOURCE,
        event_id,
        kind,
        str(subject.payment_id) if subject else event_id,
        raw,
        subject.community_id if subject else PLATFORM,
    )
    return Received(new=new)


def subject_of(event: dict[str, Any]) -> Subject | None:
    """Whose payment a report is about: of an order, or of what was collected by one."""
    try:
        resource = event["resource"]
        if event["event_type"].startswith("CHECKOUT.ORDER."):
            return subject_of_mark(resource["purchase_units"][0]["custom_id"], resource["id"])
        if event["event_type"].startswith("PAYMENT.CAPTURE."):
            order = resource["supplementary_data"]["related_ids"]["order_id"]
            return subject_of_mark(resource["custom_id"], order)
    except (KeyError, TypeError, IndexError, AttributeError):
        pass
    return None
