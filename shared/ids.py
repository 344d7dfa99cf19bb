"""Identifiers: random where they open a door, derived where a repeat must give the same answer."""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from typing import Any, NewType
from uuid import UUID

from asyncpg.pgproto import pgproto

parsed: Callable[[Any], UUID] = pgproto.UUID
"""A UUID out of its text or its 16 bytes: asyncpg's own kind, read and written ten times as fast as Python's."""

AccountId = NewType("AccountId", UUID)
CommunityId = NewType("CommunityId", UUID)
PersonId = NewType("PersonId", UUID)

Code = NewType("Code", str)
"""A machine word from a closed or vendor-given vocabulary: an enum value, a vendor's id, a currency."""

Label = NewType("Label", str)
"""Public text an organiser wrote (a tier's name): never about a person."""

PLATFORM = UUID(int=0)
"""The community of what belongs to none: accounts, signing keys."""


def uuid8(digest: bytes) -> UUID:
    """The first 16 bytes of a digest as a UUID of version 8 (RFC 9562, section 5.8)."""
    octets = bytearray(digest[:16])
    octets[6] = octets[6] & 0x0F | 0x80
    octets[8] = octets[8] & 0x3F | 0x80
    return parsed(bytes(octets))


def framed(*parts: str) -> bytes:
    """The parts, each preceded by its length, so that no two lists of parts look alike."""
    octets = [part.encode() for part in parts]
    return b"".join([len(raw).to_bytes(4, "big") + raw for raw in octets])


def keyed(secret: bytes, *parts: str) -> bytes:
    """HMAC-SHA256 over length-prefixed parts (32 bytes)."""
    return hmac.digest(secret, framed(*parts), "sha256")


def derive(origin: UUID, *names: str) -> UUID:
    """The id that always follows from `origin` and `names`; it reveals nothing `origin` does not."""
    return uuid8(hashlib.sha256(origin.bytes + framed(*names)).digest())


def random_id() -> UUID:
    """An unguessable id: for what opens doors, and for what nobody will ask for twice."""
    return uuid8(secrets.token_bytes(16))


def jitter() -> float:
    """A number from 0 up to 1, so that those who failed together do not come back together."""
    return secrets.randbelow(1_000_000) / 1_000_000
