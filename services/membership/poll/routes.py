"""Asking members something, and seeing what came of it."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, BaseModel, Field, StringConstraints

from services.membership.ballot.projections import (
    answers_in,
    ballot_by,
    ballots_of,
    turnout_of,
)
from services.membership.improvement.projections import Done, done_after
from services.membership.member.projections import standing_of
from services.membership.poll import commands
from services.membership.poll.decider import (
    POLL,
    Poll,
    Standing,
    counts_of,
    insist_on_reader,
    may_see_counts,
)
from services.membership.poll.events import Question, QuestionKind, Secrecy, Shown, Terms
from services.membership.poll.projections import PollRow, poll_now, polls_of, urn_of
from services.membership.tier.events import TierId
from services.membership.tiers_named import unknown_tiers
from shared.http import Body, Caller, Page, Written, by_moment, listing, needs
from shared.ids import AccountId, Label
from shared.problem import Problem
from shared.reaction import Ask

router = APIRouter()

Reader = Annotated[Caller, needs("account")]
Staff = Annotated[Caller, needs("content.write", strict=True)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
Option = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class PollQuestion(Body):
    """`one` or `many` of its options may be chosen; a `scale` is 0 to 10 and has none of its own, nor has a `text`."""

    kind: QuestionKind
    words: Words
    options: tuple[Option, ...] = Field(default=(), max_length=20)


class OpenPoll(Body):
    """It asks who may enter one of `tiers`, or every member; about a gathering, who has a ticket to it.

    `shown`: when members see the counts. What is written in words staff alone read.
    """

    title: Option
    questions: tuple[PollQuestion, ...] = Field(min_length=1, max_length=10)
    closes_at: AwareDatetime
    secrecy: Secrecy
    shown: Shown = "after_close"
    tiers: tuple[UUID, ...] = Field(default=(), max_length=20)
    gathering_id: UUID | None = None


class OpenedPoll(Written):
    poll_id: UUID


@router.post("/polls", status_code=201, operation_id="open_poll")
async def open_poll(body: OpenPoll, caller: Staff) -> OpenedPoll:
    """What is asked never changes afterwards. Of an anonymous poll nobody ever learns who voted how."""
    await _know_tiers(caller, body.tiers)
    terms = Terms(
        title=Label(body.title),
        questions=tuple(
            Question(asked.kind, Label(asked.words), tuple(map(Label, asked.options)))
            for asked in body.questions
        ),
        closes_at=body.closes_at,
        secrecy=body.secrecy,
        shown=body.shown,
        tiers=tuple(TierId(tier_id) for tier_id in dict.fromkeys(body.tiers)),
        gathering_id=body.gathering_id,
    )
    poll_id = caller.new_id("poll")
    await caller.seal(urn_of(poll_id), "")  # makes the key, once, before anybody votes
    ask = commands.OpenPoll(terms, AccountId(caller.account_id), caller.now)
    written = await caller.ask(Ask(POLL, poll_id, ask))
    return OpenedPoll(**written.model_dump(), poll_id=poll_id)


async def _know_tiers(caller: Caller, tiers: tuple[UUID, ...]) -> None:
    named = ((f"/tiers/{number}", tier_id) for number, tier_id in enumerate(tiers))
    wrong = await unknown_tiers(caller, named)
    if wrong:
        raise Problem(422, "invalid_request", wrong[0]["detail"], errors=wrong)


@router.post("/polls/{poll_id}/closing", operation_id="close_poll")
async def close_poll(poll_id: UUID, caller: Staff) -> Written:
    """Before it is due; it is counted a minute later."""
    return await caller.ask(Ask(POLL, poll_id, commands.ClosePoll()))


@router.post("/polls/{poll_id}/cancellation", operation_id="cancel_poll")
async def cancel_poll(poll_id: UUID, caller: Staff) -> Written:
    """Nobody counts it."""
    return await caller.ask(Ask(POLL, poll_id, commands.CancelPoll()))


class Polls(BaseModel):
    items: list[PollRow]
    next: str | None


@router.get("/polls", operation_id="list_polls")
async def list_polls(
    caller: Reader, page: Annotated[Page, Depends(listing(filters=("standing",)))]
) -> Polls:
    """The newest first; for members and staff."""
    await _insist(caller)
    async with caller.read() as connection:
        rows = await polls_of(
            connection,
            caller.community_id,
            standing=page.filters.get("standing"),
            before=page.cursor(by_moment),
            limit=page.limit + 1,
        )
    answer = page.answer(rows, lambda last: f"{last.opened_at.isoformat()} {last.poll_id}")
    return Polls(items=answer["items"], next=answer["next"])


class PollSeen(BaseModel):
    """`voted`: the reader has; `answers` are theirs in a poll by name. `counts`: for each question how often each
    option was chosen, None for who may not see it, none of an anonymous poll in which fewer than five voted.
    """

    poll_id: UUID
    standing: Standing
    title: str
    questions: list[PollQuestion]
    closes_at: datetime
    secrecy: Secrecy
    shown: Shown
    tiers: list[UUID]
    gathering_id: UUID | None
    voted: bool
    answers: list[tuple[int, ...]] | None
    ballots: int
    counts: list[tuple[int, ...]] | None
    done: list[Done]


@router.get("/polls/{poll_id}", operation_id="read_poll")
async def read_poll(poll_id: UUID, caller: Reader) -> PollSeen:
    await _insist(caller)
    poll, terms = await poll_now(caller.service, caller.community_id, poll_id)
    reader = caller.principal and caller.principal.person_id
    async with caller.read() as connection:
        mine = await ballot_by(connection, poll_id, reader) if reader else None
        ballots = await turnout_of(connection, poll_id)
        done = await done_after(connection, poll_id)
    return PollSeen(
        poll_id=poll_id,
        standing=poll.standing,
        **asdict(terms),
        voted=mine is not None,
        answers=mine.chosen if mine else None,
        ballots=ballots,
        counts=await _counts(caller, poll_id, poll, has_voted=mine is not None),
        done=done,
    )


async def _counts(
    caller: Caller, poll_id: UUID, poll: Poll, *, has_voted: bool
) -> list[tuple[int, ...]] | None:
    """As it was counted; of a poll by name as it stands."""
    if not may_see_counts(poll, has_voted=has_voted, is_staff=caller.may("content.write")):
        return None
    if poll.ballots is not None:
        return list(poll.counts)
    async with caller.read() as connection:
        rows = await ballots_of(connection, poll_id)
    return list(counts_of(poll.known, await answers_in(caller.service, rows)))


async def _insist(caller: Caller) -> None:
    person_id = caller.principal and caller.principal.person_id
    member = (
        await standing_of(caller.service, caller.community_id, person_id) if person_id else None
    )
    insist_on_reader(member, is_staff=caller.may("content.write"))
