"""What became of somebody's data after they were erased; the stream is derived from the person."""

from dataclasses import dataclass
from datetime import datetime

from services.membership.member.events import Service
from shared.ids import Code, PersonId


@dataclass(frozen=True, slots=True)
class CertificateOpened:
    """The person was erased then; `mark` is what only they can tell by (`proof.py`)."""

    person_id: PersonId
    erased_at: datetime
    mark: Code | None


@dataclass(frozen=True, slots=True)
class DestructionReported:
    """A service saw that nothing is left, but what accounting needs until then."""

    person_id: PersonId
    service: Service
    destroyed_at: datetime
    kept_until: datetime | None


@dataclass(frozen=True, slots=True)
class KeptDestructionReported:
    """A service has destroyed what it had kept for accounting."""

    person_id: PersonId
    service: Service
    destroyed_at: datetime


@dataclass(frozen=True, slots=True)
class CertificateOverdue:
    """It has waited for these for days: somebody has to look."""

    person_id: PersonId
    waiting_for: tuple[Service, ...]


@dataclass(frozen=True, slots=True)
class CertificateCompleted:
    """Every service has reported; the last of them looked then."""

    person_id: PersonId
    completed_at: datetime


CertificateEvent = (
    CertificateOpened
    | DestructionReported
    | KeptDestructionReported
    | CertificateOverdue
    | CertificateCompleted
)
