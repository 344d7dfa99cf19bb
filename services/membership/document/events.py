"""What happened to a community's legal documents, and who accepted them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shared.ids import Code, Label, PersonId

Kind = Literal["terms", "privacy", "conduct"]


@dataclass(frozen=True, slots=True)
class DocumentPublished:
    """A version, which never changes: the text at `url` is the one whose SHA-256 (hex) is `sha256`.

    It is in force from `effective_at` until the next one is. Where `must_accept`, people are asked again;
    else `changes` is nothing they would have to agree to anew.
    """

    kind: Kind
    number: int
    url: Code
    sha256: Code
    language: Code
    effective_at: datetime
    must_accept: bool
    changes: Label | None


DocumentEvent = DocumentPublished


@dataclass(frozen=True, slots=True)
class DocumentAccepted:
    """The person agreed to this version, or, where there is nothing to agree to, has seen it."""

    person_id: PersonId
    kind: Kind
    number: int


AcceptanceEvent = DocumentAccepted


@dataclass(frozen=True, slots=True)
class ReadersTold:
    """Some of those who are written to, because from `effective_at` on they must have accepted this version."""

    kind: Kind
    number: int
    url: Code
    effective_at: datetime
    changes: Label | None
    people: tuple[PersonId, ...]


NoticeEvent = ReadersTold
