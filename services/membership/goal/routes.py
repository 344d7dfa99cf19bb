"""Saying what one came for, and later how it went."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, StringConstraints

from services.membership.goal import commands
from services.membership.goal.decider import GOAL, goal_stream
from services.membership.goal.events import Outcome
from services.membership.goal.projections import GoalRow, goal_now, goals_of
from services.membership.member.projections import standing_of
from shared.decider import NotFound
from shared.http import Body, Caller, Page, Written, by_moment, needs, paging
from shared.ids import PersonId
from shared.reaction import Ask

router = APIRouter()

Member = Annotated[Caller, needs("person")]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]


class SetGoal(Body):
    words: Words


@router.put("/me/goal", operation_id="set_goal")
async def set_goal(body: SetGoal, caller: Member) -> Written:
    """For oneself and for the staff; after ninety days one is asked how it went."""
    person_id = PersonId(caller.person_id)
    command = commands.SetGoal(
        person_id=person_id,
        words=await caller.seal(person_id, body.words),
        member=await standing_of(caller.service, caller.community_id, person_id),
    )
    return await caller.ask(Ask(GOAL, goal_stream(person_id), command))


class ReviewGoal(Body):
    outcome: Outcome
    words: Words | None = None


@router.put("/me/goal/review", operation_id="review_goal")
async def review_goal(body: ReviewGoal, caller: Member) -> Written:
    """Whenever one likes; the last word counts."""
    person_id = PersonId(caller.person_id)
    words = await caller.seal(person_id, body.words) if body.words else None
    review = commands.ReviewGoal(body.outcome, words)
    return await caller.ask(Ask(GOAL, goal_stream(person_id), review))


@router.delete("/me/goal", operation_id="drop_goal")
async def drop_goal(caller: Member) -> Written:
    return await caller.ask(Ask(GOAL, goal_stream(caller.person_id), commands.DropGoal()))


class MyGoal(BaseModel):
    """`is_asked`: it is time to say how it went."""

    words: str | None
    is_asked: bool
    outcome: Outcome | None
    review: str | None


@router.get("/me/goal", operation_id="read_my_goal")
async def read_my_goal(caller: Member) -> MyGoal:
    goal = await goal_now(caller.service, caller.community_id, caller.person_id)
    if goal.told is None:
        raise NotFound("goal_not_found", "You have told no goal.")
    reviewed = goal.review
    words, review = await caller.open_all([goal.told.words, reviewed.words if reviewed else None])
    return MyGoal(
        words=words,
        is_asked=goal.asked and reviewed is None,
        outcome=reviewed.outcome if reviewed else None,
        review=review,
    )


class ToldGoal(BaseModel):
    """What was written is null once its person is erased."""

    person_id: UUID
    words: str | None
    set_at: datetime
    outcome: Outcome | None
    review: str | None
    reviewed_at: datetime | None


class Goals(BaseModel):
    items: list[ToldGoal]
    next: str | None


@router.get("/goals", operation_id="list_goals")
async def list_goals(
    caller: Annotated[Caller, needs("members.read")], page: Annotated[Page, Depends(paging)]
) -> Goals:
    """The newest first."""
    async with caller.read() as connection:
        rows = await goals_of(
            connection, caller.community_id, before=page.cursor(by_moment), limit=page.limit + 1
        )
    answer = page.answer(rows, lambda last: f"{last.set_at.isoformat()} {last.person_id}")
    return Goals(items=await _opened(caller, answer["items"]), next=answer["next"])


async def _opened(caller: Caller, rows: list[GoalRow]) -> list[ToldGoal]:
    texts = iter(await caller.open_all([said for row in rows for said in (row.words, row.review)]))
    return [
        ToldGoal(
            person_id=row.person_id,
            words=words,
            set_at=row.set_at,
            outcome=row.outcome,
            review=review,
            reviewed_at=row.reviewed_at,
        )
        for row, words, review in zip(rows, texts, texts, strict=True)
    ]
