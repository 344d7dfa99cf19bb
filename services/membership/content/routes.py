"""Preparing content, publishing it, showing who may open it when, and opening it."""

import asyncio
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import AfterValidator, AwareDatetime, BaseModel, Field

from services.membership.access.projections import standing_now
from services.membership.activity_choice.projections import declined_now
from services.membership.community.projections import community_now
from services.membership.content import commands
from services.membership.content.decider import (
    CONTENT,
    OPENING,
    Reader,
    changed_at,
    check_open,
    opening_of,
    opens_at,
)
from services.membership.content.events import (
    Audience,
    ContentId,
    Early,
    Item,
    Kind,
    Part,
    Text,
    Words,
)
from services.membership.content.projections import (
    ContentRow,
    contents_for,
    desk_of,
    item_now,
    published_now,
    teasers_of,
)
from services.membership.file.events import FileId
from services.membership.file.projections import file_now
from services.membership.gateways.gateway import files_of
from services.membership.gateways.pages import html_of
from services.membership.languages import chosen
from services.membership.member.projections import standing_of
from services.membership.text.events import text_of
from services.membership.text.projections import keeping, markdown_of
from services.membership.tier.events import TierId
from services.membership.tiers_named import unknown_tiers
from shared.decider import NotFound
from shared.files import Door, File
from shared.http import Body, Caller, Page, Written, by_moment, listing, needs, paging
from shared.ids import Code, Label, PersonId
from shared.problem import Problem, error
from shared.reaction import Ask
from shared.visibility.gate import Visitor

router = APIRouter()

Staff = Annotated[Caller, needs("content.write")]
Language = Annotated[str, Field(pattern="^[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?$")]


class WordsAsked(Body):
    language: Language
    title: str = Field(min_length=1, max_length=200)
    teaser: str | None = Field(default=None, min_length=1, max_length=1_000)


class FileAsked(Body):
    file_id: UUID
    language: Language | None = None


def _plain(markdown: str) -> str:
    text = markdown.replace("\r\n", "\n")
    if any(character < " " and character not in "\n\t" for character in text):
        raise ValueError("has control characters")
    return text


class TextAsked(Body):
    language: Language
    markdown: Annotated[str, AfterValidator(_plain)]


class EarlyAsked(Body):
    tier_id: UUID
    hours: int


class Describe(Body):
    """News and articles may have `texts`: CommonMark without HTML and pictures, at most 100,000 bytes each."""

    kind: Kind
    words: tuple[WordsAsked, ...]
    files: tuple[FileAsked, ...] = Field(default=(), max_length=100)
    texts: tuple[TextAsked, ...] = Field(default=(), max_length=100)
    audience: Audience
    tiers: tuple[UUID, ...] = ()
    early: tuple[EarlyAsked, ...] = ()


class Publish(Body):
    visible_from: AwareDatetime | None = None


class Teaser(BaseModel):
    """What everybody may know of it."""

    content_id: UUID
    kind: Kind
    words: tuple[Words, ...]
    audience: Audience
    visible_from: datetime


class ContentItem(BaseModel):
    """What a person may open from `opens_at` on; whoever is early sees an earlier moment."""

    content_id: UUID
    kind: Kind
    words: tuple[Words, ...]
    files: tuple[Part, ...]
    texts: tuple[Text, ...] = ()
    opens_at: datetime
    is_open: bool


class Reading(BaseModel):
    """One of its `languages`, as Markdown and as HTML that does nothing: no scripts, no pictures, no styles.

    It was `changed_at` a moment, if since it opened to who reads it.
    """

    content_id: UUID
    language: str
    languages: list[str]
    version: int
    changed_at: datetime | None
    markdown: str
    html: str


class Teasers(BaseModel):
    items: list[Teaser]
    next: str | None


class ContentItems(BaseModel):
    items: list[ContentItem]
    next: str | None


class DeskItems(BaseModel):
    items: list[ContentRow]
    next: str | None


@router.post("/content", status_code=201, operation_id="draft_content")
async def draft_content(body: Describe, caller: Staff) -> Written:
    content_id = caller.new_id("content")
    draft = commands.DraftContent(await _item(caller, content_id, body))
    asks = [Ask(CONTENT, content_id, draft), *_texts_kept(content_id, body)]
    return await caller.ask(*asks, content_id=content_id)


@router.put("/content/{content_id}", operation_id="revise_content")
async def revise_content(content_id: UUID, body: Describe, caller: Staff) -> Written:
    """All of it anew. A text that says something else is its next version; who reads it sees when it was changed."""
    revise = commands.ReviseContent(await _item(caller, content_id, body))
    asks = [Ask(CONTENT, content_id, revise), *_texts_kept(content_id, body)]
    return await caller.ask(*asks, content_id=content_id)


