"""Saying why one leaves, and seeing why people do."""

from datetime import UTC, datetime
from typing import Annotated, NamedTuple, get_args
from uuid import UUID

from annotated_types import Ge, Lt
from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, BaseModel, StringConstraints

from services.billing.exit_survey import commands
from services.billing.exit_survey.decider import EXIT_SURVEY, exit_survey_stream
from services.billing.exit_survey.events import ExitReason
from services.billing.exit_survey.projections import answers_of, mode_of, reasons_of
from services.billing.links import OF_EXIT, Opened
from services.billing.merchant.projections import merchant_of
from services.billing.offer.projections import offers_among
from services.billing.opening import opened_by
from services.billing.payer.projections import standing_now
from services.billing.subscription.projections import leaver_now, leaving_now
from shared.decider import NotFound
from shared.http import Body, Caller, Page, Written, by_moment, listing, needs
from shared.ids import PersonId
from shared.reaction import Ask

router = APIRouter()

# Any further and it is in no calendar, once it is said in another zone.
Moment = Annotated[
    AwareDatetime, Ge(datetime(1970, 1, 1, tzinfo=UTC)), Lt(datetime(3000, 1, 1, tzinfo=UTC))
]

Stranger = Annotated[Caller, needs("public")]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


class AnswerExit(Body):
    """`tell_me`: they wish to be written to if what they left for changes."""

    reason: ExitReason
    comment: Words | None = None
    tell_me: bool = False


@router.put("/subscriptions/{subscription_id}/exit-answer", operation_id="answer_exit")
async def answer_exit(
    subscription_id: UUID, body: AnswerExit, caller: Annotated[Caller, needs("person")]
) -> Written:
    """For whoever has cancelled, or whose subscription ended; the last answer counts."""
    leaver = await leaver_now(caller.service, caller.community_id, subscription_id)
    answer = await _answer(body, caller, subscription_id, PersonId(caller.person_id), leaver)
    return await caller.ask(answer, subscription_id=subscription_id)


async def _answer(
    body: AnswerExit,
    caller: Caller,
    subscription_id: UUID,
    by: PersonId,
    leaver: tuple[PersonId | None, bool],
) -> Ask:
    payer, is_leaving = leaver
    answer = commands.AnswerExit(
        subscription_id=subscription_id,
        by=by,
        payer=payer,
        is_leaving=is_leaving,
        reason=body.reason,
        comment=await caller.seal(by, body.comment) if body.comment else None,
        tell_me=body.tell_me,
    )
    return Ask(EXIT_SURVEY, exit_survey_stream(subscription_id), answer)


class ExitQuestion(BaseModel):
    """What is asked of whoever left `offer` of the `seller`; nothing in it says who they are, or what they said."""

    seller: str
    offer: str
    reasons: list[ExitReason]
    answered: bool


class Door(NamedTuple):
    """What a link opens: saying why one subscription was left, and nothing else."""

    opened: Opened
    payer: PersonId
    is_leaving: bool


@router.get("/public/exit-questions/{link}", operation_id="read_exit_question")
async def read_exit_question(link: str, caller: Stranger) -> ExitQuestion:
    """For whoever bears the link of the letter."""
    subscription_id, community_id = (await _door(link, caller)).opened
    leaving = await leaving_now(caller.service, community_id, subscription_id)
    survey = await caller.state(EXIT_SURVEY, exit_survey_stream(subscription_id), community_id)
    async with caller.read(community_id) as connection:
        merchant = await merchant_of(connection)
        offers = await offers_among(connection, [leaving.offer_id])
    return ExitQuestion(
        seller=merchant.name,
        offer=offers[leaving.offer_id].name,
        reasons=list(get_args(ExitReason)),
        answered=survey.answer is not None,
    )


@router.put("/public/exit-questions/{link}", operation_id="answer_exit_question")
async def answer_exit_question(link: str, body: AnswerExit, caller: Stranger) -> Written:
    """Without signing in, in the name of whom the letter was for; the last answer counts."""
    (subscription_id, community_id), payer, is_leaving = await _door(link, caller)
    answer = await _answer(body, caller, subscription_id, payer, (payer, is_leaving))
    mode = await mode_of(caller.service, subscription_id)
    return await caller.ask(answer, community_id=community_id, mode=mode)


async def _door(link: str, caller: Caller) -> Door:
    """Of who was erased nothing more is kept."""
    opened = opened_by(caller, link, OF_EXIT)
    community_id = opened.community_id
    payer, is_leaving = await leaver_now(caller.service, community_id, opened.subject)
    if payer is None or await standing_now(caller.service, community_id, payer) == "forgotten":
        raise NotFound("subscription_not_found", "There is no such subscription.")
    return Door(opened, payer, is_leaving)


class ExitAnswer(BaseModel):
    """`comment` is null where there was none, and once the person is erased."""

    subscription_id: UUID
    person_id: UUID
    reason: ExitReason
    comment: str | None
    answered_at: datetime


class ExitAnswers(BaseModel):
    items: list[ExitAnswer]
    next: str | None


@router.get("/exit-answers", operation_id="list_exit_answers")
async def list_exit_answers(
    caller: Annotated[Caller, needs("members.read")],
    page: Annotated[Page, Depends(listing(filters=("reason",)))],
) -> ExitAnswers:
    """The newest first, with what people wrote."""
    async with caller.read() as connection:
        rows = await answers_of(
            connection,
            caller.community_id,
            reason=page.filters.get("reason"),
            before=page.cursor(by_moment),
            limit=page.limit + 1,
        )
    comments = await caller.open_all([row.comment for row in rows])
    items = [
        ExitAnswer(
            subscription_id=row.subscription_id,
            person_id=row.person_id,
            reason=row.reason,
            comment=comment,
            answered_at=row.answered_at,
        )
        for row, comment in zip(rows, comments, strict=True)
    ]
    return ExitAnswers(
        **page.answer(items, lambda last: f"{last.answered_at.isoformat()} {last.subscription_id}")
    )


class GivenReason(BaseModel):
    reason: ExitReason
    times: int


class ExitReasons(BaseModel):
    items: list[GivenReason]


@router.get("/exit-answers/reasons", operation_id="count_exit_reasons")
async def count_exit_reasons(
    caller: Annotated[Caller, needs("sales.read")],
    since: Annotated[Moment | None, Query()] = None,
    until: Annotated[Moment | None, Query()] = None,
) -> ExitReasons:
    """How often each reason was given from `since` on and before `until`, the most frequent first."""
    async with caller.read() as connection:
        times = await reasons_of(connection, caller.community_id, since, until)
    return ExitReasons(
        items=[GivenReason(reason=reason, times=count) for reason, count in times.items()]
    )
