"""What may be asked of legal documents, and of those who read them."""

from dataclasses import dataclass
from datetime import datetime

from services.membership.agreed import Named
from services.membership.document.events import Kind
from shared.ids import Code, Label, PersonId


@dataclass(frozen=True, slots=True)
class PublishDocument:
    kind: Kind
    url: Code
    sha256: Code
    language: Code
    effective_at: datetime
    must_accept: bool
    changes: Label | None
    at: datetime


DocumentCommand = PublishDocument


@dataclass(frozen=True, slots=True)
class AcceptDocument:
    person_id: PersonId
    named: Named


@dataclass(frozen=True, slots=True)
class RecordAcceptance:
    """The person accepted this version elsewhere, where it was seen to hold."""

    person_id: PersonId
    kind: Kind
    number: int


AcceptanceCommand = AcceptDocument | RecordAcceptance
