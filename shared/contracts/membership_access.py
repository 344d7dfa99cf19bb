"""tessera.membership.access.v1: who may enter what, and why."""

from typing import ClassVar, Literal
from uuid import UUID

from shared.contracts.contract import Contract

ReasonKind = Literal[
    "joined",
    "subscription",
    "purchase",
    "ticket",
    "programme",
    "gift",
    "staff",
    "sponsor_seat",
    "seat",
    "recognition",
]


class AccessContract(Contract):
    """Access of one person to one tier for one reason; the key is the person's access stream."""

    topic: ClassVar[str] = "tessera.membership.access.v1"
    version: ClassVar[int] = 2

    person_id: UUID
    tier_id: UUID
    reason_kind: ReasonKind
    reason_id: UUID


class AccessGranted(AccessContract):
    """A reason for access began; `first` when it is the only live one, so that access itself began."""

    first: bool


class AccessRevoked(AccessContract):
    """A reason ended; `last` when none is left, so that access itself ended."""

    last: bool


class ContentAccessContract(Contract):
    """One item of content and one person, for one reason; the key is the person's access stream."""

    topic: ClassVar[str] = "tessera.membership.access.v1"
    version: ClassVar[int] = 2

    person_id: UUID
    content_id: UUID
    reason_kind: ReasonKind
    reason_id: UUID


class ContentGranted(ContentAccessContract):
    """The person bought it; `first` when nothing they had bought opened it before."""

    first: bool


class ContentRevoked(ContentAccessContract):
    """What was bought was given back; `last` when nothing else they bought opens it."""

    last: bool
