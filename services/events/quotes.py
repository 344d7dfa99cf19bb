"""A quote says what held seats cost, signed, so that billing can charge for them without asking anybody."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import jwt

from services.events.sale.events import SeatHeld
from shared.money import Money

ISSUER = "tessera-events"
AUDIENCE = "tessera-billing"
ALGORITHM = "EdDSA"

# A payment that is begun at the last moment still arrives while its seats are held.
MARGIN = timedelta(minutes=2)


class QuoteSigner:
    """Signs with one private Ed25519 key; `kid` and `x` are its public half."""

    def __init__(self, private_jwk: str) -> None:
        jwk = json.loads(private_jwk)
        self.kid: str = jwk["kid"]
        self.x: str = jwk["x"]
        self._key = jwt.PyJWK(jwk, algorithm=ALGORITHM).key

    def sign(self, community_id: UUID, held: SeatHeld) -> str:
        """The same hold always gives the same quote, so that a repeated request gets an equal answer."""
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "hold_id": str(held.seats.hold_id),
            "revision": held.revision,
            "community_id": str(community_id),
            "account_id": str(held.account_id),
            "person_id": str(held.seats.person_id),
            "lines": [
                {
                    "label": held.seats.title,
                    "seats": held.seats.count,
                    "amount": _money(held.seats.price),
                }
            ],
            "amount": _money(held.seats.amount),
            "tax_category": "admission",
            "exp": int((held.expires_at - MARGIN).timestamp()),
        }
        return jwt.encode(claims, self._key, algorithm=ALGORITHM, headers={"kid": self.kid})


def _money(money: Money) -> dict[str, Any]:
    return {"minor": money.minor, "currency": money.currency}
