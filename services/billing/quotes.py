"""A quote is events' signed word on what held seats cost; whoever changes one letter of it holds nothing."""

from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

import jwt

from services.billing.checkout.events import QuoteLine
from shared.contracts.contract import MoneyValue
from shared.decider import Rejected

ISSUER = "tessera-events"
AUDIENCE = "tessera-billing"
ALGORITHM = "EdDSA"


def read_quote(
    token: str, keys: Mapping[str, str], *, community_id: UUID, account_id: UUID, pointer: str
) -> QuoteLine:
    """The seats and their price, Rejected when it is not a quote for this account in this community.

    Whether it is still good is the checkout's to decide, by the business clock.
    """
    try:
        jwk = {"kty": "OKP", "crv": "Ed25519", "x": keys[jwt.get_unverified_header(token)["kid"]]}
        claims = jwt.decode(
            token,
            jwt.PyJWK(jwk, algorithm=ALGORITHM).key,
            algorithms=[ALGORITHM],
            audience=AUDIENCE,
            issuer=ISSUER,
            options={"verify_exp": False, "require": ["exp", "aud", "iss"]},
        )
        meant_for = UUID(claims["community_id"]), UUID(claims["account_id"])
        line = QuoteLine(
            hold_id=UUID(claims["hold_id"]),
            revision=int(claims["revision"]),
            price=MoneyValue(**claims["amount"]).money(),
            expires_at=datetime.fromtimestamp(claims["exp"], UTC),
        )
    except (jwt.PyJWTError, KeyError, TypeError, ValueError) as error:
        raise Rejected("invalid_quote", "This is no quote of ours.", pointer=pointer) from error
    if meant_for != (community_id, account_id):
        raise Rejected("foreign_quote", "This quote is for somebody else.", pointer=pointer)
    return line
