"""`localstripe` with what it lacks here: disputes, as Stripe shows them, opened and decided by a test.

Subscriptions are in stripe_subscriptions.py, what a test does to lists of charges in stripe_payments.py. Of a dispute
only what is read is kept: its intent, its reason, where it stands and until when evidence is heard.
Its reports are the test's to send, signed by the official signer; when they come, and how often, is what is tested.
"""

from typing import Any

from aiohttp import web
from localstripe.errors import UserError
from localstripe.resources import PaymentIntent
from localstripe.server import app

from deploy.local import stripe_double
from tests.doubles import stripe_payments, stripe_subscriptions

_disputes: dict[str, dict[str, Any]] = {}


async def open_dispute(request: web.Request) -> web.Response:
    """Let the payer's bank want an intent's money back."""
    asked = await request.json()
    intent = PaymentIntent._api_retrieve(asked["payment_intent"])
    dispute = {
        "id": f"dp_{len(_disputes) + 1}",
        "object": "dispute",
        "charge": intent.latest_charge.id,
        "payment_intent": intent.id,
        "amount": intent.amount,
        "currency": intent.currency,
        "reason": asked["reason"],
        "status": asked["status"],
        "evidence_details": {"due_by": asked["due_by"], "has_evidence": False},
        "metadata": {},
    }
    _disputes[dispute["id"]] = dispute
    return web.json_response(dispute)


async def change_dispute(request: web.Request) -> web.Response:
    """Let the bank decide, or put its deadline off."""
    dispute = _disputes[request.match_info["id"]]
    asked = await request.json()
    if "due_by" in asked:
        dispute["evidence_details"]["due_by"] = asked["due_by"]
    dispute["status"] = asked.get("status", dispute["status"])
    return web.json_response(dispute)


async def retrieve_dispute(request: web.Request) -> web.Response:
    """As Stripe answers, with the intent itself where it is to be expanded."""
    dispute = _disputes.get(request.match_info["id"])
    if dispute is None:
        raise UserError(404, "Not Found")
    if "payment_intent" in request.query.values():
        intent = PaymentIntent._api_retrieve(dispute["payment_intent"])
        dispute = dispute | {"payment_intent": intent._export()}
    return web.json_response(dispute)


def main() -> None:
    """Serve until told to stop."""
    app.router.add_post("/_config/disputes", open_dispute)
    app.router.add_post("/_config/disputes/{id}", change_dispute)
    app.router.add_get("/v1/disputes/{id}", retrieve_dispute)
    stripe_subscriptions.install(app)
    stripe_payments.install(app)
    stripe_double.main()


if __name__ == "__main__":
    main()