@router.post("/content/{content_id}/publication", operation_id="publish_content")
async def publish_content(content_id: UUID, body: Publish, caller: Staff) -> Written:
    """At once, or scheduled for the moment that is named."""
    publish = commands.PublishContent(body.visible_from, caller.now)
    return await caller.ask(Ask(CONTENT, content_id, publish), content_id=content_id)


@router.post("/content/{content_id}/withdrawal", operation_id="withdraw_content")
async def withdraw_content(content_id: UUID, caller: Staff) -> Written:
    withdraw = commands.WithdrawContent()
    return await caller.ask(Ask(CONTENT, content_id, withdraw), content_id=content_id)


@router.get("/content/desk", operation_id="list_desk")
async def list_desk(
    caller: Staff, page: Annotated[Page, Depends(listing(filters=("standing",)))]
) -> DeskItems:
    """All there is, drafts too, the last drafted first."""
    async with caller.read() as connection:
        rows = await desk_of(
            connection,
            caller.community_id,
            page.filters.get("standing"),
            page.cursor(by_moment),
            page.limit + 1,
        )
    return DeskItems(
        **page.answer(rows, lambda row: f"{row.drafted_at.isoformat()} {row.content_id}")
    )


@router.get("/content/desk/{content_id}/text", operation_id="read_text_at_desk")
async def read_text_at_desk(
    content_id: UUID, request: Request, caller: Staff, language: Language | None = None
) -> Reading:
    """As its staff prepare it, published or not; `language` is found as for its readers."""
    item = await item_now(caller.service, caller.community_id, content_id)
    return await _reading(caller, caller.community_id, content_id, item, request, language)


@router.get("/content", operation_id="list_content")
async def list_content(
    caller: Annotated[Caller, needs("person")], page: Annotated[Page, Depends(paging)]
) -> ContentItems:
    """What is open to the person and what will be, the newest first; nothing else."""
    reader = await _reader(caller)
    async with caller.read() as connection:
        rows = await contents_for(
            connection, caller.community_id, reader, page.cursor(by_moment), page.limit + 1
        )
    answer = page.answer(rows, lambda row: f"{row.visible_from.isoformat()} {row.content_id}")
    return ContentItems(
        items=[shown for row in answer["items"] if (shown := _to_read(row, reader, caller.now))],
        next=answer["next"],
    )


@router.get("/content/{content_id}/file", operation_id="open_content")
async def open_content(
    content_id: UUID, caller: Annotated[Caller, needs("person")], file_id: UUID | None = None
) -> Door:
    """A link to one of its files, the first if none is named; who may open it is asked at this moment."""
    item, _ = await _opened(caller, content_id)
    return await _link(caller, caller.community_id, item, file_id)


@router.get("/content/{content_id}/text", operation_id="read_content")
async def read_content(
    content_id: UUID,
    request: Request,
    caller: Annotated[Caller, needs("person")],
    language: Language | None = None,
) -> Reading:
    """What there is to read; who may open it is asked at this moment.

    In the `language` that is asked for or that Accept-Language prefers, else in the community's, if it is there so.
    """
    item, opening = await _opened(caller, content_id)
    return await _reading(caller, caller.community_id, content_id, item, request, language, opening)


@router.get("/public/communities/{community_id}/content", operation_id="list_teasers")
async def list_teasers(
    community_id: UUID, caller: Visitor, page: Annotated[Page, Depends(paging)]
) -> Teasers:
    """What everybody may know of, the newest first: public content, and the rest where it has a teaser."""
    async with caller.read(community_id) as connection:
        rows = await teasers_of(connection, community_id, page.cursor(by_moment), page.limit + 1)
    answer = page.answer(rows, lambda row: f"{row.visible_from.isoformat()} {row.content_id}")
    shown = [
        Teaser(
            content_id=row.content_id,
            kind=row.item.kind,
            words=row.item.words,
            audience=row.item.audience,
            visible_from=row.visible_from,
        )
        for row in answer["items"]
    ]
    return Teasers(items=shown, next=answer["next"])


@router.get(
    "/public/communities/{community_id}/content/{content_id}/file",
    operation_id="open_public_content",
)
async def open_public_content(
    community_id: UUID,
    content_id: UUID,
    caller: Visitor,
    file_id: UUID | None = None,
) -> Door:
    item, visible_from = await published_now(caller.service, community_id, content_id)
    check_open(opens_at(item, visible_from, ContentId(content_id), Reader()), caller.now)
    return await _link(caller, community_id, item, file_id)


@router.get(
    "/public/communities/{community_id}/content/{content_id}/text",
    operation_id="read_public_content",
)
async def read_public_content(
    community_id: UUID,
    content_id: UUID,
    request: Request,
    caller: Visitor,
    language: Language | None = None,
) -> Reading:
    item, visible_from = await published_now(caller.service, community_id, content_id)
    opening = opens_at(item, visible_from, ContentId(content_id), Reader())
    check_open(opening, caller.now)
    return await _reading(caller, community_id, content_id, item, request, language, opening)


