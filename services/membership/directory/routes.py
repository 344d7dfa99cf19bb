"""Being found by the other members, as one likes, and finding them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, StringConstraints

from services.membership.directory import commands
from services.membership.directory.decider import DIRECTORY, entry_stream, insist_on_member
from services.membership.directory.projections import EntryRow, entries_of, entry_of
from services.membership.member.projections import standing_of
from services.membership.recognition.projections import labels_of
from services.membership.spelling import has_words
from shared.decider import NotFound
from shared.http import Body, Caller, Page, Written, by_moment, needs, paging
from shared.ids import PersonId
from shared.personal_value import Sealed
from shared.reaction import Ask
from shared.takeout.table import paged

router = APIRouter()

Member = Annotated[Caller, needs("person")]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


class ShowEntry(Body):
    """Only what stands here is shown; `contact` is any way to reach them, such as an address or a handle."""

    name: Line
    about: Words | None = None
    contact: Line | None = None


class Entry(BaseModel):
    """`level` is what the level is called that they have by what they do, null without one."""

    person_id: UUID
    name: str
    about: str | None
    contact: str | None
    level: str | None
    shown_at: datetime


class Directory(BaseModel):
    items: list[Entry]
    next: str | None


@router.put("/me/directory-entry", operation_id="show_entry")
async def show_entry(body: ShowEntry, caller: Member) -> Written:
    """The whole entry anew, for all members to see; until it is taken out, or one leaves."""
    person_id = PersonId(caller.person_id)

    async def sealed(text: str | None) -> Sealed | None:
        return await caller.seal(person_id, text) if text else None

    show = commands.ShowEntry(
        person_id=person_id,
        member=await standing_of(caller.service, caller.community_id, person_id),
        name=await caller.seal(person_id, body.name),
        about=await sealed(body.about),
        contact=await sealed(body.contact),
    )
    return await caller.ask(Ask(DIRECTORY, entry_stream(person_id), show))


@router.delete("/me/directory-entry", operation_id="hide_entry")
async def hide_entry(caller: Member) -> Written:
    hide = commands.HideEntry("own_wish")
    return await caller.ask(Ask(DIRECTORY, entry_stream(caller.person_id), hide))


@router.get("/me/directory-entry", operation_id="read_my_entry")
async def read_my_entry(caller: Member) -> Entry:
    """What the others see of one."""
    async with caller.read() as connection:
        row = await entry_of(connection, caller.person_id)
    shown = await _opened(caller, [row] if row else [])
    if not shown:
        raise NotFound("entry_not_found", "You are not in the directory.")
    return shown[0]


@router.get("/directory", operation_id="list_directory")
async def list_directory(caller: Member, page: Annotated[Page, Depends(paging)]) -> Directory:
    """Those who let themselves be found, the newest entries first; for members alone."""
    insist_on_member(await standing_of(caller.service, caller.community_id, caller.person_id))
    async with caller.read() as connection:
        rows = await entries_of(
            connection, caller.community_id, page.cursor(by_moment), page.limit + 1
        )
    shown = page.answer(rows, lambda last: f"{last.shown_at.isoformat()} {last.person_id}")
    return Directory(items=await _opened(caller, shown["items"]), next=shown["next"])


class Sought(Body):
    """Each of the words stands in what somebody shows of themselves; capitals and accents do not matter."""

    words: Line


@router.post("/directory/search", operation_id="search_directory")
async def search_directory(
    body: Sought,
    caller: Annotated[Caller, needs("person", idempotent=False)],
    page: Annotated[Page, Depends(paging)],
) -> Directory:
    """The newest entries first; all are opened for it, as none is kept in a form that can be searched."""
    insist_on_member(await standing_of(caller.service, caller.community_id, caller.person_id))
    begin = page.cursor(by_moment)

    async def read(last: EntryRow | None, limit: int) -> list[EntryRow]:
        before = (last.shown_at, last.person_id) if last else begin
        async with caller.read() as connection:
            return await entries_of(connection, caller.community_id, before, limit)

    found: list[Entry] = []
    async for rows in paged(read):
        entries = await _opened(caller, rows)
        found += [one for one in entries if has_words(_shown(one), body.words)]
        if len(found) > page.limit:
            break
    return Directory(
        **page.answer(found, lambda last: f"{last.shown_at.isoformat()} {last.person_id}")
    )


def _shown(entry: Entry) -> str:
    return " ".join(word for word in (entry.name, entry.about, entry.contact) if word)


async def _opened(caller: Caller, rows: Sequence[EntryRow]) -> list[Entry]:
    """Without whom was erased a moment ago."""
    async with caller.read() as connection:
        levels = await labels_of(connection, [row.person_id for row in rows])
    texts = iter(
        await caller.open_all(
            [sealed for row in rows for sealed in (row.name, row.about, row.contact)]
        )
    )
    entries = zip(rows, texts, texts, texts, strict=True)
    return [
        Entry(
            person_id=row.person_id,
            name=name,
            about=about,
            contact=contact,
            level=levels.get(row.person_id),
            shown_at=row.shown_at,
        )
        for row, name, about, contact in entries
        if name is not None
    ]
