"""Believes the id tokens of one OpenID Connect provider, whose issuer, audience and keys the settings name."""

import asyncio

import httpx
import jwt

from services.membership.gateways.gateway import NotProved, Unreachable
from shared.clock import monotonic

# Never "none" and never an HMAC: the keys are public.
ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
TIMEOUT = 5.0
PATIENCE = 60.0


class OidcGateway:
    """Keys are fetched when a token names one we do not know, at most once a minute."""

    def __init__(
        self, issuer: str, audience: str, keys_url: str, client: httpx.AsyncClient
    ) -> None:
        self._issuer, self._audience, self._keys_url = issuer, audience, keys_url
        self._client = client
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched_at = -PATIENCE
        self._lock = asyncio.Lock()

    async def email_of(self, id_token: str) -> str:
        """The verified address, as `gateway.IdentityProvider` says."""
        try:
            key = await self._key(str(jwt.get_unverified_header(id_token).get("kid")))
            claims = jwt.decode(
                id_token,
                key,
                algorithms=ALGORITHMS,
                audience=self._audience,
                issuer=self._issuer,
                leeway=30,
                options={"require": ["exp", "iat", "sub", "email"]},
            )
        except jwt.PyJWTError as error:
            raise NotProved(str(error)) from error
        if claims.get("email_verified") is not True:
            raise NotProved("The provider has not verified the address.")
        return str(claims["email"])

    async def _key(self, kid: str) -> jwt.PyJWK:
        async with self._lock:
            if kid not in self._keys and monotonic() - self._fetched_at >= PATIENCE:
                self._keys = await self._fetch()
                self._fetched_at = monotonic()
        if kid not in self._keys:
            raise NotProved("The token is signed with an unknown key.")
        return self._keys[kid]

    async def _fetch(self) -> dict[str, jwt.PyJWK]:
        try:
            answer = await self._client.get(self._keys_url, timeout=TIMEOUT)
            answer.raise_for_status()
            keys = jwt.PyJWKSet.from_dict(answer.json()).keys
        except (httpx.HTTPError, ValueError, jwt.PyJWTError) as error:
            raise Unreachable("The identity provider's keys cannot be had.") from error
        return {key.key_id: key for key in keys if key.key_id is not None}
