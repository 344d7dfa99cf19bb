"""Of what a processor reports only what was asked for is kept, and whatever it adds one day is not."""

import json
from typing import Any
from uuid import UUID

import pytest

from services.billing.gateways import paypal_webhooks, webhooks
from services.billing.gateways.gateway import Subject
from services.billing.gateways.kept import kept
from services.billing.gateways.paypal_gateway import mark_of
from shared.ids import Code

community_id, payment_id, takeover_id = UUID(int=1), UUID(int=2), UUID(int=3)
MARK = mark_of(community_id, payment_id)
PERSON = {"name": "Philomena Vandersloot", "email": "philomena@example.org"}
OURS = {
    "community_id": str(community_id),
    "payment_id": str(payment_id),
    "takeover_id": str(takeover_id),
}


def stripe(about: Any, **more: Any) -> dict[str, Any]:
    event = {"id": "evt_1", "type": "charge.succeeded", "created": 1_790_000_000}
    return event | {"account": "acct_1", "data": {"object": about}} | more


def test_of_stripes_reports_stays_what_leads_to_the_object() -> None:
    about = {"id": "ch_1", "payment_intent": "pi_1", "metadata": OURS}
    personal = {"billing_details": PERSON, "receipt_email": PERSON["email"], "shipping": PERSON}
    card = {"payment_method_details": {"card": {"last4": "4242"}}}
    metadata = OURS | {"note": PERSON["name"], "person_id": "7"}
    event = stripe(
        about | personal | card | {"metadata": metadata},
        request={"id": "req_1"},
        user_id=PERSON["email"],
    )
    event["data"]["previous_attributes"] = PERSON
    reduced = kept(event, webhooks.KEPT)
    assert reduced == stripe(about)
    assert webhooks.subject_of(reduced) == Subject(community_id, payment_id, Code("ch_1"))
    assert webhooks.dispute_of(reduced) == webhooks.dispute_of(event)
    assert webhooks.refund_of(reduced) == webhooks.refund_of(event) == ("pi_1", "acct_1")
    assert webhooks.takeover_of_report(reduced) == (community_id, takeover_id)


def test_of_a_type_that_nobody_knows_stays_which_object_it_is_about() -> None:
    event = stripe({"id": "xyz_1", "holder": PERSON}, type="holder.renamed", data_of=PERSON)
    assert kept(event, webhooks.KEPT) == stripe({"id": "xyz_1"}, type="holder.renamed")
    told = {"id": "WH-1", "event_type": "HOLDER.RENAMED", "resource": {"id": "H", "who": PERSON}}
    reduced = {"id": "WH-1", "event_type": "HOLDER.RENAMED", "resource": {"id": "H"}}
    assert kept(told, paypal_webhooks.KEPT) == reduced


def test_of_paypals_reports_stays_what_leads_to_the_order() -> None:
    frame = {"id": "WH-1", "create_time": "2026-11-28T20:00:00.123Z"}
    order = {"id": "ORDER", "payer": {}, "purchase_units": [{"custom_id": MARK}]}
    capture = {
        "id": "CAPTURE",
        "payer": {},
        "custom_id": MARK,
        "supplementary_data": {"related_ids": {"order_id": "ORDER"}},
    }
    for kind, about in (
        ("CHECKOUT.ORDER.APPROVED", order),
        ("PAYMENT.CAPTURE.COMPLETED", capture),
        ("PAYMENT.CAPTURE.REFUNDED", {"id": "REFUND", "payer": {"merchant_id": "SELLER"}}),
        (
            "CUSTOMER.DISPUTE.CREATED",
            {
                "dispute_id": "PP-D-1",
                "payer": {},
                "disputed_transactions": [{"seller": {"merchant_id": "SELLER"}}],
            },
        ),
    ):
        event = frame | {"event_type": kind, "resource": about}
        said: dict[str, Any] = json.loads(json.dumps(event))
        said |= {"summary": f"By {PERSON['name']}", "links": [PERSON]}
        said["resource"]["payer"] |= PERSON
        said["resource"]["payment_source"] = {"paypal": PERSON}
        for transaction in said["resource"].get("disputed_transactions", ()):
            transaction |= {"buyer": PERSON, "custom": PERSON["email"]}
            transaction["seller"] |= PERSON
        for unit in said["resource"].get("purchase_units", ()):
            unit |= {"shipping": PERSON, "description": PERSON["name"]}
        assert kept(said, paypal_webhooks.KEPT) == event
        assert paypal_webhooks.subject_of(event) == paypal_webhooks.subject_of(said)
        assert paypal_webhooks.refund_of(event) == paypal_webhooks.refund_of(said)
        assert paypal_webhooks.dispute_of(event) == paypal_webhooks.dispute_of(said)


@pytest.mark.parametrize(
    "odd",
    [
        None,
        [],
        PERSON["name"],
        7,
        {"id": PERSON["email"]},
        {"id": [PERSON["name"]], "metadata": PERSON["name"]},
        {"id": "ch_1\n", "metadata": {"payment_id": PERSON["name"], "community_id": PERSON}},
        {"id": PERSON, "custom_id": PERSON["email"], "purchase_units": [PERSON, {"id": "1"}]},
        {"purchase_units": PERSON["name"], "supplementary_data": {"related_ids": [PERSON]}},
    ],
)
def test_what_has_another_form_is_as_if_it_had_not_come(odd: Any) -> None:
    whole = {"id": odd, "type": odd, "event_type": odd, "created": PERSON["name"]}
    for allowed in (webhooks.KEPT, paypal_webhooks.KEPT):
        for event in (
            odd,
            whole,
            whole | {"data": odd, "resource": odd},
            whole | {"data": {"object": odd}},
        ):
            said = json.dumps(kept(event, allowed)).lower()
            assert "philomena" not in said
            assert "ch_1" not in said
