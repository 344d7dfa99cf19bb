"""One payment is one trace: from the call that asked for it to whatever any service made of it, over Kafka."""

import secrets
from collections.abc import Iterator

from tests.e2e.conftest import Cast
from tests.e2e.story import World, eventually, offer
from tests.e2e.traces import Span, Traces

API = "tessera-billing-api"
BILLING = "tessera-billing-worker"
MEMBERSHIP = "tessera-membership-worker"
ANALYTICS = "tessera-analytics-worker"

MET = (
    (BILLING, "agenda billing.payment.when_charge_asked_start_charge"),
    (BILLING, "call CreateIntent"),
    (BILLING, "call ConfirmIntent"),
    (BILLING, "agenda billing.checkout.when_payment_succeeded_complete_checkout"),
    (MEMBERSHIP, "read reactions"),
    (MEMBERSHIP, "agenda membership.access.when_subscription_activated_start_reason"),
    (ANALYTICS, "read recurring_v"),
)
"""The process, and how the span's name begins."""


def test_one_payment_is_followed_through_the_services(
    cast: Cast, world: World, traces: Traces
) -> None:
    payer = cast.member("Paula Costa")
    checkout_id = payer.check_out(offer(cast.monthly))
    trace, caller = secrets.token_hex(16), secrets.token_hex(8)
    headers = {
        "Authorization": f"Bearer {payer.token}",
        "traceparent": f"00-{trace}-{caller}-01",
    }
    path = f"/api/billing/v1/checkouts/{checkout_id}/pay"
    world.ask("POST", path, {"payment_method": world.card(payer=payer)}, headers)
    payer.until(checkout_id, "completed")
    world.settle()
    assert "Singers" in {one["tier"] for one in payer.access()["live"]}

    spans = _whole(traces, trace, caller)
    for process, name in MET:
        for met in _met(spans, process, name):
            *between, asked = _way(met, spans)
            assert (asked.process, asked.parent) == (API, caller)
            assert asked.name == "POST /api/billing/v1/checkouts/{checkout_id}/pay"
            assert {step.process for step in between} <= {BILLING, process}


def _whole(traces: Traces, trace: str, caller: str) -> dict[str, Span]:
    """Every span of the trace by its id, once all that is to be met has been exported, and of each its parent."""

    def told() -> dict[str, Span]:
        return {one.id: one for one in traces.spans() if one.trace == trace}

    def is_whole(spans: dict[str, Span]) -> bool:
        parents = {one.parent for one in spans.values()}
        return parents <= {caller, *spans} and all(_met(spans, *wanted) for wanted in MET)

    return eventually(told, is_whole)


def _met(spans: dict[str, Span], process: str, name: str) -> list[Span]:
    return [one for one in spans.values() if one.process == process and one.name.startswith(name)]


def _way(span: Span, spans: dict[str, Span]) -> Iterator[Span]:
    """From a span over its parents to the first that is ours."""
    yield span
    if span.parent in spans:
        yield from _way(spans[span.parent], spans)
