"""Recording what was done after what was said, and reading it."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, BaseModel, StringConstraints

from services.membership.feedback.events import About, Delivered
from services.membership.feedback.projections import shown_of
from services.membership.idea.projections import titles_of
from services.membership.improvement import commands
from services.membership.improvement.decider import IMPROVEMENT, insist_on_reader
from services.membership.improvement.events import ExitReason, Leaving, Made, Polled, Spoken
from services.membership.improvement.projections import ImprovementRow, improvements_of
from services.membership.member.projections import standing_of
from services.membership.occasions import name_now
from services.membership.poll.projections import poll_now
from shared.http import Body, Caller, Page, Written, by_moment, listing, needs
from shared.ids import AccountId, Label
from shared.reaction import Ask

router = APIRouter()

Reader = Annotated[Caller, needs("account")]
Staff = Annotated[Caller, needs("content.write", strict=True)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]
Link = Annotated[str, StringConstraints(max_length=500, pattern=r"^https://[^\s\"'<>]+$")]


class SaidOnLeaving(Body):
    """What who left from `since` on and before `until` gave as their reason; until now, where no end is given."""

    reason: ExitReason
    since: AwareDatetime
    until: AwareDatetime | None = None


class SaidOfDelivery(Body):
    """What members say of a gathering, of content, or of a ritual's occurrence on a day."""

    about: About
    about_id: UUID
    day: date | None = None


class RecordImprovement(Body):
    """What was done, and after what: one of `poll_id`, `leaving` and `feedback`.

    To an idea, answer: `/ideas/{idea_id}/answer`.
    """

    words: Words
    link: Link | None = None
    poll_id: UUID | None = None
    leaving: SaidOnLeaving | None = None
    feedback: SaidOfDelivery | None = None


class RecordedImprovement(Written):
    improvement_id: UUID


@router.post("/improvements", status_code=201, operation_id="record_improvement")
async def record_improvement(body: RecordImprovement, caller: Staff) -> RecordedImprovement:
    """You said, we did: whom it concerns is written to, unless they want no news.

    After a poll by name that is who voted, after an anonymous one everybody it asked; after what was said on leaving,
    who wished to hear of it then; after feedback on a delivery, whose feedback staff have been shown.
    """
    polled, is_counted = await _polled(caller, body.poll_id)
    spoken, is_heard = await _spoken(caller, body.feedback)
    made = Made(
        words=Label(body.words),
        link=Label(body.link) if body.link else None,
        polled=polled,
        leaving=_leaving(body.leaving, caller.now) if body.leaving else None,
        spoken=spoken,
    )
    record = commands.RecordImprovement(
        made, is_counted, AccountId(caller.account_id), caller.now, is_heard
    )
    improvement_id = caller.new_id("improvement")
    written = await caller.ask(Ask(IMPROVEMENT, improvement_id, record))
    return RecordedImprovement(**written.model_dump(), improvement_id=improvement_id)


def _leaving(said: SaidOnLeaving, now: datetime) -> Leaving:
    return Leaving(said.reason, said.since, said.until or now)


async def _polled(caller: Caller, poll_id: UUID | None) -> tuple[Polled | None, bool]:
    if poll_id is None:
        return None, False
    poll, terms = await poll_now(caller.service, caller.community_id, poll_id)
    return Polled(poll_id, terms.title), poll.standing == "counted"


async def _spoken(caller: Caller, said: SaidOfDelivery | None) -> tuple[Spoken | None, bool]:
    if said is None:
        return None, False
    delivered = Delivered(said.about, said.about_id, said.day)
    name = await name_now(caller, delivered)
    async with caller.read() as connection:
        seen = await shown_of(connection, delivered, caller.now)
    return Spoken(delivered, name), bool(seen)


@router.delete("/improvements/{improvement_id}", operation_id="withdraw_improvement")
async def withdraw_improvement(improvement_id: UUID, caller: Staff) -> Written:
    """It is shown no more; a letter that has gone out has."""
    return await caller.ask(Ask(IMPROVEMENT, improvement_id, commands.WithdrawImprovement()))


class Improvement(BaseModel):
    """`words` are what was done. It was said as an idea, in a poll, of a delivery, or by who left for this `reason`.

    `title` is what the idea, the poll or the delivery is called; an idea's may be forgotten.
    """

    improvement_id: UUID
    words: str
    link: str | None
    idea_id: UUID | None
    poll_id: UUID | None
    about: About | None
    about_id: UUID | None
    day: date | None
    reason: ExitReason | None
    title: str | None
    recorded_at: datetime


class Improvements(BaseModel):
    items: list[Improvement]
    next: str | None


@router.get("/improvements", operation_id="list_improvements")
async def list_improvements(
    caller: Reader, page: Annotated[Page, Depends(listing())]
) -> Improvements:
    """What you said, what we did: of ideas, polls, deliveries, and what people say on leaving. The newest first."""
    person_id = caller.principal and caller.principal.person_id
    member = (
        await standing_of(caller.service, caller.community_id, person_id) if person_id else None
    )
    insist_on_reader(member, is_staff=caller.may("content.write"))
    async with caller.read() as connection:
        rows = await improvements_of(
            connection,
            caller.community_id,
            before=page.cursor(by_moment),
            limit=page.limit + 1,
        )
    answer = page.answer(rows, lambda last: f"{last.recorded_at.isoformat()} {last.improvement_id}")
    return Improvements(items=await _titled(caller, answer["items"]), next=answer["next"])


async def _titled(caller: Caller, rows: list[ImprovementRow]) -> list[Improvement]:
    ideas = [row.idea_id for row in rows if row.idea_id]
    async with caller.read() as connection:
        sealed = await titles_of(connection, ideas)
    titles = dict(zip(sealed, await caller.open_all(list(sealed.values())), strict=True))
    return [
        Improvement(
            improvement_id=row.improvement_id,
            words=row.words,
            link=row.link,
            idea_id=row.idea_id,
            poll_id=row.poll_id,
            about=row.about,
            about_id=row.about_id,
            day=row.day,
            reason=row.reason,
            title=row.title or (titles.get(row.idea_id) if row.idea_id else None),
            recorded_at=row.recorded_at,
        )
        for row in rows
    ]
