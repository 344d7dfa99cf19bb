"""A guest pass is membership's signed word that a guest of a community may give once; it opens nothing else."""

import json
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

import jwt

from shared.auth import ALGORITHM, ISSUER
from shared.decider import Rejected
from shared.event_store import Mode
from shared.ids import PersonId

TYPE = "guest-pass+jwt"
AUDIENCE = "tessera-billing"


class GuestPass(NamedTuple):
    """Whose gift it is for; what it leads to is found by its id, so that it is good once."""

    pass_id: UUID
    person_id: PersonId
    mode: Mode
    expires_at: datetime


def read_pass(token: str, jwks: str, *, community_id: UUID, pointer: str) -> GuestPass:
    """The pass, Rejected when it is none of ours for this community.

    Whether it is still good is the donation's to decide, by the business clock.
    """
    try:
        header = jwt.get_unverified_header(token)
        keys = {key["kid"]: key for key in json.loads(jwks)["keys"]}
        claims = jwt.decode(
            token,
            jwt.PyJWK(keys[header["kid"]], algorithm=ALGORITHM).key,
            algorithms=[ALGORITHM],
            audience=AUDIENCE,
            issuer=ISSUER,
            options={"verify_exp": False, "require": ["exp", "aud", "iss", "jti"]},
        )
        meant_for = UUID(claims["community_id"]), header["typ"]
        read = GuestPass(
            UUID(claims["jti"]),
            PersonId(UUID(claims["guest"])),
            claims["mode"],
            datetime.fromtimestamp(claims["exp"], UTC),
        )
    except (jwt.PyJWTError, KeyError, TypeError, ValueError) as error:
        raise Rejected("invalid_guest_pass", "This is no pass of ours.", pointer=pointer) from error
    if meant_for != (community_id, TYPE):
        raise Rejected("foreign_guest_pass", "This pass is for something else.", pointer=pointer)
    return read
