"""How a person says, in a request, which documents they accept by it."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from services.membership.agreed import Agreement
from services.membership.document.events import DocumentPublished, Kind
from services.membership.document.projections import agreement_now
from shared.http import Body, Caller
from shared.ids import Code, PersonId

DocumentLanguage = Annotated[str, Field(pattern=r"^[a-z]{2}(-[A-Z]{2})?$")]


class AcceptedDocument(Body):
    kind: Kind
    version: int = Field(ge=1, le=1_000_000)


class NamedDocument(AcceptedDocument):
    """In which `language` it was shown, of several, who accepts may say."""

    language: DocumentLanguage | None = None


class DocumentText(BaseModel):
    """The text at `url` is the one with this SHA-256; of a version one `binds`, the others help to read it."""

    language: str
    url: str
    sha256: str
    binds: bool


def texts_shown(version: DocumentPublished) -> list[DocumentText]:
    return [
        DocumentText(language=one.language, url=one.url, sha256=one.sha256, binds=place == 0)
        for place, one in enumerate(version.texts)
    ]


class AskedDocument(BaseModel):
    """Whoever comes in accepts it, in this version; the text at `url` binds."""

    kind: Kind
    version: int
    url: str
    texts: list[DocumentText] = []


class Agree(Body):
    """`accepted_documents`: what the person agrees to by coming in, in force or announced.

    Without one that is to be accepted nobody comes in: `documents_not_accepted` names each, and where it can be read.
    """

    accepted_documents: tuple[NamedDocument, ...] = Field(default=(), max_length=10)


async def agreement_of(
    caller: Caller, community_id: UUID, person_id: PersonId | None, body: Agree
) -> Agreement:
    named = {
        Code(f"/accepted_documents/{place}/version"): (
            document.kind,
            document.version,
            Code(document.language) if document.language else None,
        )
        for place, document in enumerate(body.accepted_documents)
    }
    return await agreement_now(caller.service, community_id, person_id, named, caller.now)


async def asked_of_newcomers(caller: Caller, community_id: UUID) -> list[AskedDocument]:
    """What who is no member yet accepts by coming in."""
    agreement = await agreement_now(caller.service, community_id, None, {}, caller.now)
    return [
        AskedDocument(kind=one.kind, version=one.number, url=one.url, texts=texts_shown(one))
        for one in agreement.asked
    ]


def still_asked(documents: Sequence[DocumentPublished]) -> tuple[AcceptedDocument, ...]:
    return tuple(AcceptedDocument(kind=one.kind, version=one.number) for one in documents)
