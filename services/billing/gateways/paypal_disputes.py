"""PayPal's words for a dispute in ours (developer.paypal.com/docs/api/customer-disputes/v1)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from services.billing.gateways.gateway import Disputed, Subject
from services.billing.gateways.paypal_money import read

Json = dict[str, Any]

REASONS: Mapping[str, str] = {
    "MERCHANDISE_OR_SERVICE_NOT_RECEIVED": "product_not_received",
    "MERCHANDISE_OR_SERVICE_NOT_AS_DESCRIBED": "product_unacceptable",
    "UNAUTHORISED": "fraudulent",
    "CREDIT_NOT_PROCESSED": "credit_not_processed",
    "DUPLICATE_TRANSACTION": "duplicate",
    "CANCELED_RECURRING_BILLING": "subscription_canceled",
}
"""Every other one is general."""

OUTCOMES: Mapping[str, Literal["won", "lost"]] = {
    "RESOLVED_BUYER_FAVOUR": "lost",
    "ACCEPTED": "lost",
    "RESOLVED_SELLER_FAVOUR": "won",
    "RESOLVED_WITH_PAYOUT": "won",  # PayPal pays the buyer itself.
    "CANCELED_BY_BUYER": "won",
    "DENIED": "won",
}
"""Every other one was dropped."""


def disputed(found: Json, subject: Subject) -> Disputed | None:
    """How it stands; None where it is about no money."""
    standing = _standing(found)
    returned = found.get("dispute_outcome", {}).get("amount_refunded")
    amount = (returned if standing == "lost" else None) or found.get("dispute_amount")
    if amount is None:
        return None
    due = found.get("seller_response_due_date")
    return Disputed(
        *subject,
        read(amount),
        REASONS.get(found.get("reason", ""), "general"),
        standing,
        datetime.fromisoformat(due.upper()) if due else None,
    )


def _standing(found: Json) -> Literal["inquiry", "open", "won", "lost", "dropped"]:
    is_inquiry = found.get("dispute_life_cycle_stage") == "INQUIRY"
    if found.get("status") != "RESOLVED":
        return "inquiry" if is_inquiry else "open"
    outcome = OUTCOMES.get(found.get("dispute_outcome", {}).get("outcome_code", ""))
    # While buyer and seller only speak with each other, what the seller keeps was never taken.
    return "dropped" if outcome is None or (is_inquiry and outcome == "won") else outcome
