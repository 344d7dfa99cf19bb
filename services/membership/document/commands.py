"""What may be asked of legal documents, and of those who read them."""

from dataclasses import dataclass
from datetime import datetime

from services.membership.agreed import Named
from services.membership.document.events import DocumentPublished, Kind, Text
from services.membership.member.events import StandingNow
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
    translations: tuple[Text, ...] = ()


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
    language: Code | None = None


AcceptanceCommand = AcceptDocument | RecordAcceptance


@dataclass(frozen=True, slots=True)
class Reader:
    """Who may have to be told of a version: what they are in the community by now, and what they `accepted` last."""

    person_id: PersonId
    member: StandingNow
    accepted: int


@dataclass(frozen=True, slots=True)
class TellReaders:
    version: DocumentPublished
    readers: tuple[Reader, ...]


NoticeCommand = TellReaders


@dataclass(frozen=True, slots=True)
class FindReaders:
    """A call to see who is to be told of a version, as of now."""

    kind: Kind
    number: int
