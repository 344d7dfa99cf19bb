"""A guest pass is believed when membership signed it, for this community, as a pass."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import jwt
import pytest

from services.billing import passes
from services.billing.passes import read_pass
from services.membership.gateways import passes as signed
from services.membership.gateways.passes import PASS_LIFE, Passes
from shared.auth import ALGORITHM, ISSUER, InvalidToken, TokenSigner, TokenVerifier
from shared.auth import Principal as Who
from shared.decider import Rejected
from tests.unit.shared.test_auth import key_of

GUS, CLUB, OTHER = UUID(int=1), UUID(int=2), UUID(int=3)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
OURS, PUBLIC = key_of(1)[1:]
THEIRS = key_of(2)[1]
JWKS = json.dumps({"keys": [PUBLIC]})
GOOD: dict[str, Any] = {
    "iss": ISSUER,
    "aud": passes.AUDIENCE,
    "jti": str(UUID(int=4)),
    "guest": str(GUS),
    "community_id": str(CLUB),
    "mode": "live",
    "exp": NOON,
}


def made(private: str = OURS, typ: str = passes.TYPE, **changed: Any) -> str:
    key = jwt.PyJWK(json.loads(private), algorithm=ALGORITHM).key
    claims = {name: value for name, value in (GOOD | changed).items() if value is not None}
    return jwt.encode(claims, key, algorithm=ALGORITHM, headers={"kid": "one", "typ": typ})


def refused(token: str) -> str:
    with pytest.raises(Rejected) as no:
        read_pass(token, JWKS, community_id=CLUB, pointer="/guest_pass")
    return no.value.code


def test_what_membership_signs_is_read_by_billing() -> None:
    assert (signed.TYPE, signed.AUDIENCE) == (passes.TYPE, passes.AUDIENCE)
    token = Passes(OURS).sign(GUS, CLUB, "test", NOON)
    read = read_pass(token, JWKS, community_id=CLUB, pointer="/guest_pass")
    assert (read.person_id, read.mode, read.expires_at) == (GUS, "test", NOON + PASS_LIFE)
    again = Passes(OURS).sign(GUS, CLUB, "test", NOON + timedelta(seconds=1))
    assert read_pass(again, JWKS, community_id=CLUB, pointer="").pass_id != read.pass_id


def test_a_pass_for_another_community_or_of_another_type_is_foreign() -> None:
    assert refused(made(community_id=str(OTHER))) == "foreign_guest_pass"
    assert refused(made(typ="JWT")) == "foreign_guest_pass"


@pytest.mark.parametrize(
    "token",
    [
        "no pass",
        made(THEIRS),
        made(aud="tessera"),
        made(iss="somebody"),
        made(jti=None),
        made(exp=None),
        made(guest="nobody"),
        TokenSigner(OURS).sign(Who(GUS, CLUB, GUS)),
    ],
    ids=["no jwt", "key", "audience", "issuer", "no id", "no end", "no guest", "a token"],
)
def test_what_is_no_pass_opens_nothing(token: str) -> None:
    assert refused(token) == "invalid_guest_pass"


def test_a_pass_is_never_a_token() -> None:
    with pytest.raises(InvalidToken):
        TokenVerifier({"keys": [PUBLIC]}).verify(Passes(OURS).sign(GUS, CLUB, "live", NOON))
