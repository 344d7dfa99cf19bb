"""What a stored report of any processor is about: it says where to look, never what is so."""

from services.billing.gateways import paypal_webhooks, webhooks
from services.billing.gateways.gateway import Subject
from services.billing.gateways.webhooks import DisputeSubject, RefundSubject
from shared.consumer import Webhook
from shared.ids import Code

REPORTED = ("payment_intent.", "checkout.session.")
REFUNDS_AT_STRIPE = ("charge.refunded", "charge.refund.", "refund.")
REFUNDS_AT_PAYPAL = ("PAYMENT.CAPTURE.REFUNDED", "PAYMENT.REFUND.")


def intent_reported(report: Webhook) -> Subject | None:
    """The intent to look at again."""
    if report.source == webhooks.SOURCE and report.type.startswith(REPORTED):
        return webhooks.subject_of(report.payload)
    if report.source == paypal_webhooks.SOURCE:
        return paypal_webhooks.subject_of(report.payload)
    return None


def refund_reported(report: Webhook) -> RefundSubject | None:
    """What may have gone back at the processor, whoever asked for it."""
    if report.source == webhooks.SOURCE and report.type.startswith(REFUNDS_AT_STRIPE):
        return webhooks.refund_of(report.payload)
    if report.source == paypal_webhooks.SOURCE and report.type.startswith(REFUNDS_AT_PAYPAL):
        return paypal_webhooks.refund_of(report.payload)
    return None


def account_reported(report: Webhook) -> Code | None:
    """The seller's account to look at again."""
    if report.source == webhooks.SOURCE and report.type == "account.updated":
        return webhooks.account_of(report.payload)
    return None


def dispute_reported(report: Webhook) -> DisputeSubject | None:
    """The dispute to look at again."""
    if report.source == webhooks.SOURCE and report.type.startswith("charge.dispute."):
        return webhooks.dispute_of(report.payload)
    if report.source == paypal_webhooks.SOURCE and report.type.startswith("CUSTOMER.DISPUTE."):
        return paypal_webhooks.dispute_of(report.payload)
    return None
