"""What each way of earning needs, and calls that the services would really take."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, get_args
from uuid import UUID

import pytest
from jsonschema import Draft202012Validator

from services.membership.community.events import Audience
from services.membership.document.events import DocumentPublished, Kind
from services.membership.presets import (
    PRESETS,
    Frame,
    Model,
    Step,
    call_for,
    ready,
    step_of,
    steps,
    waits_for,
)
from services.membership.tier.events import TierDefined
from shared.contracts.billing_offer import Interval, OfferPublished
from shared.contracts.contract import MoneyValue
from shared.contracts.events_gathering import GatheringPublished
from shared.ids import Code, Label
from tools import house

NOON = datetime(2026, 3, 1, 12, 0, 30, tzinfo=UTC)
TIER = UUID(int=7)
frame = Frame("EUR", TIER, NOON, UUID(int=1), "https://club.test")
MODELS: tuple[Model, ...] = get_args(Model)
STEPS: tuple[Step, ...] = get_args(Step)


def offered(interval: Interval, tier_id: UUID | None, *, donation: bool = False) -> OfferPublished:
    return OfferPublished(
        community_id=UUID(int=1),
        occurred_at=NOON,
        offer_id=UUID(int=2),
        name="Gold",
        tier_id=tier_id,
        price=MoneyValue(minor=1000, currency="EUR"),
        interval=interval,
        trial_days=0,
        donation=donation,
    )


def gathering(minor: int) -> GatheringPublished:
    return GatheringPublished(
        community_id=UUID(int=1),
        occurred_at=NOON,
        gathering_id=UUID(int=2),
        name="Concert",
        starts_at=NOON,
        ends_at=NOON,
        capacity=20,
        price=MoneyValue(minor=minor, currency="EUR"),
    )


def document(kind: Kind) -> DocumentPublished:
    return DocumentPublished(
        kind=kind,
        number=1,
        url=Code("https://club.test/text"),
        sha256=Code("a" * 64),
        language=Code("en"),
        effective_at=NOON,
        must_accept=True,
        changes=None,
    )


@pytest.mark.parametrize("model", MODELS)
def test_real_money_needs_an_account_and_a_test_does_not(model: Model) -> None:
    needed = set(PRESETS[model].needs)
    assert ready(steps(model, live=False, private=False), needed)
    assert not ready(steps(model, live=True, private=False), needed)
    assert ready(steps(model, live=True, private=False), needed | {"own_account"})


@pytest.mark.parametrize("model", MODELS)
def test_terms_and_a_privacy_notice_are_asked_for_and_hold_nothing_up(model: Model) -> None:
    wanted = steps(model, live=False, private=False)
    assert not wanted["terms"]
    assert not wanted["privacy_notice"]
    assert ready(wanted, set(PRESETS[model].needs))


@pytest.mark.parametrize("model", MODELS)
def test_no_stranger_pays_where_none_is_let_in(model: Model) -> None:
    needed = set(PRESETS[model].needs)
    assert not ready(steps(model, live=False, private=True), needed)
    assert next(iter(steps(model, live=False, private=True))) == "seen_by_strangers"


@pytest.mark.parametrize("model", MODELS)
def test_nothing_that_is_needed_can_be_left_out(model: Model) -> None:
    needed = set(PRESETS[model].needs)
    for step in needed:
        assert not ready(steps(model, live=False, private=False), needed - {step})


@pytest.mark.parametrize(
    ("fact", "step"),
    [
        (TierDefined(Label("Gold"), paid=True), "paid_tier"),
        (TierDefined(Label("Friends"), paid=False), "free_tier"),
        (offered("month", TIER), "recurring_offer"),
        (offered("once", TIER), "lasting_offer"),
        (offered("once", None), "single_offer"),
        (offered("once", None, donation=True), "donation_offer"),
        (offered("month", None, donation=True), "donation_offer"),
        (gathering(1500), "priced_gathering"),
        (gathering(0), None),
        (document("terms"), "terms"),
        (document("privacy"), "privacy_notice"),
        (document("conduct"), None),
    ],
)
def test_what_is_made_takes_its_step(fact: object, step: Step | None) -> None:
    assert step_of(fact) == step


@pytest.mark.parametrize("step", ["recurring_offer", "lasting_offer"])
def test_what_sells_a_tier_is_not_suggested_before_there_is_one(step: Step) -> None:
    assert call_for(step, replace(frame, paid_tier=None)) is None
    assert waits_for(step, set()) == "paid_tier"
    assert waits_for(step, {"paid_tier"}) is None
    assert waits_for(step, {step}) is None
    assert waits_for("paid_tier", set()) is None


@pytest.mark.parametrize(("audience", "more"), [("companies", {"seats": True}), ("persons", {})])
def test_companies_are_offered_seats_and_persons_are_not(
    audience: Audience, more: dict[str, Any]
) -> None:
    call = call_for("recurring_offer", replace(frame, audience=audience))
    assert call is not None
    assert call.body == frame.offer(
        "Supporters, monthly", 10_00, "month", **frame.of_tier(), **more
    )


@pytest.mark.parametrize("frame", [frame, replace(frame, audience="companies")])
@pytest.mark.parametrize("step", STEPS)
def test_every_call_exists_and_every_body_fits_its_published_description(
    step: Step, frame: Frame
) -> None:
    call = call_for(step, frame)
    assert call is not None
    service = call.path.split("/")[2]
    document = json.loads((house.ROOT / "docs" / "openapi" / f"{service}.json").read_text())
    operation: dict[str, Any] = document["paths"][
        call.path.replace(str(frame.community_id), "{community_id}")
    ][call.method.lower()]
    if call.body is not None:
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        whole = {"components": document["components"], **schema}
        assert list(Draft202012Validator(whole).iter_errors(call.body)) == []
