"""Applying, withdrawing it, and saying yes or no."""

from datetime import datetime
from itertools import chain, islice, zip_longest
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field, StringConstraints

from services.membership.admission.events import Question
from services.membership.admission.projections import admission_now
from services.membership.agreeing import Agree, agreement_of
from services.membership.application import commands
from services.membership.application.decider import (
    APPLICATION,
    Standing,
    applicant_of,
    application_stream,
)
from services.membership.application.events import Answer, ApplicationAccepted, ApplicationSent
from services.membership.application.projections import (
    ApplicationRow,
    application_now,
    applications_of,
)
from services.membership.arriving import found_again
from services.membership.community.projections import community_now
from services.membership.gateways.gateway import Address
from services.membership.hidden import check_seen
from services.membership.member.events import Language
from services.membership.member.projections import (
    found_by,
    person_of,
    sought,
    standing_of,
)
from services.membership.tier.projections import free_tiers_of
from shared.decider import NotFound
from shared.http import Body, Caller, Page, Written, by_moment, listing, needs
from shared.ids import AccountId, CommunityId, PersonId
from shared.reaction import Ask

router = APIRouter()

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
Staff = Annotated[Caller, needs("members.write", strict=True)]


class Apply(Agree):
    """`version` is that of the questions; `answers` in their order, null where one is left open."""

    name: str = Field(min_length=1, max_length=200)
    email: Address
    language: Language | None = None
    version: int = Field(ge=0, le=1_000_000)
    answers: tuple[Words | None, ...] = Field(default=(), max_length=20)


class Applied(Written):
    application_id: UUID


@router.post(
    "/communities/{community_id}/applications", status_code=201, operation_id="apply_to_join"
)
async def apply_to_join(
    community_id: CommunityId, body: Apply, caller: Annotated[Caller, needs("account")]
) -> Applied:
    """An answer comes by letter, within sixty days or not at all; who is taken in is a member at once."""
    service, account_id = caller.service, AccountId(caller.account_id)
    found = await sought(service, community_id, account_id, body.email)
    person_id = found.person_id
    await check_seen(service, community_id, account_id, person_id)
    community = await community_now(service, community_id)
    admission = await admission_now(service, community_id)
    application_id = application_stream(community_id, account_id)
    known = await application_now(service, community_id, application_id)
    applicant = applicant_of(application_id, known.number + 1)
    send = commands.SendApplication(
        account_id=account_id,
        name=await caller.seal(applicant, body.name),
        email=await caller.seal(applicant, body.email),
        email_is_own=found.is_own,
        language=body.language or community.language,
        answers=await _given(caller, applicant, body.answers, admission.questions),
        version=body.version,
        way=admission.way,
        asked=admission.questions,
        asked_version=admission.version,
        member=await standing_of(service, community_id, person_id),
        at=caller.now,
        agreement=await agreement_of(caller, community_id, person_id, body),
    )
    ask = Ask(APPLICATION, application_id, send)
    written = await caller.ask(ask, community_id=community_id, mode=community.mode)
    return Applied(**written.model_dump(), application_id=application_id)


async def _given(
    caller: Caller,
    applicant: PersonId,
    answers: tuple[str | None, ...],
    asked: tuple[Question, ...],
) -> tuple[commands.Given, ...]:
    given = []
    for answer, question in zip_longest(answers, asked[: len(answers)]):
        options = tuple(map(str, question.options)) if question else ()
        said = await caller.seal(applicant, answer) if answer else None
        given.append(commands.Given(said, options.index(answer) if answer in options else None))
    return tuple(given)


class MyApplication(BaseModel):
    """`again_at` is when who was refused may apply again."""

    application_id: UUID
    standing: Standing
    expires_at: datetime | None
    again_at: datetime | None


@router.get("/communities/{community_id}/applications/mine", operation_id="read_my_application")
async def read_my_application(
    community_id: CommunityId, caller: Annotated[Caller, needs("account")]
) -> MyApplication:
    application_id = application_stream(community_id, caller.account_id)
    application = await application_now(caller.service, community_id, application_id)
    return MyApplication(
        application_id=application_id,
        standing=application.standing,
        expires_at=application.sent.expires_at if application.sent else None,
        again_at=application.again_at,
    )


@router.delete("/communities/{community_id}/applications/mine", operation_id="withdraw_application")
async def withdraw_application(
    community_id: CommunityId, caller: Annotated[Caller, needs("account")]
) -> Written:
    """What it said is forgotten, of one that was refused as well; when one may apply again stays."""
    service, account_id = caller.service, caller.account_id
    application_id = application_stream(community_id, account_id)
    if (await application_now(service, community_id, application_id)).standing == "unknown":
        known = await person_of(service, community_id, account_id)
        await check_seen(service, community_id, account_id, known)
    community = await community_now(service, community_id)
    ask = Ask(APPLICATION, application_id, commands.WithdrawApplication())
    return await caller.ask(ask, community_id=community_id, mode=community.mode)


