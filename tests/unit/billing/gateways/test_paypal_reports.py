"""What PayPal reports says which order to look at, and nothing else is taken from it."""

from typing import Any
from uuid import UUID

import pytest

from services.billing.gateways.gateway import Subject
from services.billing.gateways.paypal_gateway import mark_of
from services.billing.gateways.paypal_webhooks import SOURCE
from services.billing.gateways.reports import (
    dispute_reported,
    intent_reported,
    refund_reported,
)
from services.billing.gateways.webhooks import RefundSubject
from shared.consumer import Webhook
from shared.ids import Code

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


def test_paypals_disputes_are_not_heard_of_yet() -> None:
    payload = {"id": "WH-1", "resource": {"dispute_id": "PP-1"}}
    assert dispute_reported(Webhook(SOURCE, "CUSTOMER.DISPUTE.CREATED", payload)) is None
