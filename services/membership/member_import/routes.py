"""Bringing members from elsewhere: upload, see what it would do, start, watch."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel

from services.membership.account.projections import EMAIL
from services.membership.community.projections import page_of, spoken
from services.membership.cursors import by_number
from services.membership.member.events import Language
from services.membership.member_import import commands
from services.membership.member_import.decider import MEMBER_IMPORT, file_of
from services.membership.member_import.events import CardLetter, RefusedRow
from services.membership.member_import.projections import (
    EXTERNAL,
    ImportRow,
    import_of,
    imports_of,
    known_by,
    refusals_of,
)
from services.membership.spreadsheet import Row, Rules, read
from services.membership.tier.projections import tiers_of
from services.membership.transition.projections import offer_heard
from shared.decider import NotFound
from shared.event_store import Unavailable
from shared.http import Caller, Page, Written, by_moment, needs, paging
from shared.problem import Problem
from shared.reaction import Ask

router = APIRouter()

KEPT = timedelta(days=1)
MOST_TOGETHER = 25
MOST_BYTES = 24_000  # Sealed, and with what is said about each row, this fits an event.
CSV = {"requestBody": {"required": True, "content": {"text/csv": {"schema": {"type": "string"}}}}}


class Uploaded(Written):
    import_id: UUID


@router.post("/imports", status_code=201, operation_id="upload_import", openapi_extra=CSV)
async def upload_import(
    request: Request,
    caller: Annotated[Caller, needs("access.write", strict=True)],
    language: Language | None = None,
    offer_id: UUID | None = None,
    letter: CardLetter = "before",
) -> Uploaded:
    """Nobody is imported by this: the report says what would happen, until the import is started or a day is over.

    The first line names the columns: name (or last_name and first_name), email, and if you like tier, paid_until
    (2027-01-31), external_id: where that is the customer of your own Stripe Billing (cus_…), what they pay there can be
    taken over.

    With an `offer_id`, whoever has paid until a day is written to two weeks before it, and `at_once` as well if you ask
    for it: a link subscribes them to that offer, charged first on that day. Who has subscribed by then is left alone.
    """
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != "text/csv":
        raise Problem(415, "not_csv", "Send the file as text/csv.")
    wanted, refused = read(await request.body(), await _rules(caller))
    import_id = caller.new_id("import")
    file = file_of(import_id)
    upload = commands.UploadFile(
        accepted=len(wanted),
        known=await _known(caller, wanted),
        rows=tuple([await caller.seal(file, text) for text in _together(wanted)]),
        refused=tuple(RefusedRow(row.line, row.reason) for row in refused),
        language=await spoken(caller.service, caller.community_id, language),
        expires_at=caller.now + KEPT,
        offer=await _offer(caller, offer_id) if offer_id else None,
        letter=letter,
    )
    written = await caller.ask(Ask(MEMBER_IMPORT, import_id, upload))
    return Uploaded(**written.model_dump(), import_id=import_id)


async def _offer(caller: Caller, offer_id: UUID) -> commands.OfferNamed:
    async with caller.read() as connection:
        heard = await offer_heard(connection, offer_id)
    if heard is None:
        return commands.OfferNamed(offer_id)
    fits = heard.fits and not heard.retired and heard.tier_id is not None
    return commands.OfferNamed(offer_id, known=True, fits=fits)


async def _rules(caller: Caller) -> Rules:
    async with caller.read() as connection:
        page = await page_of(connection, caller.community_id)
        tiers = await tiers_of(connection, caller.community_id)
    if page is None:
        raise Unavailable("The community's page is not there yet.")
    return Rules(
        tiers={tier.name.casefold(): None if tier.retired else tier.tier_id for tier in tiers},
        paid_tiers=frozenset(tier.tier_id for tier in tiers if tier.paid),
        time_zone=ZoneInfo(page.time_zone),
        now=caller.now,
    )


async def _known(caller: Caller, rows: Sequence[Row]) -> int:
    service, community_id = caller.service, caller.community_id
    ids = [row.external_id for row in rows if row.external_id]
    by_id = await known_by(service, community_id, EXTERNAL, ids)
    by_email = await known_by(service, community_id, EMAIL, [row.email for row in rows])
    return sum(row.external_id in by_id or row.email in by_email for row in rows)


def _together(rows: Sequence[Row]) -> Iterator[str]:
    """Few enough rows at a time to be sealed in one event, and taken in one."""
    texts: list[str] = []
    for row in rows:
        text = json.dumps(asdict(row), ensure_ascii=False, default=str)
        size = sum(len(other.encode()) for other in (*texts, text))
        if texts and (len(texts) == MOST_TOGETHER or size > MOST_BYTES):
            yield f"[{','.join(texts)}]"
            texts = []
        texts.append(text)
    if texts:
        yield f"[{','.join(texts)}]"


@router.post("/imports/{import_id}/start", status_code=202, operation_id="start_import")
async def start_import(
    import_id: UUID, caller: Annotated[Caller, needs("access.write", strict=True)]
) -> Written:
    start = commands.StartImport(caller.service.settings.import_letters)
    return await caller.ask(Ask(MEMBER_IMPORT, import_id, start), import_id=import_id)


@router.post("/imports/{import_id}/cancellation", operation_id="cancel_import")
async def cancel_import(
    import_id: UUID, caller: Annotated[Caller, needs("access.write", strict=True)]
) -> Written:
    """Who has been taken stays; the others, and the letters, are forgotten."""
    cancel = commands.CancelImport()
    return await caller.ask(Ask(MEMBER_IMPORT, import_id, cancel), import_id=import_id)


class Imports(BaseModel):
    items: list[ImportRow]
    next: str | None


@router.get("/imports", operation_id="list_imports")
async def list_imports(
    caller: Annotated[Caller, needs("access.write")], page: Annotated[Page, Depends(paging)]
) -> Imports:
    """The newest first."""
    async with caller.read() as connection:
        rows = await imports_of(
            connection,
            caller.community_id,
            before=page.cursor(by_moment),
            limit=page.limit + 1,
        )
    return Imports(
        **page.answer(rows, lambda last: f"{last.uploaded_at.isoformat()} {last.import_id}")
    )


@router.get("/imports/{import_id}", operation_id="read_import")
async def read_import(
    import_id: UUID, caller: Annotated[Caller, needs("access.write")]
) -> ImportRow:
    async with caller.read() as connection:
        found = await import_of(connection, import_id)
    if found is None:
        raise NotFound("import_not_found", "There is no such import.")
    return found


class Refusals(BaseModel):
    items: list[RefusedRow]
    next: str | None


@router.get("/imports/{import_id}/refusals", operation_id="list_import_refusals")
async def list_import_refusals(
    import_id: UUID,
    caller: Annotated[Caller, needs("access.write")],
    page: Annotated[Page, Depends(paging)],
) -> Refusals:
    """Each refused row by the line it begins on, and why."""
    async with caller.read() as connection:
        if await import_of(connection, import_id) is None:
            raise NotFound("import_not_found", "There is no such import.")
        rows = await refusals_of(
            connection, import_id, after=page.cursor(by_number) or 0, limit=page.limit + 1
        )
    return Refusals(**page.answer(rows, lambda last: last.line))
