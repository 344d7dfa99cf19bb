"""What may be asked of an erasure's certificate."""

from dataclasses import dataclass
from datetime import datetime

from services.membership.member.events import Service
from shared.ids import Code, PersonId


@dataclass(frozen=True, slots=True)
class OpenCertificate:
    person_id: PersonId
    erased_at: datetime
    mark: Code | None


@dataclass(frozen=True, slots=True)
class ReportDestruction:
    person_id: PersonId
    service: Service
    destroyed_at: datetime
    kept_until: datetime | None


@dataclass(frozen=True, slots=True)
class ReportKeptDestruction:
    person_id: PersonId
    service: Service
    destroyed_at: datetime


@dataclass(frozen=True, slots=True)
class LookIfComplete:
    """Its time is over."""

    person_id: PersonId


CertificateCommand = OpenCertificate | ReportDestruction | ReportKeptDestruction | LookIfComplete
