"""Voting, and reading who voted how where that was done by name."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from services.membership.access.projections import standing_now
from services.membership.audience.projections import holds_ticket_to
from services.membership.ballot import commands
from services.membership.ballot.decider import (
    BALLOT,
    ballot_stream,
    insist_on_names,
    insist_on_no_names,
)
from services.membership.ballot.projections import ballots_of
from services.membership.cursors import by_number
from services.membership.marks import LONGEST, written
from services.membership.member.projections import standing_of
from services.membership.merging.projections import all_of
from services.membership.poll.events import Answer, Terms
from services.membership.poll.projections import poll_now, urn_of
from services.membership.remarks import Remark, remarks_on
from shared.http import Body, Caller, Page, Written, needs, paging
from shared.ids import PersonId
from shared.personal_value import Sealed
from shared.reaction import Ask

router = APIRouter()


class CastBallot(Body):
    """For each question the numbers of the options chosen, from 0 and rising; none abstains from it.

    `texts` answer those questions, in their order, that ask for words; an empty one abstains.
    """

    answers: tuple[tuple[int, ...], ...] = Field(max_length=10)
    texts: tuple[Annotated[str, Field(max_length=LONGEST)], ...] = Field(default=(), max_length=10)


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
        voter=await _voter(caller, person_id, terms),
        answers=answers,
        sealed=None,
        at=caller.now,
        texts=len(body.texts),
    )
    if terms.secrecy == "anonymous":
        texts = body.texts or ("",) * terms.texts
        cast = replace(cast, sealed=await _sealed(caller, poll_id, answers, texts))
    elif any(body.texts):
        cast = replace(cast, words=await caller.seal(person_id, json.dumps(body.texts)))
    return await caller.ask(Ask(BALLOT, ballot_stream(poll_id, person_id), cast))


async def _voter(caller: Caller, person_id: PersonId, terms: Terms) -> commands.Voter:
    access = await standing_now(caller.service, caller.community_id, person_id)
    member = await standing_of(caller.service, caller.community_id, person_id)
    has_ticket = terms.gathering_id is not None and await _comes(
        caller, person_id, terms.gathering_id
    )
    return commands.Voter(person_id, member, tuple(sorted(access.tiers)), has_ticket)


async def _comes(caller: Caller, person_id: PersonId, gathering_id: UUID) -> bool:
    """By a ticket of their own, or of whom they have taken in."""
    people = await all_of(caller, caller.community_id, person_id)
    async with caller.read() as connection:
        return await holds_ticket_to(connection, gathering_id, people)


async def _sealed(
    caller: Caller, poll_id: UUID, answers: tuple[Answer, ...], texts: Sequence[str]
) -> Sealed:
    """The request's fingerprint is not kept: it would tell the answers to whoever tries them all."""
    caller.fingerprint = b""
    return await caller.seal(urn_of(poll_id), written(answers, texts))


class NamedBallot(BaseModel):
    """`texts` are none where they said nothing in their own words, or are nobody here any more."""

    person_id: UUID
    answers: list[tuple[int, ...]]
    texts: list[str]


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
    opened = await caller.open_all([row.words for row in answer["items"]])
    items = [
        NamedBallot(
            person_id=row.person_id, answers=row.chosen, texts=json.loads(text) if text else []
        )
        for row, text in zip(answer["items"], opened, strict=True)
    ]
    return Ballots(items=items, next=answer["next"])


class PollTexts(BaseModel):
    items: list[Remark]
    next: str | None


@router.get("/polls/{poll_id}/texts", operation_id="list_poll_texts")
async def list_poll_texts(
    poll_id: UUID,
    caller: Annotated[Caller, needs("content.write", strict=True)],
    page: Annotated[Page, Depends(paging)],
) -> PollTexts:
    """What was written in an anonymous poll, once it is counted: by nobody, and in no order of theirs."""
    poll, terms = await poll_now(caller.service, caller.community_id, poll_id)
    insist_on_no_names(terms)
    remarks = list(enumerate(remarks_on(await caller.open_all(poll.words)), 1))
    begin = page.cursor(by_number) or 0
    answer = page.answer(remarks[begin : begin + page.limit + 1], lambda last: last[0])
    return PollTexts(items=[remark for _, remark in answer["items"]], next=answer["next"])
