"""What the processor reports: believed when it is signed and fresh, and changing nothing when it comes again."""

import hashlib
import hmac
import json
import re
import secrets
import time

import httpx
import pytest

from deploy.local.keys import Keys
from deploy.local.settings import HOST, Settings
from tests.e2e.conftest import Cast
from tests.e2e.story import ASKS_THE_PAYER, Json, Member, World, eventually, offer

WEBHOOK = "/api/billing/v1/webhooks/stripe"
PRICE = 1200
TOO_OLD_SECONDS = 3600


@pytest.fixture
def secret(whole: Settings) -> str:
    """What the processor signs with, which only it and billing know."""
    return Keys.of(whole.state).webhook_secret


def report(world: World, event: Json, secret: str, *, age: int = 0) -> httpx.Response:
    """What the processor would send, `age` seconds ago."""
    body, stamp = json.dumps(event).encode(), int(time.time()) - age
    signature = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    headers = {"Stripe-Signature": f"t={stamp},v1={signature}"}
    return world.send("POST", WEBHOOK, event, headers)


def told_of(world: World, payment_id: str) -> Json:
    """The processor's event about the success of a payment of ours."""
    events = world.at_processor("/v1/events?limit=100&type=payment_intent.succeeded")["data"]
    (event,) = [
        one for one in events if one["data"]["object"]["metadata"].get("payment_id") == payment_id
    ]
    return dict(event)


def paid(member: Member, cast: Cast) -> str:
    """The payment of a membership that was just bought."""
    return str(member.buy(offer(cast.monthly))["payment_id"])


def refusals(whole: Settings) -> float:
    """How many reports billing has refused, as its metrics say."""
    metrics = httpx.get(
        f"http://{HOST}:{whole.ports['billing_admin']}/metrics", trust_env=False
    ).text
    found = re.search(r"^tessera_webhooks_refused_total\{.*\} (\S+)$", metrics, re.MULTILINE)
    return float(found.group(1)) if found else 0.0


def test_a_report_that_comes_again_changes_nothing(cast: Cast, world: World, secret: str) -> None:
    ada = cast.member("Ada Moreira")
    event = told_of(world, paid(ada, cast))
    world.settle()
    before = cast.organiser.figures(), ada.access()["live"], ada.subscription()
    answers = [report(world, event, secret) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200] * 3
    assert [answer.json()["new"] for answer in answers[1:]] == [False, False]
    assert report(world, event | {"id": f"evt_{secrets.token_hex(8)}"}, secret).json()["new"]
    world.settle()
    assert before == (cast.organiser.figures(), ada.access()["live"], ada.subscription())


def test_a_report_that_is_forged_or_old_is_refused_and_counted(
    cast: Cast, world: World, whole: Settings, secret: str
) -> None:
    ada = cast.member("Ada Moreira")
    checkout_id = ada.check_out(offer(cast.monthly))
    ada.pay(checkout_id, ASKS_THE_PAYER)
    asked = eventually(
        lambda: ada.checkout(checkout_id), lambda found: found["processor"]["client_secret"]
    )
    lie = {
        "id": f"evt_{secrets.token_hex(8)}",
        "object": "event",
        "type": "payment_intent.succeeded",
        "data": {
            "object": {
                "id": asked["processor"]["payment_intent"],
                "object": "payment_intent",
                "status": "succeeded",
                "metadata": {
                    "community_id": str(cast.community.id),
                    "payment_id": asked["payment_id"],
                },
            }
        },
    }
    before = refusals(whole)
    forged = report(world, lie, "whsec_of_somebody_else")
    old = report(world, lie, secret, age=TOO_OLD_SECONDS)
    unsigned = world.send("POST", WEBHOOK, lie)
    for answer in (forged, old, unsigned):
        assert answer.status_code == 400
        assert answer.headers["content-type"] == "application/problem+json"
    assert refusals(whole) == before + 3

    # Even a report that is signed is not believed by its word: the processor is asked.
    assert report(world, lie, secret).status_code == 200
    world.settle()
    assert ada.checkout(checkout_id)["state"] == "awaiting_payment"
    assert cast.organiser.figures().gross == {}


def test_a_report_of_what_we_never_made_is_kept_and_changes_nothing(
    cast: Cast, world: World, secret: str
) -> None:
    event = {
        "id": f"evt_{secrets.token_hex(8)}",
        "object": "event",
        "type": "payment_intent.succeeded",
        "data": {
            "object": {
                "id": f"pi_{secrets.token_hex(8)}",
                "object": "payment_intent",
                "metadata": {
                    "community_id": str(cast.community.id),
                    "payment_id": "00000000-0000-8000-8000-000000000001",
                },
            }
        },
    }
    assert report(world, event, secret).json()["new"]
    world.settle()
    assert cast.organiser.payments() == []
    assert cast.organiser.figures().gross == {}
