"""What PayPal reports says which order to look at, and nothing else is taken from it."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from services.billing.gateways.gateway import Subject
from services.billing.gateways.paypal_disputes import disputed
from services.billing.gateways.paypal_gateway import mark_of
from services.billing.gateways.paypal_webhooks import SOURCE
from services.billing.gateways.reports import (
    dispute_reported,
    intent_reported,
    refund_reported,
)
from services.billing.gateways.webhooks import DisputeSubject, RefundSubject
from shared.consumer import Webhook
from shared.ids import Code
from shared.money import Money

community_id, payment_id = UUID(int=1), UUID(int=2)
MARK = mark_of(community_id, payment_id)
ours = Subject(community_id, payment_id, Code("ORDER"))
approved: dict[str, Any] = {"id": "ORDER", "purchase_units": [{"custom_id": MARK}]}
captured: dict[str, Any] = {
    "id": "CAPTURE",
    "custom_id": MARK,
    "supplementary_data": {"related_ids": {"order_id": "ORDER"}},
}


def reported(kind: str, resource: Any, source: str = SOURCE) -> Subject | None:
    payload = {"id": "WH-1", "event_type": kind, "resource": resource}
    return intent_reported(Webhook(source, kind, payload))


def test_a_report_of_an_order_and_one_of_its_capture_name_the_same_payment() -> None:
    assert reported("CHECKOUT.ORDER.APPROVED", approved) == ours
    assert reported("PAYMENT.CAPTURE.DENIED", captured) == ours
    assert reported("CHECKOUT.ORDER.APPROVED", approved, source="another") is None


@pytest.mark.parametrize(
    ("kind", "resource"),
    [
        ("CHECKOUT.ORDER.APPROVED", None),
        ("CHECKOUT.ORDER.APPROVED", []),
        ("CHECKOUT.ORDER.APPROVED", {"id": "ORDER", "purchase_units": []}),
        ("CHECKOUT.ORDER.APPROVED", approved | {"id": 7}),
        ("CHECKOUT.ORDER.APPROVED", approved | {"id": ""}),
        ("CHECKOUT.ORDER.APPROVED", approved | {"purchase_units": [{"custom_id": None}]}),
        ("CHECKOUT.ORDER.APPROVED", approved | {"purchase_units": [{"custom_id": "1.2"}]}),
        ("PAYMENT.CAPTURE.COMPLETED", {"custom_id": MARK}),
        ("PAYMENT.CAPTURE.COMPLETED", captured | {"custom_id": f"{MARK}.3"}),
        ("VAULT.PAYMENT-TOKEN.CREATED", {"id": "token"}),
    ],
)
def test_what_we_did_not_make_names_nothing(kind: str, resource: Any) -> None:
    assert reported(kind, resource) is None


def test_a_refund_is_looked_for_at_the_seller_whose_it_is() -> None:
    made = {"id": "REFUND", "payer": {"merchant_id": "SELLER"}}

    def about(kind: str, resource: Any) -> RefundSubject | None:
        return refund_reported(Webhook(SOURCE, kind, {"id": "WH-1", "resource": resource}))

    found = RefundSubject(Code("REFUND"), Code("paypal:SELLER"))
    assert about("PAYMENT.CAPTURE.REFUNDED", made) == found
    assert about("PAYMENT.REFUND.FAILED", made) == found
    assert about("PAYMENT.CAPTURE.COMPLETED", made) is None
    odd: Any
    for odd in (None, [], {"id": "REFUND"}, made | {"id": 7}, made | {"payer": {"merchant_id": 7}}):
        assert about("PAYMENT.CAPTURE.REFUNDED", odd) is None
    assert (
        refund_reported(Webhook("another", "PAYMENT.CAPTURE.REFUNDED", {"resource": made})) is None
    )


def test_a_dispute_is_looked_for_at_the_seller_whose_money_it_is() -> None:
    told = {"dispute_id": "PP-1", "disputed_transactions": [{"seller": {"merchant_id": "SELLER"}}]}

    def about(resource: Any, kind: str = "CUSTOMER.DISPUTE.CREATED") -> DisputeSubject | None:
        return dispute_reported(Webhook(SOURCE, kind, {"id": "WH-1", "resource": resource}))

    found = DisputeSubject(Code("PP-1"), Code("paypal:SELLER"))
    assert about(told) == about(told, "CUSTOMER.DISPUTE.RESOLVED") == found
    assert about(told, "PAYMENT.CAPTURE.COMPLETED") is None
    nobodys = {"dispute_id": "PP-1", "disputed_transactions": []}
    odd: Any
    for odd in (None, [], {"dispute_id": "PP-1"}, nobodys, told | {"dispute_id": 7}):
        assert about(odd) is None


@pytest.mark.parametrize(
    ("stage", "status", "outcome", "standing"),
    [
        ("INQUIRY", "OPEN", None, "inquiry"),
        ("INQUIRY", "WAITING_FOR_SELLER_RESPONSE", None, "inquiry"),
        ("INQUIRY", "RESOLVED", "CANCELED_BY_BUYER", "dropped"),
        ("INQUIRY", "RESOLVED", "NONE", "dropped"),
        ("INQUIRY", "RESOLVED", "RESOLVED_BUYER_FAVOUR", "lost"),
        ("CHARGEBACK", "WAITING_FOR_SELLER_RESPONSE", None, "open"),
        ("CHARGEBACK", "UNDER_REVIEW", None, "open"),
        ("PRE_ARBITRATION", "OTHER", None, "open"),
        ("CHARGEBACK", "RESOLVED", "RESOLVED_BUYER_FAVOUR", "lost"),
        ("CHARGEBACK", "RESOLVED", "ACCEPTED", "lost"),
        ("CHARGEBACK", "RESOLVED", "RESOLVED_SELLER_FAVOUR", "won"),
        ("CHARGEBACK", "RESOLVED", "RESOLVED_WITH_PAYOUT", "won"),
        ("CHARGEBACK", "RESOLVED", "CANCELED_BY_BUYER", "won"),
        ("ARBITRATION", "RESOLVED", "DENIED", "won"),
        ("CHARGEBACK", "RESOLVED", "A_NEW_WORD", "dropped"),
        ("CHARGEBACK", "RESOLVED", None, "dropped"),
    ],
)
def test_where_a_dispute_stands(
    stage: str, status: str, outcome: str | None, standing: str
) -> None:
    amount, part = (
        {"currency_code": "EUR", "value": "15.00"},
        {"currency_code": "EUR", "value": "4"},
    )
    decided = {"dispute_outcome": {"outcome_code": outcome, "amount_refunded": part}}
    found = {
        "dispute_life_cycle_stage": stage,
        "status": status,
        "reason": "UNAUTHORISED",
        "dispute_amount": amount,
        "seller_response_due_date": "2026-12-24t10:11:12.000z",
    }
    seen = disputed(found | decided if outcome else found, ours)
    assert seen is not None
    assert (seen.standing, seen.reason) == (standing, "fraudulent")
    assert seen.amount.minor == (400 if standing == "lost" else 1500)
    assert seen.respond_by == datetime(2026, 12, 24, 10, 11, 12, tzinfo=UTC)


def test_a_dispute_about_no_money_is_none() -> None:
    assert disputed({"status": "OPEN", "dispute_asset": {"asset_symbol": "BTC"}}, ours) is None
    bare = disputed({"dispute_amount": {"currency_code": "JPY", "value": "300"}}, ours)
    assert bare is not None
    assert (bare.reason, bare.respond_by, bare.amount) == ("general", None, Money(300, "JPY"))
