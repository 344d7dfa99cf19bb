"""What happened to a community's legal documents, and who accepted them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shared.ids import Code, Label, PersonId

Kind = Literal["terms", "privacy", "conduct"]


@dataclass(frozen=True, slots=True)
class Text:
    """The text at `url` is the one whose SHA-256 (hex) is `sha256`."""

    language: Code
    url: Code
    sha256: Code


@dataclass(frozen=True, slots=True)
class DocumentPublished:
    """A version, which never changes; the text at `url` binds, its `translations` help to read it.

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
    translations: tuple[Text, ...] = ()

    @property
    def texts(self) -> tuple[Text, ...]:
        """What there is to read, what binds first."""
        return (Text(self.language, self.url, self.sha256), *self.translations)


DocumentEvent = DocumentPublished


@dataclass(frozen=True, slots=True)
class DocumentAccepted:
    """The person agreed to this version, or, where there is nothing to agree to, has seen it.

    It was shown in a `language`, if that is known: whichever it was, the text that binds does.
    """

    person_id: PersonId
    kind: Kind
    number: int
    language: Code | None = None


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
