"""`python -m tools.certificate CERTIFICATE KEYS [ADDRESS NONCE]`: whether an erasure's certificate is genuine.

CERTIFICATE is a file with the answer of `GET /public/erasures/{link}`, KEYS one with that of `GET /public/keys`.
With an address and the nonce behind the link's `#` it also says whether the certificate is about whoever had it.
"""

import hmac
import json
import sys
from pathlib import Path
from typing import Any

import jwt

from services.membership.gateways.certifier import TYPE
from services.membership.proof import mark_of
from shared.auth import ALGORITHM, ISSUER


class NotGenuine(Exception):
    """The text says what is wrong."""


def verified(certificate: dict[str, Any], keys: dict[str, Any]) -> dict[str, Any]:
    """The statement, as it was signed; NotGenuine where it was not, or stands beside another one."""
    signed = certificate["signed"]
    try:
        header = jwt.get_unverified_header(signed)
        if header.get("typ") != TYPE:
            message = "This is no certificate."
            raise NotGenuine(message)
        (jwk,) = [key for key in keys["keys"] if key["kid"] == header["kid"]]
        key = jwt.PyJWK(jwk, algorithm=ALGORITHM).key
        told: dict[str, Any] = jwt.decode(signed, key, algorithms=[ALGORITHM], issuer=ISSUER)
    except (jwt.PyJWTError, KeyError, ValueError) as error:
        raise NotGenuine("It was not signed with any of these keys.") from error
    told.pop("iss")
    if told != certificate["statement"]:
        raise NotGenuine("What it says is not what was signed.")
    return told


def main(arguments: list[str]) -> int:
    """0 when it is genuine, and about that address where one is given."""
    certificate, keys = (json.loads(Path(path).read_text()) for path in arguments[:2])
    try:
        told = verified(certificate, keys)
    except NotGenuine as refusal:
        print(refusal)
        return 1
    print(f"Genuine: {told['state']}, erased at {told['erased_at']}.")
    if len(arguments) == 2:  # noqa: PLR2004  Nobody's address is asked about.
        return 0
    is_theirs = hmac.compare_digest(mark_of(arguments[3], arguments[2]), told["mark"] or "")
    print(f"It is {'' if is_theirs else 'not '}about {arguments[2]}.")
    return 0 if is_theirs else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
