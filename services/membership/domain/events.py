"""What happened to the domain that a community calls its own, and to the name itself."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shared.ids import Code, CommunityId

Finding = Literal["found", "absent", "another_record", "unanswered"]
LostBy = Literal["absence", "another_proof", "choice"]


@dataclass(frozen=True, slots=True)
class DomainClaimed:
    """The record that holds `token` would prove it; it is looked for when it is `due`, and until the claim is over."""

    name: Code
    token: Code
    due: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class DomainLookBegun:
    """`look` counts the looks, at whatever name."""

    look: int
    name: Code
    token: Code
    at: datetime


@dataclass(frozen=True, slots=True)
class DomainProved:
    """The record was there for the first time; `proof` is the number of the look that saw it."""

    name: Code
    proof: int
    due: datetime


@dataclass(frozen=True, slots=True)
class DomainSeen:
    """It was still, or again, there."""

    due: datetime


@dataclass(frozen=True, slots=True)
class DomainNotSeen:
    """Of a domain that was proved, `loses_at` is when it will be lost unless the record is back; `is_news` at first."""

    name: Code
    finding: Finding
    due: datetime
    loses_at: datetime | None
    is_news: bool


@dataclass(frozen=True, slots=True)
class DomainClaimEnded:
    """Nobody proved it in time, or its community wants it no more."""

    name: Code


@dataclass(frozen=True, slots=True)
class DomainLost:
    """It was proved by the look `proof`, and counts no longer."""

    name: Code
    proof: int
    by: LostBy


DomainEvent = (
    DomainClaimed
    | DomainLookBegun
    | DomainProved
    | DomainSeen
    | DomainNotSeen
    | DomainClaimEnded
    | DomainLost
)


@dataclass(frozen=True, slots=True)
class Proof:
    """Whose look it was, by its number."""

    community_id: CommunityId
    number: int


@dataclass(frozen=True, slots=True)
class DomainNameTaken:
    """By who proved it last; `before` is whose it was."""

    name: Code
    proof: Proof
    before: Proof | None


@dataclass(frozen=True, slots=True)
class DomainNameFreed:
    pass


DomainNameEvent = DomainNameTaken | DomainNameFreed
