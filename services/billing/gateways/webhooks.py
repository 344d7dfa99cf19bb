"""Where Stripe reports: verified, kept without what it says of people, answered at once. The rest is a reaction's."""

import json
from typing import Annotated, Any, NamedTuple
from uuid import UUID

import stripe
from fastapi import APIRouter, Request
from pydantic import BaseModel

from services.billing.gateways.gateway import Subject
from services.billing.gateways.kept import ID, OUR_ID, TYPE, Allowed, kept
from shared import telemetry
from shared.http import Caller, needs
from shared.ids import PLATFORM, Code
from shared.problem import Problem

SOURCE = "stripe"
TOLERANCE_SECONDS = 300
KEPT: Allowed = {
    "id": ID,
    "type": TYPE,
    "created": int,
    "account": ID,
    "data": {
        "object": {
            "id": ID,
            "payment_intent": ID,
            "metadata": {"community_id": OUR_ID, "payment_id": OUR_ID, "takeover_id": OUR_ID},
        }
    },
}
"""Of any type of event; who pays, by what and from where stands beside it (docs.stripe.com/api/events/object)."""

router = APIRouter()


class Received(BaseModel):
    """`new` is false when the same report came before."""

    new: bool


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
        json.dumps(kept(event, KEPT)).encode(),
        subject.community_id if subject else PLATFORM,
    )
    return Received(new=new)


def subject_of(event: dict[str, Any]) -> Subject | None:
    """Whose payment a report is about; None for what we did not make ourselves."""
    try:
        return subject_of_intent(event["data"]["object"])
    except (KeyError, TypeError):
        return None


def subject_of_intent(intent: Any) -> Subject | None:
    """Whose payment an intent is; None where we did not write it."""
    try:
        metadata = intent["metadata"]
        return Subject(
            UUID(metadata["community_id"]), UUID(metadata["payment_id"]), Code(intent["id"])
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


class DisputeSubject(NamedTuple):
    """Which dispute a report is about, and on whose account; nothing that we wrote is on it."""

    dispute: Code
    account: Code | None


def dispute_of(event: dict[str, Any]) -> DisputeSubject | None:
    """The dispute that a report is about, None when it names none."""
    found = _named(event, "id")
    return DisputeSubject(*found) if found else None


class RefundSubject(NamedTuple):
    """Of which refund, or intent, a report says that money went back, and on whose account."""

    about: Code
    account: Code | None


def refund_of(event: dict[str, Any]) -> RefundSubject | None:
    """The intent that a report of a refund, or of its charge, is about: it bears our mark, and they may not."""
    found = _named(event, "payment_intent")
    return RefundSubject(*found) if found else None


def account_of(event: dict[str, Any]) -> Code | None:
    """The account that a report is about, None when it names none."""
    found = _named(event, "id")
    return found[0] if found else None


def _named(event: dict[str, Any], name: str) -> tuple[Code, Code | None] | None:
    """The id that a report has under this name, and the account it is about."""
    try:
        found, account = event["data"]["object"][name], event.get("account")
    except (KeyError, TypeError, AttributeError):
        return None
    if not found or not isinstance(found, str) or not isinstance(account, str | None):
        return None
    return Code(found), Code(account) if account else None


class TakeoverSubject(NamedTuple):
    """Which takeover told the subscription to end that a report is about, as we wrote it there."""

    community_id: UUID
    takeover_id: UUID


def takeover_of_report(event: dict[str, Any]) -> TakeoverSubject | None:
    """Whose subscription a report is about, None for what we have nothing to do with."""
    try:
        metadata = event["data"]["object"]["metadata"]
        return TakeoverSubject(UUID(metadata["community_id"]), UUID(metadata["takeover_id"]))
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