class GivenAnswer(BaseModel):
    question: str
    answer: str | None


class ListedApplication(BaseModel):
    """What was written is null once it is forgotten; `person_id` is who came of it."""

    application_id: UUID
    number: int
    standing: Standing
    name: str | None
    email: str | None
    language: Language
    answers: list[GivenAnswer]
    sent_at: datetime
    expires_at: datetime
    closed_at: datetime | None
    again_at: datetime | None
    person_id: UUID | None


class Applications(BaseModel):
    items: list[ListedApplication]
    next: str | None


@router.get("/applications", operation_id="list_applications")
async def list_applications(
    caller: Annotated[Caller, needs("members.read")],
    page: Annotated[Page, Depends(listing(filters=("standing",)))],
) -> Applications:
    """The newest first; of each account its last."""
    async with caller.read() as connection:
        rows = await applications_of(
            connection,
            caller.community_id,
            standing=page.filters.get("standing"),
            before=page.cursor(by_moment),
            limit=page.limit + 1,
        )
    items = await _opened(caller, rows)
    return Applications(
        **page.answer(items, lambda last: f"{last.sent_at.isoformat()} {last.application_id}")
    )


async def _opened(caller: Caller, rows: list[ApplicationRow]) -> list[ListedApplication]:
    sealed = [[row.name, row.email, *(answer.said for answer in row.answers)] for row in rows]
    texts = iter(await caller.open_all(list(chain.from_iterable(sealed))))
    return [_listed(row, *islice(texts, 2 + len(row.answers))) for row in rows]


def _listed(
    row: ApplicationRow, name: str | None, email: str | None, *said: str | None
) -> ListedApplication:
    answers = [
        GivenAnswer(question=answer.question, answer=text)
        for answer, text in zip(row.answers, said, strict=True)
    ]
    plain = ("name", "email", "answers")
    rest = {field: getattr(row, field) for field in row.__slots__ if field not in plain}
    return ListedApplication(name=name, email=email, answers=answers, **rest)


class Accept(Body):
    """`number` is that of the application which was read."""

    number: int = Field(ge=1, le=1_000_000)


class AcceptedApplication(Written):
    application_id: UUID
    person_id: UUID


@router.post("/applications/{application_id}/acceptance", operation_id="accept_application")
async def accept_application(
    application_id: UUID, body: Accept, caller: Staff
) -> AcceptedApplication:
    """They are a member a moment later, and hear of it by letter."""
    return await found_again(lambda: _accept(caller, application_id, body.number))


async def _accept(caller: Caller, application_id: UUID, number: int) -> AcceptedApplication:
    service, community_id = caller.service, CommunityId(caller.community_id)
    application = await application_now(service, community_id, application_id)
    sent = application.accepted or application.sent
    if sent is None:
        raise NotFound("application_not_found", "There is no such application.")
    (email,) = await caller.open_all([sent.email])
    if email is None:
        raise NotFound("application_forgotten", "What it said is forgotten.")
    found = await sought(service, community_id, sent.account_id, email)
    person_id = found.person_id or PersonId(caller.new_id("person"))
    accept = await _sealed_anew(caller, sent, person_id, number)
    keep = await found_by(service, community_id, found, person_id)
    written = await caller.ask(Ask(APPLICATION, application_id, accept, keep))
    return AcceptedApplication(
        **written.model_dump(), application_id=application_id, person_id=person_id
    )


async def _sealed_anew(
    caller: Caller,
    sent: ApplicationSent | ApplicationAccepted,
    person_id: PersonId,
    number: int,
) -> commands.AcceptApplication:
    """What was written under the application's key, under that of the person who comes of it."""
    sealed = [sent.name, sent.email, *(answer.said for answer in sent.answers)]
    name, email, *said = [
        await caller.seal(person_id, text) if text else None
        for text in await caller.open_all(sealed)
    ]
    async with caller.read() as connection:
        free_tiers = await free_tiers_of(connection, caller.community_id)
    return commands.AcceptApplication(
        number=number,
        by=AccountId(caller.account_id),
        person_id=person_id,
        name=name or sent.name,
        email=email or sent.email,
        answers=tuple(map(Answer, (answer.question for answer in sent.answers), said)),
        free_tiers=free_tiers,
        member=await standing_of(caller.service, caller.community_id, person_id),
    )


@router.post("/applications/{application_id}/refusal", operation_id="refuse_application")
async def refuse_application(application_id: UUID, caller: Staff) -> Written:
    """They hear that, not why, and may apply again after thirty days."""
    refuse = commands.RefuseApplication(AccountId(caller.account_id), caller.now)
    return await caller.ask(Ask(APPLICATION, application_id, refuse), application_id=application_id)
