"""A payment link is our signed word that whoever bears it may pay for one subscription, for a while.

It is shorter than the links of shared/auth.py, because it travels in a message as a label.
"""

import base64
import hmac
import secrets
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from shared.auth import ExpiredLink
from shared.ids import Code, keyed

LINK_LIFE = timedelta(days=90)
PURPOSE = "payment link"
ID, TIME, RANDOM, SIGNATURE = 16, 6, 8, 16
LENGTH = 2 * ID + TIME + RANDOM + SIGNATURE


class PaymentLink(NamedTuple):
    """What it opens: paying for this subscription, and nothing else."""

    subscription_id: UUID
    community_id: UUID


def make_link(
    secret: bytes, subscription_id: UUID, community_id: UUID, expires_at: datetime
) -> Code:
    """Random, so that it can be neither guessed nor made again."""
    expiry = int(expires_at.timestamp()).to_bytes(TIME, "big")
    said = subscription_id.bytes + community_id.bytes + expiry + secrets.token_bytes(RANDOM)
    token = base64.urlsafe_b64encode(said + _signature(secret, said))
    return Code(token.decode().rstrip("="))


def read_link(secret: bytes, token: str, now: datetime) -> PaymentLink:
    """What the link opens, ExpiredLink when it is not ours or no longer good."""
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except ValueError as error:
        raise ExpiredLink from error
    said, signature = raw[:-SIGNATURE], raw[-SIGNATURE:]
    if len(raw) != LENGTH or not hmac.compare_digest(signature, _signature(secret, said)):
        raise ExpiredLink
    if int.from_bytes(said[2 * ID : 2 * ID + TIME], "big") <= now.timestamp():
        raise ExpiredLink
    return PaymentLink(UUID(bytes=said[:ID]), UUID(bytes=said[ID : 2 * ID]))


def _signature(secret: bytes, said: bytes) -> bytes:
    return keyed(secret, PURPOSE, said.hex())[:SIGNATURE]
