"""Asking to know another member, and saying yes or no."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, StringConstraints

from services.membership.acquaintance.projections import opening_wish
from services.membership.directory.projections import entry_of
from services.membership.introduction import commands
from services.membership.introduction.decider import INTRODUCTION
from services.membership.introduction.events import introduction_of
from services.membership.introduction.projections import IntroductionRow, introductions_of
from services.membership.member.projections import said_of, standing_of
from shared.http import Body, Caller, Page, Written, by_moment, needs, paging
from shared.ids import PersonId
from shared.personal_value import Sealed
from shared.reaction import Ask

router = APIRouter()

Member = Annotated[Caller, needs("person")]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]


class AskIntroduction(Body):
    """The other learns one's name and what one writes here; one's address only by a yes."""

    person_id: UUID
    words: Words | None = None


class AskedIntroduction(Written):
    introduction_id: UUID


@router.post("/me/introductions", status_code=201, operation_id="ask_introduction")
async def ask_introduction(body: AskIntroduction, caller: Member) -> AskedIntroduction:
    """Of somebody in the directory, who has thirty days. A no is not told; nobody is asked again for half a year."""
    person_id, other = PersonId(caller.person_id), PersonId(body.person_id)
    async with caller.read() as connection:
        entry = await entry_of(connection, other)
    wish = commands.AskIntroduction(
        asker=person_id,
        asked=other,
        words=await caller.seal(person_id, body.words) if body.words else None,
        at=caller.now,
        member=await standing_of(caller.service, caller.community_id, person_id),
        is_shown=entry is not None,
    )
    introduction_id = introduction_of(person_id, other)
    written = await caller.ask(
        Ask(INTRODUCTION, introduction_id, wish), opening_wish(person_id, introduction_id)
    )
    return AskedIntroduction(**written.model_dump(), introduction_id=introduction_id)


class AnswerIntroduction(Body):
    agreed: bool


@router.post("/me/introductions/{introduction_id}/answer", operation_id="answer_introduction")
async def answer_introduction(
    introduction_id: UUID, body: AnswerIntroduction, caller: Member
) -> Written:
    """With a yes each sees the other's name and address. A no may become a yes while it waits."""
    answer = commands.AnswerIntroduction(PersonId(caller.person_id), body.agreed)
    return await caller.ask(Ask(INTRODUCTION, introduction_id, answer))


@router.delete("/me/introductions/{introduction_id}", operation_id="withdraw_introduction")
async def withdraw_introduction(introduction_id: UUID, caller: Member) -> Written:
    withdraw = commands.WithdrawIntroduction(PersonId(caller.person_id))
    return await caller.ask(Ask(INTRODUCTION, introduction_id, withdraw))


class Introduction(BaseModel):
    """`email` is there once both agree. To whoever asked, a no is `waiting` until its time is over."""

    introduction_id: UUID
    person_id: UUID
    by_me: bool
    standing: Literal["waiting", "agreed", "declined", "unanswered", "withdrawn", "ended"]
    name: str | None
    email: str | None
    words: str | None
    asked_at: datetime
    again_at: datetime


class Introductions(BaseModel):
    items: list[Introduction]
    next: str | None


@router.get("/me/introductions", operation_id="list_my_introductions")
async def list_my_introductions(
    caller: Member, page: Annotated[Page, Depends(paging)]
) -> Introductions:
    """The newest first; for the two alone: no staff reads it."""
    async with caller.read() as connection:
        rows = await introductions_of(
            connection, caller.person_id, before=page.cursor(by_moment), limit=page.limit + 1
        )
        others = {row.of(caller.person_id) for row in rows}
        said = await said_of(connection, others)
    answer: dict[str, Any] = page.answer(
        rows, lambda last: f"{last.asked_at.isoformat()} {last.introduction_id}"
    )
    found: list[IntroductionRow] = answer["items"]
    sealed = [value for row in found for value in _known(row, caller.person_id, said)]
    texts = iter(await caller.open_all(sealed))
    items = [
        _shown(row, caller.person_id, *opened)
        for row, *opened in zip(found, texts, texts, texts, strict=True)
    ]
    return Introductions(items=items, next=answer["next"])


def _known(
    row: IntroductionRow, reader: UUID, said: Mapping[UUID, tuple[Sealed, Sealed]]
) -> tuple[Sealed | None, Sealed | None, Sealed | None]:
    """What the reader may know of the other: the name of who asks, all of who agreed, and what was written."""
    name, email = said.get(row.of(reader), (None, None))
    is_asked = row.standing in ("waiting", "declined") and row.asker != reader
    has_agreed = row.standing == "agreed"
    return name if has_agreed or is_asked else None, email if has_agreed else None, row.words


def _shown(
    row: IntroductionRow, reader: UUID, name: str | None, email: str | None, words: str | None
) -> Introduction:
    by_me = row.asker == reader
    return Introduction(
        introduction_id=row.introduction_id,
        person_id=row.of(reader),
        by_me=by_me,
        standing=_seen(row, by_me=by_me),
        name=name,
        email=email,
        words=words,
        asked_at=row.asked_at,
        again_at=row.again_at,
    )


def _seen(
    row: IntroductionRow, *, by_me: bool
) -> Literal["waiting", "agreed", "declined", "unanswered", "withdrawn", "ended"]:
    match row.standing:
        case "declined":
            return "waiting" if by_me else "declined"
        case "lapsed":
            return "unanswered"
        case other:
            return other
