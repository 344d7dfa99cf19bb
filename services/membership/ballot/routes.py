"""Voting, and reading who voted how where that was done by name."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from services.membership.access.projections import standing_now
from services.membership.ballot import commands
from services.membership.ballot.decider import BALLOT, ballot_stream, insist_on_names
from services.membership.ballot.projections import ballots_of
from services.membership.marks import written
from services.membership.member.projections import standing_of
from services.membership.poll.events import Answer
from services.membership.poll.projections import poll_now, urn_of
from shared.http import Body, Caller, Page, Written, needs, paging
from shared.ids import PersonId
from shared.personal_value import Sealed
from shared.reaction import Ask

router = APIRouter()


class CastBallot(Body):
    """For each question the numbers of the options chosen, from 0 and rising; none abstains from it."""

    answers: tuple[tuple[int, ...], ...] = Field(max_length=10)


@router.put("/polls/{poll_id}/ballot", operation_id="cast_ballot")
async def cast_ballot(
    poll_id: UUID, body: CastBallot, caller: Annotated[Caller, needs("person")]
) -> Written:
    """The last before it closes counts; in an anonymous poll nobody ever learns how it was cast."""
    person_id = PersonId(caller.person_id)
    poll, terms = await poll_now(caller.service, caller.community_id, poll_id)
    answers = tuple(Answer(chosen) for chosen in body.answers)
    cast = commands.CastBallot(
        poll_id=poll_id,
        terms=terms if poll.standing == "open" else None,
        voter=await _voter(caller, person_id),
        answers=answers,
        sealed=await _sealed(caller, poll_id, answers) if terms.secrecy == "anonymous" else None,
        at=caller.now,
    )
    return await caller.ask(Ask(BALLOT, ballot_stream(poll_id, person_id), cast))


async def _voter(caller: Caller, person_id: PersonId) -> commands.Voter:
    access = await standing_now(caller.service, caller.community_id, person_id)
    member = await standing_of(caller.service, caller.community_id, person_id)
    return commands.Voter(person_id, member, tuple(sorted(access.tiers)))


async def _sealed(caller: Caller, poll_id: UUID, answers: tuple[Answer, ...]) -> Sealed:
    """The request's fingerprint is not kept: it would tell the answers to whoever tries them all."""
    caller.fingerprint = b""
    return await caller.seal(urn_of(poll_id), written(answers))


class NamedBallot(BaseModel):
    person_id: UUID
    answers: list[tuple[int, ...]]


class Ballots(BaseModel):
    items: list[NamedBallot]
    next: str | None


@router.get("/polls/{poll_id}/ballots", operation_id="list_ballots")
async def list_ballots(
    poll_id: UUID,
    caller: Annotated[Caller, needs("members.read")],
    page: Annotated[Page, Depends(paging)],
) -> Ballots:
    """Who voted how, of a poll by name; by person."""
    _, terms = await poll_now(caller.service, caller.community_id, poll_id)
    insist_on_names(terms)
    async with caller.read() as connection:
        rows = await ballots_of(connection, poll_id, after=page.cursor(UUID), limit=page.limit + 1)
    answer = page.answer(rows, lambda last: last.person_id)
    return Ballots(
        items=[NamedBallot(person_id=row.person_id, answers=row.chosen) for row in answer["items"]],
        next=answer["next"],
    )
