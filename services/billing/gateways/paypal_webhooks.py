"""Where PayPal reports: verified offline, kept without what it says of people, answered at once."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Request

from services.billing.gateways.gateway import Subject
from services.billing.gateways.kept import ID, TIME, TYPE, Allowed, kept
from services.billing.gateways.paypal_gateway import ACCOUNT, MARK, subject_of_mark
from services.billing.gateways.paypal_signature import NotSigned, PaypalSignature
from services.billing.gateways.webhooks import DisputeSubject, Received, RefundSubject
from shared import telemetry
from shared.clock import real_now
from shared.decider import NotFound
from shared.http import Caller, needs
from shared.ids import PLATFORM, Code
from shared.problem import Problem

SOURCE = "paypal"
KEPT: Allowed = {
    "id": ID,
    "event_type": TYPE,
    "create_time": TIME,
    "resource": {
        "id": ID,
        "dispute_id": ID,
        "custom_id": MARK,
        "payer": {"merchant_id": ID},
        "purchase_units": [{"custom_id": MARK}],
        "disputed_transactions": [{"seller": {"merchant_id": ID}}],
        "supplementary_data": {"related_ids": {"order_id": ID}},
    },
}
"""Of any type of event; a payer's name, e-mail and address stand beside it. Of a refund, the seller is the payer."""

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
        json.dumps(kept(event, KEPT)).encode(),
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


def refund_of(event: dict[str, Any]) -> RefundSubject | None:
    """The refund that a report is about, and the seller whose it is; nothing of ours is on what they made there."""
    try:
        refund, seller = event["resource"]["id"], event["resource"]["payer"]["merchant_id"]
    except (KeyError, TypeError):
        return None
    if not isinstance(refund, str) or not isinstance(seller, str):
        return None
    return RefundSubject(Code(refund), Code(ACCOUNT + seller))


def dispute_of(event: dict[str, Any]) -> DisputeSubject | None:
    """The dispute that a report is about, and the seller whose money it is."""
    try:
        dispute = event["resource"]["dispute_id"]
        seller = event["resource"]["disputed_transactions"][0]["seller"]["merchant_id"]
    except (KeyError, TypeError, IndexError):
        return None
    if not isinstance(dispute, str) or not isinstance(seller, str):
        return None
    return DisputeSubject(Code(dispute), Code(ACCOUNT + seller))
