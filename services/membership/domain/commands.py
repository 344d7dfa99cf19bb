"""What may be asked of a community's own domain, of the name itself, and of whoever knows its records."""

from dataclasses import dataclass
from datetime import datetime

from services.membership.domain.events import Finding, Proof
from shared.ids import Code


@dataclass(frozen=True, slots=True)
class ClaimDomain:
    """`token` is what the record has to hold, unless this very name is claimed already."""

    name: Code
    token: Code
    at: datetime


@dataclass(frozen=True, slots=True)
class GiveUpDomain:
    pass


@dataclass(frozen=True, slots=True)
class BeginLook:
    """Because it is `due` by the clock, or because staff ask for it."""

    at: datetime
    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class RecordLook:
    look: int
    finding: Finding
    at: datetime


@dataclass(frozen=True, slots=True)
class LoseDomain:
    """Another community has proved it since."""

    proof: int


DomainCommand = ClaimDomain | GiveUpDomain | BeginLook | RecordLook | LoseDomain


@dataclass(frozen=True, slots=True)
class TakeDomainName:
    name: Code
    proof: Proof


@dataclass(frozen=True, slots=True)
class FreeDomainName:
    proof: Proof


DomainNameCommand = TakeDomainName | FreeDomainName


@dataclass(frozen=True, slots=True)
class LookForRecord:
    """A look at the records of the name."""

    look: int
    name: Code
    token: Code
