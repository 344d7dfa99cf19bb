"""tessera.membership.document.v1: what a community wants to be agreed to, and who did."""

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime

from shared.contracts.contract import CodeText, Contract


class DocumentContract(Contract):
    """A fact about one kind of legal document; the key is that document, or the reader's acceptances."""

    topic: ClassVar[str] = "tessera.membership.document.v1"

    kind: Literal["terms", "privacy", "conduct"]
    number: int


class DocumentPublished(DocumentContract):
    """A version that never changes, and holds from `effective_at` until the next one does."""

    version: ClassVar[int] = 2

    sha256: CodeText
    effective_at: AwareDatetime
    must_accept: bool
    languages: tuple[CodeText, ...] = ()


class DocumentAccepted(DocumentContract):
    """A person agreed to this version."""

    person_id: UUID
