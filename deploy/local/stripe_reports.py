"""Reports of payments as Stripe sends them: with the payer's name, e-mail, address and the end of their card's number.

The double's objects and events stay as they are: who looks there finds what has always been there.
"""

import asyncio
from types import SimpleNamespace
from typing import Any

from localstripe import webhooks
from localstripe.resources import Event, store

Json = dict[str, Any]


def install() -> None:
    """From now on reports say whose payment it is, where the form that took the card was told."""
    plain = webhooks._send_webhook  # noqa: SLF001  It has no other door.

    async def send(event: Event) -> None:
        await asyncio.gather(*(plain(one) for one in as_reported(event)))

    webhooks._send_webhook = send  # noqa: SLF001


def as_reported(event: Event) -> list[Any]:
    """What Stripe sends of an event; once an intent has succeeded, its charge is reported as well."""
    intent: Json = event.data["object"]
    method = store.get(f"payment_method:{intent.get('payment_method')}")
    payer: Json = getattr(method, "billing_details", {})
    if intent["object"] != "payment_intent" or not payer:
        return [event]
    email = payer.get("email")
    shipping = {name: payer.get(name) for name in ("name", "phone", "address")}
    about = intent | {"receipt_email": email, "shipping": shipping}
    if event.type != "payment_intent.succeeded":
        refused = {"payment_method": {"billing_details": payer}}
        return [_report(event, event.type, about | {"last_payment_error": refused})]
    charge = {
        "id": f"ch_{intent['id']}",
        "object": "charge",
        "payment_intent": intent["id"],
        "metadata": intent["metadata"],
        "billing_details": payer,
        "receipt_email": email,
        "payment_method_details": {"type": "card", "card": getattr(method, "card", None)},
    }
    return [_report(event, event.type, about), _report(event, "charge.succeeded", charge)]


def _report(event: Event, kind: str, about: Json) -> SimpleNamespace:
    """As much of an event as the sender of webhooks asks for."""
    told = {
        "id": event.id if kind == event.type else f"{event.id}_charge",
        "object": "event",
        "type": kind,
        "created": event.created,
        "data": {"object": about},
    }
    return SimpleNamespace(type=kind, created=event.created, _export=lambda: told)
