"""A real Prometheus, collector and Caddy around a real stack: every figure is met, every rule is evaluated."""

import hashlib
import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import httpx
import pytest

from deploy.local.settings import Settings
from tests.e2e.conftest import Cast
from tests.e2e.story import eventually, offer
from tests.e2e.watched import TRACED, Watch
from tests.unit.deploy.figures import OF_A_CLUSTER, asked, expressions
from tools.house import SERVICES

NOBODY_LISTENS = {"tessera_chat_activity_connected", "tessera_chat_activity_lag"}
"""To Discord, without a bot of the stack's own."""
TROUBLE = {
    "tessera_agenda_retries_total",
    "tessera_append_conflicts_total",
    "tessera_append_sent_again_total",
    "tessera_http_invalid_tokens_total",
    "tessera_http_refusals_total",
    "tessera_http_unavailable_total",
    "tessera_inbox_foreign_total",
    "tessera_inbox_reconnects_total",
    "tessera_log_barrier_timeouts_total",
    "tessera_log_holes_settled_total",
    "tessera_relay_restarts_total",
    "tessera_webhooks_delivered_total",
    "tessera_webhooks_faults_total",
    "tessera_webhooks_refused_total",
}
MIB = 1024 * 1024
WINDOW = re.compile(r"\$__\w+")


@pytest.fixture(scope="module")
def watch(whole: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watch]:
    with Watch(whole, tmp_path_factory.mktemp("watch")) as opened:
        eventually(lambda: opened.told("targets"), everybody_answers)
        yield opened


def everybody_answers(found: Any) -> bool:
    """Each service's two processes, Caddy, the collector's own figures and those it gathers, and Prometheus."""
    return [one["health"] for one in found["activeTargets"]] == ["up"] * (2 * len(SERVICES) + 4)


def without_trouble() -> set[str]:
    """What is asked for, but for what is first counted when something goes wrong, with a bot, or in a cluster."""
    wanted = {name for _, one in expressions() for name in asked(one)}
    return wanted - TROUBLE - NOBODY_LISTENS - OF_A_CLUSTER


def test_every_figure_is_met_and_every_rule_evaluated(watch: Watch, cast: Cast) -> None:
    cast.member("Ada Moreira").buy(offer(cast.monthly))
    cast.world.settle()
    wanted = without_trouble()

    def missing() -> set[str]:
        cast.organiser.dashboard()  # a share of calls is of those since the last scrape
        httpx.get(f"{watch.origin}/api/events/v1/me/data")
        return wanted - set(watch.told("label/__name__/values"))

    eventually(missing, lambda names: not names)
    groups = watch.told("rules")["groups"]
    assert {rule["health"] for group in groups for rule in group["rules"]} == {"ok"}
    firing = {
        one["labels"]["alertname"]
        for one in watch.told("alerts")["alerts"]
        if one["state"] == "firing" and one["labels"]["severity"] == "page"
    }
    assert firing == set()


def test_every_panel_of_a_dashboard_has_an_answer(watch: Watch) -> None:
    for _, expression in expressions():
        watch.told("query", query=WINDOW.sub("1m", expression))


def test_spans_reach_the_collector_and_come_out_as_figures(watch: Watch) -> None:
    answer = httpx.get(f"{watch.traced}/api/{TRACED}/v1/me/data")
    assert answer.status_code == HTTPStatus.UNAUTHORIZED
    query = f'tessera_span_calls{{service_name="tessera-{TRACED}-api"}}'
    eventually(lambda: watch.told("query", query=query)["result"])


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", HTTPStatus.OK),
        ("/mailbox", HTTPStatus.OK),
        *((f"/docs/{service}/", HTTPStatus.OK) for service in SERVICES),
        *((f"/openapi/{service}.json", HTTPStatus.OK) for service in SERVICES),
        *((f"/api/{service}/v1/nothing", HTTPStatus.NOT_FOUND) for service in SERVICES),
        ("/metrics", HTTPStatus.NOT_FOUND),
        ("/docs/membership/agenda", HTTPStatus.NOT_FOUND),
        ("/nothing", HTTPStatus.NOT_FOUND),
    ],
)
def test_caddy_leads_where_the_stack_s_own_origin_does(
    watch: Watch, whole: Settings, path: str, status: HTTPStatus
) -> None:
    for origin in (watch.origin, whole.origin):
        answer = httpx.get(origin + path, follow_redirects=True, timeout=60)
        assert answer.status_code == status


def test_caddy_leaves_the_size_of_a_body_to_the_service(
    watch: Watch, whole: Settings, cast: Cast
) -> None:
    raw = bytes(2 * MIB)
    door = cast.organiser.post("/api/membership/v1/files", announced(raw))["upload"]
    address = door["url"].replace(whole.origin, watch.origin)
    sent = httpx.request(door["method"], address, headers=door["headers"], content=raw, timeout=60)
    assert sent.status_code == HTTPStatus.NO_CONTENT
    json = httpx.post(f"{watch.origin}/api/membership/v1/tokens", json=" " * MIB, timeout=60)
    assert json.json()["errors"][0]["code"] == "too_large"


def announced(raw: bytes) -> dict[str, object]:
    told = {"name": "Rehearsal.mp4", "size": len(raw), "media_type": "video/mp4"}
    return told | {"sha256": hashlib.sha256(raw).hexdigest()}
