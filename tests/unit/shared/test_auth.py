"""Tokens and links: whoever made them up gets nowhere."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import OKPAlgorithm

from shared.auth import (
    AUDIENCE,
    ISSUER,
    ExpiredLink,
    InvalidToken,
    LinkPurpose,
    Links,
    Principal,
    TokenSigner,
    TokenVerifier,
    may,
)
from shared.clock import real_now

ACCOUNT, COMMUNITY, PERSON = UUID(int=1), UUID(int=2), UUID(int=3)
SUBJECT = UUID(int=4)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECRET = b"s" * 64


def key_of(seed: int, kid: str = "one") -> tuple[Ed25519PrivateKey, str, dict[str, Any]]:
    """A private key, its JWK and its public JWK."""
    key = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
    private = json.loads(OKPAlgorithm.to_jwk(key))
    public = json.loads(OKPAlgorithm.to_jwk(key.public_key()))
    return key, json.dumps(private | {"kid": kid}), public | {"kid": kid}


OURS, OUR_JWK, OUR_PUBLIC = key_of(1)
FOREIGN = key_of(2)[0]


@pytest.fixture
def verifier() -> TokenVerifier:
    return TokenVerifier({"keys": [OUR_PUBLIC]})


def claims(**changed: Any) -> dict[str, Any]:
    now = real_now()
    good = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": str(ACCOUNT),
        "iat": now,
        "nbf": now,
        "exp": now + timedelta(minutes=10),
        "community": str(COMMUNITY),
        "roles": ["owner"],
    }
    return {name: value for name, value in (good | changed).items() if value is not None}


def token(key: Any = OURS, algorithm: str = "EdDSA", **changed: Any) -> str:
    headers = {"kid": "one", "typ": "at+jwt"} | changed.pop("headers", {})
    return jwt.encode(claims(**changed), key, algorithm=algorithm, headers=headers)


def by_hand(header: dict[str, Any], sign: Callable[[bytes], bytes]) -> str:
    """A token no library would make."""
    now = int(real_now().timestamp())
    body = claims(iat=now, nbf=now, exp=now + 600)
    signed = b".".join(_b64(json.dumps(part).encode()) for part in (header, body))
    return b".".join((signed, _b64(sign(signed)))).decode()


def _b64(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


def test_a_token_says_what_was_signed(verifier: TokenVerifier) -> None:
    everything = Principal(
        ACCOUNT,
        COMMUNITY,
        PERSON,
        roles=("admin", "moderator"),
        roles_version=7,
        mode="test",
        is_platform_staff=True,
        is_machine=True,
    )
    signer = TokenSigner(OUR_JWK)
    for principal in (everything, Principal(ACCOUNT), Principal(ACCOUNT, COMMUNITY)):
        assert verifier.verify(signer.sign(principal)) == principal
        assert verifier.verify(signer.sign(principal)) == principal


def test_the_token_the_other_tests_start_from_is_good(verifier: TokenVerifier) -> None:
    assert verifier.verify(token()).account_id == ACCOUNT
    good = by_hand({"alg": "EdDSA", "typ": "at+jwt", "kid": "one"}, OURS.sign)
    assert verifier.verify(good).account_id == ACCOUNT


PEM = OURS.public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
)
RAW = OURS.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
PUBLIC_FORMS = [PEM, RAW, json.dumps(OUR_PUBLIC).encode(), OUR_PUBLIC["x"].encode()]

FORGED: dict[str, Callable[[], str]] = {
    "no signature": lambda: by_hand({"alg": "none", "typ": "at+jwt", "kid": "one"}, lambda _: b""),
    "no signature, in other letters": lambda: by_hand(
        {"alg": "nOnE", "typ": "at+jwt", "kid": "one"}, lambda _: b""
    ),
    "an empty signature": lambda: by_hand(
        {"alg": "EdDSA", "typ": "at+jwt", "kid": "one"}, lambda _: b""
    ),
    "no algorithm": lambda: by_hand({"typ": "at+jwt", "kid": "one"}, OURS.sign),
    "a foreign key": lambda: token(FOREIGN),
    "a key id nobody knows": lambda: token(headers={"kid": "two"}),
    "a key id that is no text": lambda: by_hand(
        {"alg": "EdDSA", "typ": "at+jwt", "kid": ["one"]}, OURS.sign
    ),
    "a key of its own": lambda: by_hand(
        {"alg": "EdDSA", "typ": "at+jwt", "jwk": OUR_PUBLIC}, FOREIGN.sign
    ),
    "another audience": lambda: token(aud="others"),
    "no audience": lambda: token(aud=None),
    "another issuer": lambda: token(iss="tessera-billing"),
    "no issuer": lambda: token(iss=None),
    "another type": lambda: token(headers={"typ": "JWT"}),
    "the type of a link": lambda: token(headers={"typ": "link+jwt"}),
    "an end in the past": lambda: token(exp=real_now() - timedelta(seconds=1)),
    "no end": lambda: token(exp=None),
    "a beginning in the future": lambda: token(nbf=real_now() + timedelta(minutes=5)),
    "no time of issue": lambda: token(iat=None),
    "no subject": lambda: token(sub=None),
    "a subject that is no account": lambda: token(sub="ada"),
    "a community that is none": lambda: token(community="here"),
    "roles that are none": lambda: token(roles=7),
    "a changed body": lambda: _changed(token()),
    "nothing": lambda: "",
    "noise": lambda: "a.b.c",
    "dots": lambda: "..",
    "not even ASCII": lambda: "žluť",
} | {
    f"the public key as a secret ({number})": (
        lambda secret=secret: by_hand(
            {"alg": "HS256", "typ": "at+jwt", "kid": "one"},
            lambda signed: hmac.digest(secret, signed, hashlib.sha256),
        )
    )
    for number, secret in enumerate(PUBLIC_FORMS)
}


def _changed(good: str) -> str:
    header, body, signature = good.split(".")
    said = json.loads(base64.urlsafe_b64decode(body + "=="))
    forged = _b64(json.dumps(said | {"sub": str(PERSON)}).encode()).decode()
    return f"{header}.{forged}.{signature}"


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED.keys())
def test_a_forged_token_is_refused(verifier: TokenVerifier, forge: Callable[[], str]) -> None:
    forged = forge()
    for _ in range(2):  # What was refused once is not remembered as good.
        with pytest.raises(InvalidToken):
            verifier.verify(forged)


def test_what_was_good_is_good_until_it_expires(verifier: TokenVerifier) -> None:
    good = token()
    verifier.verify(good)
    expired, stranger = real_now().timestamp() - 1, Principal(PERSON)
    verifier._known[good] = expired, stranger
    assert verifier.verify(good).account_id == ACCOUNT


def test_only_so_many_tokens_are_remembered() -> None:
    verifier = TokenVerifier({"keys": [OUR_PUBLIC]}, remembered=3)
    for number in range(10):
        verifier.verify(token(jti=str(number)))
    assert len(verifier._known) == 3


def test_a_retired_key_is_good_for_as_long_as_it_is_listed() -> None:
    new, new_jwk, new_public = key_of(3, "new")
    del new
    both = TokenVerifier({"keys": [new_public, OUR_PUBLIC]})
    assert both.verify(token()).account_id == ACCOUNT
    assert both.verify(TokenSigner(new_jwk).sign(Principal(PERSON))).account_id == PERSON
    with pytest.raises(InvalidToken):
        TokenVerifier({"keys": [new_public]}).verify(token())


# Roles


def test_an_owner_may_everything_and_a_stranger_nothing() -> None:
    assert may(["owner"], "anything.at_all")
    assert not may([], "members.read")


def test_a_role_may_what_it_is_for() -> None:
    assert may(["moderator"], "members.write")
    assert not may(["moderator"], "refunds.write")
    assert may(["moderator", "accountant"], "refunds.write")
    assert not may(["read_only"], "members.write")
    assert not may(["sponsor_contact", "affiliate"], "members.read")
    assert may(["affiliate"], "links.own")
    assert not may(["affiliate"], "placements.own")
    assert may(["sponsor_contact"], "placements.own")
    assert not may(["sponsor_contact"], "links.own")


# Links


@pytest.fixture
def links() -> Links:
    return Links(SECRET, "membership")


def test_a_link_opens_its_one_door(links: Links) -> None:
    made = links.make("claim", SUBJECT, COMMUNITY, NOON)
    link = links.check(made, "claim", now=NOON - timedelta(seconds=1))
    assert (link.purpose, link.subject, link.community_id) == ("claim", SUBJECT, COMMUNITY)
    assert links.check(made, "claim", now=NOON - timedelta(days=9)).link_id == link.link_id


def test_no_link_is_made_twice(links: Links) -> None:
    made = [links.make("claim", SUBJECT, COMMUNITY, NOON) for _ in range(2)]
    ids = {links.check(each, "claim", now=NOON - timedelta(days=1)).link_id for each in made}
    assert len(set(made)) == len(ids) == 2


@pytest.mark.parametrize("purpose", ["payment", "guest", "ticket", "unsubscribe"])
def test_a_link_opens_no_other_door(links: Links, purpose: LinkPurpose) -> None:
    made = links.make("claim", SUBJECT, COMMUNITY, NOON)
    with pytest.raises(ExpiredLink):
        links.check(made, purpose, now=NOON - timedelta(days=1))


def test_a_link_ends_by_the_business_clock(links: Links) -> None:
    """A development stack moves it; a link of last year must not open in the next."""
    made = links.make("claim", SUBJECT, COMMUNITY, NOON)
    for late in (NOON, NOON + timedelta(days=365)):
        with pytest.raises(ExpiredLink):
            links.check(made, "claim", now=late)


def test_a_link_of_another_service_or_secret_is_none_of_ours(links: Links) -> None:
    before = NOON - timedelta(days=1)
    for other in (Links(SECRET, "billing"), Links(b"t" * 64, "membership")):
        with pytest.raises(ExpiredLink):
            links.check(other.make("claim", SUBJECT, COMMUNITY, NOON), "claim", now=before)


@pytest.mark.parametrize("forged", ["", "a.b.c", token(aud="claim")])
def test_a_forged_link_opens_nothing(links: Links, forged: str) -> None:
    with pytest.raises(ExpiredLink):
        links.check(forged, "claim", now=NOON)


def test_a_link_is_no_token(verifier: TokenVerifier, links: Links) -> None:
    with pytest.raises(InvalidToken):
        verifier.verify(links.make("claim", SUBJECT, COMMUNITY, NOON))
