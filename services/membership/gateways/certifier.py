"""Signs what membership certifies, with the key of its tokens; its type keeps it from ever being taken for a token."""

import json
from typing import Any

import jwt

from shared.auth import ALGORITHM, ISSUER

TYPE = "erasure-certificate+jwt"


class Certifier:
    """Membership's alone: it holds the private key."""

    def __init__(self, private_jwk: str) -> None:
        self._kid = json.loads(private_jwk)["kid"]
        self._key = jwt.PyJWK(json.loads(private_jwk), algorithm=ALGORITHM).key

    def sign(self, statement: dict[str, Any]) -> str:
        """A compact JWS (RFC 7515, RFC 8037). It has no audience and no end, without which no token is good."""
        claims = {"iss": ISSUER, **statement}
        headers = {"kid": self._kid, "typ": TYPE}
        return jwt.encode(claims, self._key, algorithm=ALGORITHM, headers=headers)
