"""What may be asked of whom a person has to do with."""

from dataclasses import dataclass
from uuid import UUID

from services.membership.introduction.events import EndedBecause


@dataclass(frozen=True, slots=True)
class OpenWish:
    introduction_id: UUID


@dataclass(frozen=True, slots=True)
class CloseWish:
    introduction_id: UUID


@dataclass(frozen=True, slots=True)
class HearWish:
    introduction_id: UUID


@dataclass(frozen=True, slots=True)
class LeaveAcquaintances:
    cause: EndedBecause


AcquaintanceCommand = OpenWish | CloseWish | HearWish | LeaveAcquaintances
