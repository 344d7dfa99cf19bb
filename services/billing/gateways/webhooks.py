"""Where the processor reports: verified, stored as it came, answered at once. Everything else is a reaction's."""

from typing import Annotated, Any, NamedTuple
from uuid import UUID

import stripe
from fastapi import APIRouter, Request
from pydantic import BaseModel

from shared import telemetry
from shared.http import Caller, needs
from shared.ids import PLATFORM, Code
from shared.problem import Problem

SOURCE = "stripe"
TOLERANCE_SECONDS = 300

router = APIRouter()


class Received(BaseModel):
    """`new` is false when the same report came before."""

    new: bool


class Subject(NamedTuple):
    """What a report is about, as we wrote it on the intent when we made it."""

    community_id: UUID
    payment_id: UUID
    intent: Code


@router.post("/webhooks/stripe", operation_id="receive_stripe_webhook")
async def receive_stripe_webhook(
    request: Request, caller: Annotated[Caller, needs("public", idempotent=False)]
) -> Received:
    raw = await request.body()
    service = caller.service
    try:
        event = stripe.Webhook.construct_event(
            raw,
            request.headers.get("stripe-signature"),
            service.settings.stripe_webhook_secret.get_secret_value(),
            TOLERANCE_SECONDS,
        ).to_dict()
    except (ValueError, stripe.SignatureVerificationError) as error:
        telemetry.count("webhooks.refused", source=SOURCE)
        raise Problem(400, "bad_signature", "Not signed by the processor, or too old.") from error
    subject = subject_of(event)
    new = await service.inbox.store_webhook(
        SOURCE,
        event["id"],
        event["type"],
        str(subject.payment_id) if subject else event["id"],
        raw,
        subject.community_id if subject else PLATFORM,
    )
    return Received(new=new)


def subject_of(event: dict[str, Any]) -> Subject | None:
    """Whose payment a report is about; None for what we did not make ourselves."""
    try:
        intent = event["data"]["object"]
        metadata = intent["metadata"]
        return Subject(
            UUID(metadata["community_id"]), UUID(metadata["payment_id"]), Code(intent["id"])
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
