"""Seeing at which level one stands, what is missing to the next, and choosing to have none."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from services.membership import ladder
from services.membership.member.projections import member_now
from services.membership.recognition import commands
from services.membership.recognition.decider import RECOGNITION, stream_of
from services.membership.recognition.events import Badge
from services.membership.recognition.projections import (
    Holder,
    holders_of,
    left_on,
    recognition_now,
    scores_of,
)
from services.membership.recognition_rules.events import Rules
from services.membership.recognition_rules.projections import rules_now
from shared.http import Body, Caller, Page, Written, listing, needs
from shared.ids import PersonId
from shared.reaction import Ask

router = APIRouter()


class HeldLevel(BaseModel):
    """`rank` counts from the lowest level, 1; `tiers` are those it opens."""

    level: str
    label: str
    rank: int
    tiers: list[UUID]


class NextLevel(BaseModel):
    """The lowest level above the points; `missing` are those it takes more."""

    level: str
    label: str
    threshold: int
    missing: int


class RecognitionOfPerson(BaseModel):
    """`score` is as of now, by the rules of this version; what follows from it is looked at once a day.

    At `ends_at` the level ends unless the points are enough again. Who does not want it has no level.
    """

    person_id: UUID
    wanted: bool
    level: HeldLevel | None
    ends_at: datetime | None
    score: int
    next: NextLevel | None
    rules_version: int


@router.get("/people/{person_id}/recognition", operation_id="read_recognition")
async def read_recognition(
    person_id: PersonId, caller: Annotated[Caller, needs("members.read", or_self=True)]
) -> RecognitionOfPerson:
    service, community_id = caller.service, caller.community_id
    await member_now(service, community_id, person_id)
    now = await recognition_now(service, community_id, person_id)
    decided = await rules_now(service, community_id)
    async with caller.read() as connection:
        since = {person_id: await left_on(connection, person_id)}
        today = caller.now.astimezone(UTC).date()
        score = (await scores_of(connection, decided.rules, today, since))[person_id]
    return RecognitionOfPerson(
        person_id=person_id,
        wanted=not now.declined,
        level=_held(now.badge) if now.badge else None,
        ends_at=now.ends_at,
        score=score,
        next=_next(decided.rules, score),
        rules_version=decided.version,
    )


def _held(badge: Badge) -> HeldLevel:
    return HeldLevel(level=badge.level, label=badge.label, rank=badge.rank, tiers=list(badge.tiers))


def _next(rules: Rules, score: int) -> NextLevel | None:
    above = rules.levels[ladder.rank_of(rules, score) :]
    if not above:
        return None
    level = above[0]
    return NextLevel(
        level=level.key,
        label=level.label,
        threshold=level.threshold,
        missing=level.threshold - score,
    )


class ChooseRecognition(Body):
    wanted: bool


@router.put("/me/recognition", operation_id="choose_recognition")
async def choose_recognition(
    body: ChooseRecognition, caller: Annotated[Caller, needs("person")]
) -> Written:
    """Who wants none loses their level, and what it opens, at once; who wants it again has it by the next look."""
    person_id = PersonId(caller.person_id)
    choose = commands.ChooseRecognition(person_id, body.wanted)
    return await caller.ask(Ask(RECOGNITION, stream_of(person_id), choose))


class ListedRecognition(BaseModel):
    """`since` when they stand at it, coming from below or from above."""

    person_id: UUID
    level: HeldLevel
    since: datetime
    ends_at: datetime | None


class Recognitions(BaseModel):
    items: list[ListedRecognition]
    next: str | None


@router.get("/recognition", operation_id="list_recognition")
async def list_recognition(
    caller: Annotated[Caller, needs("members.read")],
    page: Annotated[Page, Depends(listing(filters=("level",)))],
) -> Recognitions:
    """Who holds a level, the highest first."""
    async with caller.read() as connection:
        rows = await holders_of(
            connection,
            caller.community_id,
            level=page.filters.get("level"),
            before=page.cursor(_place),
            limit=page.limit + 1,
        )
    answer = page.answer(rows, lambda last: f"{last.badge.rank} {last.person_id}")
    return Recognitions(items=[_listed(row) for row in answer["items"]], next=answer["next"])


def _place(cursor: str) -> tuple[int, UUID]:
    rank, person_id = cursor.split(" ")
    return int(rank), UUID(person_id)


def _listed(holder: Holder) -> ListedRecognition:
    return ListedRecognition(
        person_id=holder.person_id,
        level=_held(holder.badge),
        since=holder.since,
        ends_at=holder.ends_at,
    )
