from typing import Any
from uuid import UUID

import pytest

from services.billing.gateways.gateway import Subject
from services.billing.gateways.webhooks import SOURCE, dispute_of, subject_of
from services.billing.payment.reactions import REACTIONS, FetchDispute, FetchIntent, FindRefunded
from shared.consumer import Webhook
from shared.ids import Code
from shared.reaction import Call, Reaction, intents_of
from tests.unit.billing.cast import community_id, fact

payment_id = UUID(int=10)
metadata = {"community_id": str(community_id), "payment_id": str(payment_id)}


def event(**intent: Any) -> dict[str, Any]:
    return {"id": "evt_1", "data": {"object": {"id": "pi_1", "metadata": metadata} | intent}}


def asked(kind: str, payload: dict[str, Any], source: str = SOURCE) -> list[object]:
    reactions: dict[type, list[Reaction]] = {
        Webhook: [reaction for reaction in REACTIONS if reaction.to is Webhook]
    }
    return [intent for _, _, intent in intents_of(reactions, fact(Webhook(source, kind, payload)))]


def test_a_report_names_the_payment_it_is_about() -> None:
    assert subject_of(event()) == Subject(community_id, payment_id, Code("pi_1"))


@pytest.mark.parametrize(
    "stranger",
    [
        {},
        {"data": {"object": "pi_1"}},
        {"data": {"object": {"metadata": metadata}}},
        event(metadata=None),
        event(metadata={}),
        event(metadata={"community_id": 1, "payment_id": 2}),
        event(metadata={"community_id": "club", "payment_id": "first"}),
    ],
)
def test_a_report_of_what_we_did_not_make_names_nothing(stranger: dict[str, Any]) -> None:
    assert subject_of(stranger) is None
    assert asked("payment_intent.succeeded", stranger) == []


def test_what_an_intent_came_to_is_asked_again_and_not_believed() -> None:
    fetch = [Call(FetchIntent(payment_id, Code("pi_1")))]
    assert asked("payment_intent.succeeded", event()) == fetch
    assert asked("payment_intent.payment_failed", event()) == fetch


def test_other_reports_and_other_vendors_are_left_alone() -> None:
    assert asked("customer.created", event()) == []
    assert asked("payment_intent.succeeded", event(), source="another") == []


def test_a_dispute_is_asked_again_on_the_account_that_it_was_reported_for() -> None:
    report = {"id": "evt_1", "data": {"object": {"id": "dp_1"}}}
    assert asked("charge.dispute.created", report) == [Call(FetchDispute(Code("dp_1"), None))]
    connected = report | {"account": "acct_ours"}
    fetch = [Call(FetchDispute(Code("dp_1"), Code("acct_ours")))]
    assert asked("charge.dispute.closed", connected) == fetch
    assert asked("charge.dispute.closed", connected, source="another") == []


def test_what_went_back_of_an_intent_is_asked_on_the_account_that_it_was_reported_for() -> None:
    about = {"id": "re_1", "payment_intent": "pi_1", "metadata": {}}
    report = {"id": "evt_1", "account": "acct_ours", "data": {"object": about}}
    find = [Call(FindRefunded(Code("pi_1"), Code("acct_ours")))]
    for kind in ("charge.refunded", "refund.created", "charge.refund.updated"):
        assert asked(kind, report) == find
    assert asked("charge.succeeded", report) == []
    assert asked("charge.refunded", report, source="another") == []
    assert asked("refund.created", report | {"account": 7}) == []
    for odd in (None, 7, "", {"id": "pi_1"}):
        told = {"data": {"object": about | {"payment_intent": odd}}}
        assert asked("refund.created", told) == []
    assert asked("refund.created", {"data": {"object": "re_1"}}) == []


@pytest.mark.parametrize(
    "stranger",
    [{}, {"data": {}}, {"data": {"object": {"id": 1}}}, {"data": {"object": "dp_1"}}],
)
def test_a_report_without_a_dispute_names_none(stranger: dict[str, Any]) -> None:
    assert dispute_of(stranger) is None
    assert asked("charge.dispute.created", stranger) == []
