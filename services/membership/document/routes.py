"""Publishing legal documents, reading them, agreeing to them, and seeing who has not."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, get_args
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import AwareDatetime, BaseModel, Field

from services.membership.agreeing import DocumentLanguage, DocumentText, texts_shown
from services.membership.community.projections import community_now
from services.membership.document import commands
from services.membership.document.decider import (
    DOCUMENT,
    document_stream,
)
from services.membership.document.events import DocumentPublished, Kind, Text
from services.membership.document.projections import (
    accepted_since,
    accepting,
    agreement_now,
    counted,
    document_now,
    versions_of,
    without,
)
from services.membership.languages import chosen
from shared.http import Body, Caller, Page, Written, needs, paging
from shared.ids import Code, Label, PersonId
from shared.reaction import Ask
from shared.visibility.gate import Visitor

router = APIRouter()

CACHEABLE = "public, max-age=60"


Url = Annotated[str, Field(max_length=500, pattern=r"^https://[^\s\"'<>]+$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class TranslationAsked(Body):
    language: DocumentLanguage
    url: Url
    sha256: Sha256


class PublishDocument(Body):
    """Without `effective_at` it holds at once. `sha256` is that of the text at `url`, in hex.

    That text binds; its `translations` help to read it, and are of the same version.
    """

    kind: Kind
    url: Url
    sha256: Sha256
    language: DocumentLanguage | None = None
    translations: tuple[TranslationAsked, ...] = Field(default=(), max_length=100)
    effective_at: AwareDatetime | None = None
    must_accept: bool = True
    changes: str | None = Field(default=None, min_length=1, max_length=1_000)


@router.post("/documents", status_code=201, operation_id="publish_document")
async def publish_document(
    body: PublishDocument, caller: Annotated[Caller, needs("community.write", strict=True)]
) -> Written:
    """The next version of this kind; what was published stays as it was.

    Without a `language` it is in the community's.
    """
    community = await community_now(caller.service, caller.community_id)
    publish = commands.PublishDocument(
        kind=body.kind,
        url=Code(body.url),
        sha256=Code(body.sha256),
        language=Code(body.language or community.language),
        effective_at=body.effective_at or caller.now,
        must_accept=body.must_accept,
        changes=Label(body.changes) if body.changes else None,
        at=caller.now,
        translations=tuple(
            Text(Code(one.language), Code(one.url), Code(one.sha256)) for one in body.translations
        ),
    )
    stream = document_stream(caller.community_id, body.kind)
    return await caller.ask(Ask(DOCUMENT, stream, publish))


class Version(BaseModel):
    """`version` counts from 1; the text at `url` is the one with this SHA-256, in the reader's `language`.

    All its languages are in `texts`, the one that binds first.
    """

    kind: Kind
    version: int
    url: str
    sha256: str
    language: str
    effective_at: datetime
    must_accept: bool
    changes: str | None
    texts: list[DocumentText] = []


class Versions(BaseModel):
    items: list[Version]


@dataclass(frozen=True, slots=True)
class Wish:
    """In which language somebody wants to read, by what they ask and what their browser says."""

    asked: str | None
    accepted: str


def _wish(request: Request, language: DocumentLanguage | None = None) -> Wish:
    """The `language` is a wish: what there is not in it comes as Accept-Language prefers, else as it binds."""
    return Wish(language, request.headers.get("accept-language", ""))


Wished = Annotated[Wish, Depends(_wish)]


def _shown(told: DocumentPublished, wish: Wish) -> Version:
    texts = {text.language: text for text in told.texts}
    text = texts[Code(chosen(list(texts), wish.asked, wish.accepted, [told.language]))]
    return Version(
        kind=told.kind,
        version=told.number,
        url=text.url,
        sha256=text.sha256,
        language=text.language,
        effective_at=told.effective_at,
        must_accept=told.must_accept,
        changes=told.changes,
        texts=texts_shown(told),
    )


@router.get("/public/communities/{community_id}/documents", operation_id="list_public_documents")
async def list_public_documents(
    community_id: UUID, response: Response, caller: Visitor, wish: Wished
) -> Versions:
    """Every version by kind and number: those that held, that hold, and that are announced.

    Each in the `language` that is asked for or that Accept-Language prefers, if it is there so; else as it binds.
    """
    response.headers["Vary"] = "Accept-Language"
    if caller.principal is None:  # What members alone see is not for caches that others share.
        response.headers["Cache-Control"] = CACHEABLE
    async with caller.read(community_id) as connection:
        versions = await versions_of(connection, community_id)
    return Versions(items=[_shown(one, wish) for one in versions])


class AcceptDocument(Body):
    """In which `language` it was shown, of several, who accepts may say."""

    version: int = Field(ge=1, le=1_000_000)
    language: DocumentLanguage | None = None


@router.post("/documents/{kind}/acceptance", operation_id="accept_document")
async def accept_document(
    kind: Kind, body: AcceptDocument, caller: Annotated[Caller, needs("person")]
) -> Written:
    """The version in force, or one that is announced."""
    person_id, language = PersonId(caller.person_id), Code(body.language) if body.language else None
    named = {Code("/version"): (kind, body.version, language)}
    agreement = await agreement_now(
        caller.service, caller.community_id, person_id, named, caller.now
    )
    return await caller.ask(*accepting(person_id, agreement))


class Agreement(BaseModel):
    """`asked` until the person has accepted what must be; `accepted` is the latest version that they did, and when.

    It was shown to them in `accepted_language`, if that is known.
    """

    in_force: Version | None
    announced: list[Version]
    accepted: int | None
    accepted_at: datetime | None
    accepted_language: str | None = None
    asked: bool


class Agreements(BaseModel):
    items: list[Agreement]


@router.get("/documents/mine", operation_id="list_my_documents")
async def list_my_documents(caller: Annotated[Caller, needs("person")], wish: Wished) -> Agreements:
    """What holds for the person, and what they are asked to accept."""
    service, community_id, person_id = caller.service, caller.community_id, caller.person_id
    latest = await accepted_since(service, PersonId(person_id))
    items = []
    for kind in get_args(Kind):
        document = await document_now(service, community_id, kind)
        if document.versions:
            now = document.in_force(caller.now)
            later = [one for one in document.versions if one.effective_at > caller.now]
            accepted, accepted_at = latest.get(kind, (None, None))
            number = accepted.number if accepted else 0
            items.append(
                Agreement(
                    in_force=_shown(now, wish) if now else None,
                    announced=[_shown(one, wish) for one in later],
                    accepted=number or None,
                    accepted_at=accepted_at,
                    accepted_language=accepted.language if accepted else None,
                    asked=number < document.asks_for(caller.now),
                )
            )
    return Agreements(items=items)


class Acceptances(BaseModel):
    """Of so many `members` so many have `accepted` what must be; `items` are those who have not."""

    version: int
    members: int
    accepted: int
    items: list[UUID]
    next: str | None


@router.get("/documents/{kind}/acceptances", operation_id="list_acceptances")
async def list_acceptances(
    kind: Kind,
    caller: Annotated[Caller, needs("members.read")],
    page: Annotated[Page, Depends(paging)],
) -> Acceptances:
    """Of the version that everybody must have accepted by now; there is none where `version` is 0."""
    document = await document_now(caller.service, caller.community_id, kind)
    number = document.asks_for(caller.now)
    async with caller.read() as connection:
        members, missing = await counted(connection, caller.community_id, kind, number)
        people = await without(
            connection, caller.community_id, kind, number, page.cursor(UUID), page.limit + 1
        )
    if not number:
        return Acceptances(version=0, members=members, accepted=0, items=[], next=None)
    answer = page.answer(people, lambda person_id: person_id)
    return Acceptances(version=number, members=members, accepted=members - missing, **answer)
