from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from jwt.algorithms import RSAAlgorithm

from services.membership.gateways.gateway import NotProved, Unreachable
from services.membership.gateways.oidc_gateway import OidcGateway
from shared.clock import real_now

issuer, audience = "https://id.example", "tessera-client"
ours = generate_private_key(public_exponent=65537, key_size=2048)
theirs = generate_private_key(public_exponent=65537, key_size=2048)


def public(key: RSAPrivateKey, kid: str = "one") -> dict[str, Any]:
    return RSAAlgorithm.to_jwk(key.public_key(), as_dict=True) | {"kid": kid}


def claims(**other: Any) -> dict[str, Any]:
    now = real_now()
    return {
        "iss": issuer,
        "aud": audience,
        "sub": "42",
        "email": "ada@example.com",
        "email_verified": True,
        "iat": now,
        "exp": now + timedelta(minutes=5),
    } | other


def token(key: Any = ours, algorithm: str = "RS256", kid: str = "one", **other: Any) -> str:
    return jwt.encode(claims(**other), key, algorithm=algorithm, headers={"kid": kid})


def gateway(answer: Callable[[], httpx.Response] | None = None) -> OidcGateway:
    def keys(_: httpx.Request) -> httpx.Response:
        return answer() if answer else httpx.Response(200, json={"keys": [public(ours)]})

    client = httpx.AsyncClient(transport=httpx.MockTransport(keys))
    return OidcGateway(issuer, audience, "https://id.example/keys", client)


async def test_a_verified_address_is_believed() -> None:
    assert await gateway().email_of(token()) == "ada@example.com"


@pytest.mark.parametrize(
    "doubtful",
    [
        "not.a.token",
        token(theirs),
        token(None, "none"),
        token(public(ours)["n"].encode(), "HS256"),
        token(kid="another"),
        token(iss="https://evil.example"),
        token(aud="another-client"),
        token(exp=real_now() - timedelta(minutes=5)),
        token(email_verified=False),
        token(email_verified="true"),
    ],
    ids=[
        "no token",
        "foreign key",
        "no signature",
        "the public key as a secret",
        "unknown key",
        "another issuer",
        "another audience",
        "expired",
        "unverified",
        "verified in words only",
    ],
)
async def test_a_doubtful_token_proves_nothing(doubtful: str) -> None:
    with pytest.raises(NotProved):
        await gateway().email_of(doubtful)


async def test_a_token_without_an_address_proves_nothing() -> None:
    without = claims()
    del without["email"]
    with pytest.raises(NotProved):
        await gateway().email_of(jwt.encode(without, ours, "RS256", headers={"kid": "one"}))


async def test_keys_are_asked_for_at_most_once_a_minute() -> None:
    asked = []

    def answer() -> httpx.Response:
        asked.append(1)
        return httpx.Response(200, json={"keys": [public(ours)]})

    provider = gateway(answer)
    await provider.email_of(token())
    await provider.email_of(token())
    with pytest.raises(NotProved):
        await provider.email_of(token(kid="another"))
    assert len(asked) == 1


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(500),
        httpx.Response(200, text="no JSON"),
        httpx.Response(200, json={"keys": 1}),
    ],
)
async def test_a_provider_that_is_away_is_asked_again_later(answer: httpx.Response) -> None:
    answers = [answer, httpx.Response(200, json={"keys": [public(ours)]})]
    provider = gateway(lambda: answers.pop(0))
    with pytest.raises(Unreachable):
        await provider.email_of(token())
    assert await provider.email_of(token()) == "ada@example.com"
