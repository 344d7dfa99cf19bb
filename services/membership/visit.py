"""A visit is our signed word that somebody, nobody knows who, followed a link at a moment."""

import base64
import hmac
import secrets
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from shared.ids import Code, keyed, uuid8

PURPOSE = "visit"
ID, TIME, SIGNATURE = 16, 6, 16
LENGTH = 2 * ID + TIME + SIGNATURE


class Visit(NamedTuple):
    link_id: UUID
    visit_id: UUID
    at: datetime


def make_visit(secret: bytes, link_id: UUID, at: datetime) -> Code:
    """What a page is opened with; it can be neither guessed nor made again."""
    moment = int(at.timestamp()).to_bytes(TIME, "big")
    said = link_id.bytes + uuid8(secrets.token_bytes(ID)).bytes + moment
    return Code(base64.urlsafe_b64encode(said + _signature(secret, said)).decode().rstrip("="))


def read_visit(secret: bytes, token: str) -> Visit:
    """What it says; ValueError when it is not ours."""
    raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    said, signature = raw[:-SIGNATURE], raw[-SIGNATURE:]
    if len(raw) != LENGTH or not hmac.compare_digest(signature, _signature(secret, said)):
        raise ValueError("is no visit of ours")
    at = datetime.fromtimestamp(int.from_bytes(said[2 * ID :], "big"), UTC)
    return Visit(UUID(bytes=said[:ID]), UUID(bytes=said[ID : 2 * ID]), at)


def _signature(secret: bytes, said: bytes) -> bytes:
    return keyed(secret, PURPOSE, said.hex())[:SIGNATURE]
