"""Signs guest passes with the key of the tokens; their type and audience keep them from ever being taken for one."""

import json
from datetime import datetime, timedelta
from uuid import UUID

import jwt

from shared.auth import ALGORITHM, ISSUER
from shared.event_store import Mode
from shared.ids import random_id

TYPE = "guest-pass+jwt"
AUDIENCE = "tessera-billing"
PASS_LIFE = timedelta(minutes=15)


class Passes:
    """Membership's alone: it holds the private key."""

    def __init__(self, private_jwk: str) -> None:
        self._kid = json.loads(private_jwk)["kid"]
        self._key = jwt.PyJWK(json.loads(private_jwk), algorithm=ALGORITHM).key

    def sign(self, person_id: UUID, community_id: UUID, mode: Mode, now: datetime) -> str:
        """A compact JWS, good for one gift of this guest to this community."""
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "jti": str(random_id()),
            "guest": str(person_id),
            "community_id": str(community_id),
            "mode": mode,
            "exp": now + PASS_LIFE,
        }
        headers = {"kid": self._kid, "typ": TYPE}
        return jwt.encode(claims, self._key, algorithm=ALGORITHM, headers=headers)
