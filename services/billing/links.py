"""A link of ours is our signed word that whoever bears it may do one kind of thing about one subject, for a while.

It is shorter than the links of shared/auth.py, because it travels in a message as a label.
"""

import base64
import hmac
import secrets
from datetime import datetime, timedelta
from typing import Literal, NamedTuple
from uuid import UUID

from dateutil.relativedelta import relativedelta

from shared.auth import ExpiredLink
from shared.ids import Code, keyed

Purpose = Literal["payment link", "giving link", "donation link", "card link", "exit link"]
OF_PAYMENT: Purpose = "payment link"
"""Paying for one subscription."""
OF_GIVING: Purpose = "giving link"
"""Paying one donation: told to who opened it, and nobody looked whose the address is."""
OF_LETTER: Purpose = "donation link"
"""Looking at one donation, stopping it, being forgotten: told by letter."""
OF_CARD: Purpose = "card link"
"""Subscribing one person, who paid elsewhere: told by letter."""
OF_EXIT: Purpose = "exit link"
"""Saying why one subscription was left: told by letter."""

LINK_LIFE = timedelta(days=90)
GIVING_LIFE = timedelta(days=1)
RECEIPT_LIFE = relativedelta(years=10)
ID, TIME, RANDOM, SIGNATURE = 16, 6, 8, 16
LENGTH = 2 * ID + TIME + RANDOM + SIGNATURE


class Opened(NamedTuple):
    """What it opens: its purpose for this subscription or checkout, and nothing else."""

    subject: UUID
    community_id: UUID


def make_link(
    secret: bytes,
    subject: UUID,
    community_id: UUID,
    expires_at: datetime,
    purpose: Purpose = OF_PAYMENT,
) -> Code:
    """Random, so that it can be neither guessed nor made again."""
    expiry = int(expires_at.timestamp()).to_bytes(TIME, "big")
    said = subject.bytes + community_id.bytes + expiry + secrets.token_bytes(RANDOM)
    token = base64.urlsafe_b64encode(said + _signature(secret, purpose, said))
    return Code(token.decode().rstrip("="))


def read_link(secret: bytes, token: str, now: datetime, purpose: Purpose = OF_PAYMENT) -> Opened:
    """What the link opens, ExpiredLink when it is not ours or no longer good."""
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except ValueError as error:
        raise ExpiredLink from error
    said, signature = raw[:-SIGNATURE], raw[-SIGNATURE:]
    if len(raw) != LENGTH or not hmac.compare_digest(signature, _signature(secret, purpose, said)):
        raise ExpiredLink
    if int.from_bytes(said[2 * ID : 2 * ID + TIME], "big") <= now.timestamp():
        raise ExpiredLink
    return Opened(UUID(bytes=said[:ID]), UUID(bytes=said[ID : 2 * ID]))


def _signature(secret: bytes, purpose: Purpose, said: bytes) -> bytes:
    return keyed(secret, purpose, said.hex())[:SIGNATURE]