async def _opened(caller: Caller, content_id: UUID) -> tuple[Item, datetime | None]:
    """What the person opens now, and when it did to them; the first time of a day is recorded."""
    item, visible_from = await published_now(caller.service, caller.community_id, content_id)
    content, person_id = ContentId(content_id), PersonId(caller.person_id)
    opening = opens_at(item, visible_from, content, await _reader(caller))
    recorded = person_id not in await declined_now(caller.service, caller.community_id)
    asked = commands.OpenContent(person_id, content, item.kind, opening, caller.now, recorded)
    stream = opening_of(content, person_id)
    if OPENING.decide(asked, await caller.state(OPENING, stream)):
        await caller.ask(Ask(OPENING, stream, asked))
    return item, opening


async def _reading(
    caller: Caller,
    community_id: UUID,
    content_id: UUID,
    item: Item,
    request: Request,
    language: str | None,
    opening: datetime | None = None,
) -> Reading:
    texts = {text.language: text for text in item.texts}
    if not texts:
        raise NotFound("text_not_found", "It has no text.")
    community = await community_now(caller.service, community_id)
    accepted = request.headers.get("accept-language", "")
    text = texts[Code(chosen(list(texts), language, accepted, [community.language]))]
    markdown = await markdown_of(caller.service, community_id, text.text_id)
    return Reading(
        content_id=content_id,
        language=text.language,
        languages=list(texts),
        version=text.version,
        changed_at=changed_at(text, opening) if opening else None,
        markdown=markdown,
        html=await asyncio.to_thread(html_of, markdown),
    )


async def _reader(caller: Caller) -> Reader:
    person_id = PersonId(caller.person_id)
    access = await standing_now(caller.service, caller.community_id, person_id)
    member = await standing_of(caller.service, caller.community_id, person_id)
    return Reader(member == "joined", access.tiers, access.contents)


async def _link(caller: Caller, community_id: UUID, item: Item, file_id: UUID | None) -> Door:
    found = [part for part in item.parts if file_id in (None, part.file_id)]
    if not found:
        raise NotFound("file_not_found", "It has no such file.")
    part = found[0]
    file = File(community_id, part.file_id, part.size, part.media_type, part.sha256)
    return await files_of(caller.service.gateways).read(file, part.name)


def _texts_kept(content_id: UUID, body: Describe) -> list[Ask]:
    kept = [
        keeping(content_id, Code(text.language), Label(text.markdown), f"/texts/{place}/markdown")
        for place, text in enumerate(body.texts)
    ]
    return list({ask.stream_id: ask for ask in kept}.values())


async def _item(caller: Caller, content_id: UUID, body: Describe) -> Item:
    """What is described, once all it names is known to exist."""
    wrong = await _wrong_tiers(caller, body)
    found = [await _part(caller, asked) for asked in body.files]
    wrong += [
        error("file_not_there", "There is no such completed file.", f"/files/{number}/file_id")
        for number, part in enumerate(found)
        if part is None
    ]
    if wrong:
        raise Problem(422, "invalid_request", "It names what does not exist.", errors=wrong)
    return Item(
        body.kind,
        tuple(
            Words(Code(w.language), Label(w.title), Label(w.teaser) if w.teaser else None)
            for w in body.words
        ),
        tuple(part for part in found if part is not None),
        body.audience,
        tuple(TierId(tier_id) for tier_id in body.tiers),
        tuple(Early(TierId(early.tier_id), early.hours) for early in body.early),
        tuple(
            Text(
                language=Code(text.language),
                text_id=text_of(content_id, text.language, text.markdown),
                size=len(text.markdown.encode()),
                written_at=caller.now,
            )
            for text in body.texts
        ),
    )


async def _wrong_tiers(caller: Caller, body: Describe) -> list[dict[str, Any]]:
    named = [(f"/tiers/{number}", tier_id) for number, tier_id in enumerate(body.tiers)]
    named += [(f"/early/{number}/tier_id", e.tier_id) for number, e in enumerate(body.early)]
    return await unknown_tiers(caller, named)


async def _part(caller: Caller, asked: FileAsked) -> Part | None:
    try:
        file = await file_now(caller.service, caller.community_id, asked.file_id)
    except NotFound:
        return None
    if file is None or not file.completed:
        return None
    told = file.announced
    return Part(
        FileId(asked.file_id),
        told.name,
        told.media_type,
        told.size,
        told.sha256,
        Code(asked.language) if asked.language else None,
    )


def _to_read(row: ContentRow, reader: Reader, now: datetime) -> ContentItem | None:
    opening = row.visible_from and opens_at(row.item, row.visible_from, row.content_id, reader)
    if opening is None:
        return None
    return ContentItem(
        content_id=row.content_id,
        kind=row.item.kind,
        words=row.item.words,
        files=row.item.parts,
        texts=row.item.texts,
        opens_at=opening,
        is_open=opening <= now,
    )
