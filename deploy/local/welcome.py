"""What `make up` ends with: one address, what is behind it, a token to try and a call that works."""

import json
from collections.abc import Sequence

from deploy.local.settings import HOST, SERVICES, Settings
from deploy.local.sign_in import sign_in
from deploy.local.trouble import Trouble

EMAIL = "ada@example.org"
FIRST_COMMUNITY = {
    "kind": "association",
    "name": "Harbour Choir",
    "slug": "harbour-choir",
    "currency": "EUR",
    "mode": "test",
}


def welcome(settings: Settings, places: Sequence[tuple[str, str]]) -> str:
    """The words a newcomer reads first."""
    return f"""
Tessera is up: {settings.origin}

{_table(settings, places)}

{_first_call(settings)}
"""


def _table(settings: Settings, places: Sequence[tuple[str, str]]) -> str:
    ports = settings.ports
    rows = [
        *((f"/api/{name}/v1", f"{name}, explained at /docs/{name}") for name in SERVICES),
        ("/mailbox", "every mail the stack sends, sign-in codes among them"),
        (
            f"{HOST}:{ports['postgres']}",
            "PostgreSQL, one schema per service in the database tessera",
        ),
        (f"{HOST}:{ports['kafka']}", "Apache Kafka, the topics tessera.*"),
        (
            f"{HOST}:{ports['stripe']}",
            "the Stripe double: pm_card_visa pays, whoever follows its link has paid",
        ),
        (f"{HOST}:{ports['paypal']}", "the PayPal double: whoever follows its link has agreed"),
        *places,
    ]
    width = max(len(place) for place, _ in rows)
    return "\n".join(f"  {place:<{width}}  {what}" for place, what in rows)


def _first_call(settings: Settings) -> str:
    """The key makes the call repeatable: sent again, it answers the same and creates nothing."""
    try:
        token = sign_in(settings, EMAIL)
    except Trouble as trouble:
        return f"There is no token to try yet: {trouble}"
    return f"""\
A token of {EMAIL}, good for ten minutes (then: .venv/bin/python -m deploy.local token):

  {token}

Found a community with it:

  curl {settings.origin}/api/membership/v1/communities \\
    -H 'Authorization: Bearer {token}' \\
    -H 'Idempotency-Key: first' -H 'Content-Type: application/json' \\
    -d '{json.dumps(FIRST_COMMUNITY)}'"""
