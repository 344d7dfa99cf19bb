"""Writing how long people are kept who are gone, and seeing first whom it would concern."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Literal, assert_never
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from services.membership.keeping import insist_on_sense
from services.membership.lapse import events
from services.membership.lapse.projections import Round, Seen, foreseen, round_of
from services.membership.retention_rules import commands
from services.membership.retention_rules.decider import RETENTION_RULES, keeping_stream
from services.membership.retention_rules.events import Ground, KeepingRules
from services.membership.retention_rules.projections import keeping_now
from shared.http import Body, Caller, Written, needs
from shared.reaction import Ask

router = APIRouter()

SHOWN = 1_000

Days = Annotated[int, Field(ge=30, le=3_650)]


class RetentionRules(Body):
    """After how many days who left, or was brought from elsewhere and never came in, is forgotten; null: never.

    They are written to so many days before. Who has access, a subscription, a ticket to come, an open dispute or a
    role is kept in any case, and so is what the law wants kept.
    """

    left_days: Days | None = None
    unclaimed_days: Days | None = None
    notice_days: int = Field(default=30, ge=7, le=90)

    def rules(self) -> KeepingRules:
        return KeepingRules(**self.model_dump())


class WrittenRetentionRules(RetentionRules):
    """`version` 0: nobody has written any. `next_due` is when those who are gone are looked at next."""

    version: int
    next_due: datetime | None


@router.put("/retention/rules", operation_id="set_retention_rules")
async def set_retention_rules(
    body: RetentionRules, caller: Annotated[Caller, needs("members.erase", strict=True)]
) -> Written:
    """Whom they concern is written to at once; nobody is forgotten without having been. Without days it stops."""
    write = commands.SetRetentionRules(body.rules(), caller.now)
    return await caller.ask(Ask(RETENTION_RULES, keeping_stream(caller.community_id), write))


@router.get("/retention/rules", operation_id="read_retention_rules")
async def read_retention_rules(
    caller: Annotated[Caller, needs("account")],
) -> WrittenRetentionRules:
    """For everybody who is here, or thinks of joining."""
    keeping = await keeping_now(caller.service, caller.community_id)
    return WrittenRetentionRules(
        version=keeping.version, next_due=keeping.next_due, **asdict(keeping.rules)
    )


class PersonConcerned(BaseModel):
    """`because` says why it is called off; who is told ahead is forgotten at `ends_at`."""

    person_id: UUID
    does: Literal["foretell", "call_off", "forget"]
    ground: Ground | None = None
    because: events.Because | None = None
    ends_at: datetime | None = None


class RetentionPreview(BaseModel):
    """What a round `at` a moment does; null where none is to come. `items` are the first thousand of those it concerns.

    `gone` have left or never came in, `told` know already, and `kept` are those of the gone whom something keeps.
    """

    at: datetime | None
    version: int
    gone: int
    told: int
    kept: dict[events.Holding, int]
    foretold: int
    called_off: int
    forgotten: int
    items: list[PersonConcerned]


@router.get("/retention/preview", operation_id="preview_retention")
async def preview_retention(
    caller: Annotated[Caller, needs("members.erase")],
) -> RetentionPreview:
    """Exactly what the next round does, if nobody comes, goes or pays before; nothing is changed by asking."""
    keeping = await keeping_now(caller.service, caller.community_id)
    at, version = keeping.next_due, keeping.version
    if at is None:
        return _shown(Seen(most=0), None, version)
    looking = await round_of(caller.service, caller.community_id, keeping.rules, version, at)
    return await _previewed(caller, looking)


@router.post("/retention/preview", operation_id="preview_retention_rules")
async def preview_retention_rules(
    body: RetentionRules,
    caller: Annotated[Caller, needs("members.erase", strict=True, idempotent=False)],
) -> RetentionPreview:
    """What these rules would do at once if they were written now; nothing is changed."""
    rules = body.rules()
    insist_on_sense(rules)
    version = (await keeping_now(caller.service, caller.community_id)).version + 1
    looking = await round_of(caller.service, caller.community_id, rules, version, caller.now)
    return await _previewed(caller, looking)


async def _previewed(caller: Caller, looking: Round) -> RetentionPreview:
    seen = await foreseen(caller.read, looking, SHOWN)
    return _shown(seen, looking.at, looking.version)


def _shown(seen: Seen, at: datetime | None, version: int) -> RetentionPreview:
    return RetentionPreview(
        at=at,
        version=version,
        gone=seen.gone,
        told=seen.told,
        kept=dict(seen.kept),
        foretold=seen.count[events.LapseForetold],
        called_off=seen.count[events.LapseCalledOff],
        forgotten=seen.count[events.PersonLapsed],
        items=[_concerned(event) for event in seen.first],
    )


def _concerned(event: events.LapseEvent) -> PersonConcerned:
    match event:
        case events.LapseForetold(person_id, ground, ends_at=ends_at):
            return PersonConcerned(
                person_id=person_id, does="foretell", ground=ground, ends_at=ends_at
            )
        case events.LapseCalledOff(person_id, because):
            return PersonConcerned(person_id=person_id, does="call_off", because=because)
        case events.PersonLapsed(person_id, ground):
            return PersonConcerned(person_id=person_id, does="forget", ground=ground)
        case _:
            assert_never(event)
