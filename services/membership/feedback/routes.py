"""Saying how a delivery was, and seeing what members say of it."""

from collections import Counter
from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, StringConstraints

from services.membership.access.projections import standing_now
from services.membership.cursors import by_number
from services.membership.feedback import commands
from services.membership.feedback.decider import (
    BEST,
    FEEDBACK,
    Heard,
    feedback_stream,
    insist_on_known,
    shown,
)
from services.membership.feedback.events import About, Delivered
from services.membership.feedback.projections import (
    Answered,
    answered_in,
    heard_of,
    said_by,
)
from services.membership.member.projections import standing_of
from services.membership.merging.projections import all_of
from services.membership.occasions import occasion_now
from shared.http import Body, Caller, Page, Written, listing, needs, paging
from shared.ids import PersonId
from shared.reaction import Ask

router = APIRouter()

Member = Annotated[Caller, needs("person")]
Staff = Annotated[Caller, needs("content.write", strict=True)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


def _delivered(about: About, about_id: UUID, day: date | None = None) -> Delivered:
    """A gathering's or an item's id; or a ritual's, with the `day` of the occurrence."""
    return Delivered(about, about_id, day if about == "ritual" else None)


class GiveFeedback(Body):
    """`rating` is 1, poor, to 5, very good. Staff learn whose it is if it is `named`."""

    rating: int
    words: Words | None = None
    named: bool = False


@router.put("/feedback/{about}/{about_id}", operation_id="give_feedback")
async def give_feedback(
    body: GiveFeedback, delivered: Annotated[Delivered, Depends(_delivered)], caller: Member
) -> Written:
    """How it was: once, within thirty days of it (of content while it is open), changed within fourteen.

    It is asked of members whom a ritual was promised to, who have a ticket to a gathering, or may open the content.
    """
    service, community_id, me = caller.service, caller.community_id, PersonId(caller.person_id)
    people = await all_of(caller, community_id, me)
    member = await standing_of(service, community_id, me)
    access = await standing_now(service, community_id, me)
    is_member = member == "joined"
    give = commands.GiveFeedback(
        delivered=delivered,
        occasion=await occasion_now(caller, delivered, people, access, is_member=is_member),
        people=tuple(map(PersonId, people)),
        member=member,
        rating=body.rating,
        words=await caller.seal(me, body.words) if body.words else None,
        named=body.named,
        at=caller.now,
    )
    return await caller.ask(Ask(FEEDBACK, feedback_stream(delivered), give))


@router.delete("/feedback/{about}/{about_id}", operation_id="withdraw_feedback")
async def withdraw_feedback(
    delivered: Annotated[Delivered, Depends(_delivered)], caller: Member
) -> Written:
    """At any time: it counts no more, and its words are shown to nobody."""
    people = await all_of(caller, caller.community_id, PersonId(caller.person_id))
    withdraw = commands.WithdrawFeedback(delivered, tuple(map(PersonId, people)))
    return await caller.ask(Ask(FEEDBACK, feedback_stream(delivered), withdraw))


class OwnFeedback(BaseModel):
    """It may be changed before `settles_at`, and taken back at any time."""

    about: About
    about_id: UUID
    day: date | None
    rating: int
    words: str | None
    named: bool
    given_at: datetime
    settles_at: datetime


class OwnFeedbacks(BaseModel):
    items: list[OwnFeedback]


@router.get("/me/feedback", operation_id="list_my_feedback")
async def list_my_feedback(caller: Member) -> OwnFeedbacks:
    """What one said oneself, the newest first."""
    people = await all_of(caller, caller.community_id, PersonId(caller.person_id))
    async with caller.read() as connection:
        rows = await said_by(connection, people)
    opened = await caller.open_all([row.words for row in rows])
    told = zip(rows, opened, strict=True)
    items = [OwnFeedback(**asdict(row) | {"words": words}) for row, words in told]
    return OwnFeedbacks(items=items)


class AnsweredDeliveries(BaseModel):
    items: list[Answered]
    next: str | None


@router.get("/feedback", operation_id="list_feedback")
async def list_feedback(
    caller: Staff, page: Annotated[Page, Depends(listing(filters=("about",)))]
) -> AnsweredDeliveries:
    """Of which deliveries how many have said how it was."""
    async with caller.read() as connection:
        rows = await answered_in(
            connection,
            caller.community_id,
            about=page.filters.get("about"),
            after=page.cursor(UUID),
            limit=page.limit + 1,
        )
    return AnsweredDeliveries(
        **page.answer(rows, lambda r: feedback_stream(Delivered(r.about, r.about_id, r.day)))
    )


class Remark(BaseModel):
    """`person_id` is there where they said it by name; no words where they said none, or are nobody here any more."""

    rating: int
    words: str | None
    person_id: UUID | None


class DeliveryFeedback(BaseModel):
    """`name` is what it is called, if it is there still.

    Of all `answers`, `counted` are those that hide one another, or stand by their name. `counts` tells how many of
    these gave 1, 2, 3, 4 and 5, `mean` to two places; None of none. `items` are what was said by name, and words
    without one: the best first, in no order of theirs.
    """

    name: str | None
    answers: int
    counted: int
    counts: list[int]
    mean: float | None
    items: list[Remark]
    next: str | None


@router.get("/feedback/{about}/{about_id}", operation_id="read_feedback")
async def read_feedback(
    delivered: Annotated[Delivered, Depends(_delivered)],
    caller: Staff,
    page: Annotated[Page, Depends(paging)],
) -> DeliveryFeedback:
    """What members say of one delivery: without a name five together, or nobody would say it without."""
    async with caller.read() as connection:
        heard = await heard_of(connection, delivered)
    occasion = await occasion_now(caller, delivered)
    insist_on_known(heard, occasion)
    seen = shown(heard, caller.now)
    ratings = Counter(one.rating for one in seen)
    remarks = list(enumerate(await _remarks(caller, seen), 1))
    begin = page.cursor(by_number) or 0
    answer = page.answer(remarks[begin : begin + page.limit + 1], lambda last: last[0])
    return DeliveryFeedback(
        name=occasion.name,
        answers=len(heard),
        counted=len(seen),
        counts=[ratings[rating] for rating in range(1, BEST + 1)],
        mean=round(sum(one.rating for one in seen) / len(seen), 2) if seen else None,
        items=[remark for _, remark in answer["items"]],
        next=answer["next"],
    )


async def _remarks(caller: Caller, seen: list[Heard]) -> list[Remark]:
    opened = await caller.open_all([one.words for one in seen])
    remarks = [
        Remark(rating=one.rating, words=words, person_id=one.person_id if one.named else None)
        for one, words in zip(seen, opened, strict=True)
    ]
    told = (remark for remark in remarks if remark.words or remark.person_id)
    return sorted(told, key=lambda one: (-one.rating, one.words or "", str(one.person_id)))
