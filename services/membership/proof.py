"""The link to an erasure's certificate, and the mark by which only who was erased can tell that it is theirs."""

import hmac
import secrets
from datetime import datetime
from uuid import UUID

from dateutil.relativedelta import relativedelta

from services.membership.spelling import mailbox
from shared.ids import Code, PersonId
from shared.service import Service

LINK_LIFE = relativedelta(years=12)
"""Longer than anything is kept of somebody who was erased."""


def new_nonce() -> str:
    """Sixteen random bytes in hexadecimal: told to the person and kept nowhere, but sealed for them."""
    return secrets.token_hex(16)


def mark_of(nonce: str, address: str) -> Code:
    """HMAC-SHA256 of an address as one writes it, without capitals, under the nonce (RFC 2104), in hexadecimal.

    Without the nonce nobody can try addresses against it, and we are without it once the person is erased.
    """
    return Code(hmac.digest(bytes.fromhex(nonce), mailbox(address).encode(), "sha256").hex())


def way_to(
    service: Service, community_id: UUID, person_id: PersonId, now: datetime, nonce: str | None
) -> str:
    """The nonce stands behind the `#`, which browsers do not send: not even whoever is asked learns it."""
    token = service.links.make("erasure", person_id, community_id, now + LINK_LIFE)
    way = f"{service.settings.origin}/api/membership/v1/public/erasures/{token}"
    return way if nonce is None else f"{way}#{nonce}"
