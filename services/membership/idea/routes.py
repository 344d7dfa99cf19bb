"""Having ideas, backing them, and saying what was made of them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, StringConstraints

from services.membership.idea import commands
from services.membership.idea.decider import IDEA, Status, insist_on_reader
from services.membership.idea.events import Answer
from services.membership.idea.projections import IdeaRow, ideas_of
from services.membership.member.projections import standing_of
from shared.http import Body, Caller, Page, Written, by_moment, listing, needs
from shared.ids import AccountId, Label, PersonId
from shared.reaction import Ask

router = APIRouter()

Member = Annotated[Caller, needs("person")]
Reader = Annotated[Caller, needs("account")]
Staff = Annotated[Caller, needs("content.write", strict=True)]
Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
Said = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]


class PostIdea(Body):
    title: Title
    text: Text | None = None


class PostedIdea(Written):
    idea_id: UUID


@router.post("/ideas", status_code=201, operation_id="post_idea")
async def post_idea(body: PostIdea, caller: Member) -> PostedIdea:
    """For all members to see and to back, without its author's name."""
    author = PersonId(caller.person_id)
    post = commands.PostIdea(
        author=author,
        title=await caller.seal(author, body.title),
        text=await caller.seal(author, body.text) if body.text else None,
        member=await standing_of(caller.service, caller.community_id, author),
    )
    idea_id = caller.new_id("idea")
    written = await caller.ask(Ask(IDEA, idea_id, post))
    return PostedIdea(**written.model_dump(), idea_id=idea_id)


@router.put("/ideas/{idea_id}/backing", operation_id="back_idea")
async def back_idea(idea_id: UUID, caller: Member) -> Written:
    person_id = PersonId(caller.person_id)
    member = await standing_of(caller.service, caller.community_id, person_id)
    return await caller.ask(Ask(IDEA, idea_id, commands.BackIdea(person_id, member)))


@router.delete("/ideas/{idea_id}/backing", operation_id="withdraw_backing")
async def withdraw_backing(idea_id: UUID, caller: Member) -> Written:
    withdraw = commands.WithdrawBacking(PersonId(caller.person_id))
    return await caller.ask(Ask(IDEA, idea_id, withdraw))


@router.delete("/ideas/{idea_id}", operation_id="withdraw_idea")
async def withdraw_idea(idea_id: UUID, caller: Member) -> Written:
    """By its author."""
    withdraw = commands.WithdrawIdea(PersonId(caller.person_id))
    return await caller.ask(Ask(IDEA, idea_id, withdraw))


class AnswerIdea(Body):
    answer: Answer
    words: Said


@router.post("/ideas/{idea_id}/answer", operation_id="answer_idea")
async def answer_idea(idea_id: UUID, body: AnswerIdea, caller: Staff) -> Written:
    """You said, we did: whoever had the idea or backs it is written to."""
    answer = commands.AnswerIdea(body.answer, Label(body.words), AccountId(caller.account_id))
    return await caller.ask(Ask(IDEA, idea_id, answer))


@router.post("/ideas/{idea_id}/hiding", operation_id="hide_idea")
async def hide_idea(idea_id: UUID, caller: Staff) -> Written:
    return await caller.ask(Ask(IDEA, idea_id, commands.HideIdea()))


class Idea(BaseModel):
    """`words` are what the staff say of it; `backed`, `mine`: by the reader. A title may be forgotten."""

    idea_id: UUID
    title: str | None
    text: str | None
    status: Status
    words: str | None
    backers: int
    backed: bool
    mine: bool
    posted_at: datetime
    answered_at: datetime | None


class Ideas(BaseModel):
    items: list[Idea]
    next: str | None


@router.get("/ideas", operation_id="list_ideas")
async def list_ideas(
    caller: Reader, page: Annotated[Page, Depends(listing(filters=("status",)))]
) -> Ideas:
    """The newest first; for members, and for the staff who answer them, be they members or not."""
    reader = caller.principal.person_id if caller.principal else None
    member = await standing_of(caller.service, caller.community_id, reader) if reader else None
    insist_on_reader(member, is_staff=caller.may("content.write"))
    async with caller.read() as connection:
        rows = await ideas_of(
            connection,
            caller.community_id,
            reader=reader,
            status=page.filters.get("status"),
            before=page.cursor(by_moment),
            limit=page.limit + 1,
        )
    answer = page.answer(rows, lambda last: f"{last.posted_at.isoformat()} {last.idea_id}")
    items = await _opened(caller, answer["items"], reader)
    return Ideas(items=items, next=answer["next"])


async def _opened(caller: Caller, rows: list[IdeaRow], reader: UUID | None) -> list[Idea]:
    sealed = [words for row in rows for words in (row.title, row.text)]
    texts = iter(await caller.open_all(sealed))
    return [
        Idea(
            idea_id=row.idea_id,
            title=title,
            text=text,
            status=row.status,
            words=row.words,
            backers=row.backers,
            backed=row.backed,
            mine=row.author == reader,
            posted_at=row.posted_at,
            answered_at=row.answered_at,
        )
        for row, title, text in zip(rows, texts, texts, strict=True)
    ]
