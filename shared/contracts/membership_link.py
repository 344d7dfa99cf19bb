"""tessera.membership.link.v1: links that people are sent by."""

from typing import ClassVar, Literal
from uuid import UUID

from shared.contracts.contract import Contract

LinkKind = Literal["referral", "ambassador", "affiliate", "campaign"]


class LinkContract(Contract):
    """One link; the key is the link."""

    topic: ClassVar[str] = "tessera.membership.link.v1"

    link_id: UUID


class LinkMade(LinkContract):
    """From now on people can be sent by it; what it means never changes."""

    kind: LinkKind
    owner_id: UUID | None


class LinkRetired(LinkContract):
    """It leads nowhere any more; who came by it did."""
