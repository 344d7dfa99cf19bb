"""Writing by which rules members are recognised, seeing first what they would do, and reading them."""

from dataclasses import asdict
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field, StringConstraints

from services.membership import ladder
from services.membership.recognition.projections import foretold
from services.membership.recognition_rules import commands
from services.membership.recognition_rules.decider import RECOGNITION_RULES, rules_stream
from services.membership.recognition_rules.events import Level, Rules, ScoredKind, Weight
from services.membership.recognition_rules.projections import rules_now
from services.membership.tier.events import TierId
from services.membership.tiers_named import unknown_tiers
from shared.http import Body, Caller, Written, needs
from shared.ids import Code, Label
from shared.problem import Problem
from shared.reaction import Ask

router = APIRouter()

Staff = Annotated[Caller, needs("tiers.write", strict=True)]
Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


class WeightOfKind(Body):
    """So many points each time, for the first `most_a_day` of a day (UTC); none for kinds that are not named."""

    kind: ScoredKind
    points: int = Field(ge=0, le=100)
    most_a_day: int = Field(default=5, ge=1, le=100)


class LevelOfRules(Body):
    """`label` is the badge's name; who stands at it may enter `tier_id`, and what the levels below open."""

    key: Key
    label: Name
    threshold: int = Field(ge=1, le=1_000_000)
    tier_id: UUID | None = None


class RecognitionRules(Body):
    """The points of the last `window_days` count, today among them; levels rise.

    Who falls below their level keeps it for `protected_days` more. No levels: nobody is recognised.
    """

    window_days: int = Field(ge=7, le=366)
    weights: list[WeightOfKind] = Field(max_length=20)
    levels: list[LevelOfRules] = Field(max_length=ladder.MOST_LEVELS)
    protected_days: int = Field(default=14, ge=0, le=90)


class WrittenRules(RecognitionRules):
    """`version` 0: nobody has written any."""

    version: int


@router.put("/recognition/rules", operation_id="set_recognition_rules")
async def set_recognition_rules(body: RecognitionRules, caller: Staff) -> Written:
    """For everybody, at once and from then on once a day; whom the rules lift is not written to."""
    rules = await _rules(body, caller)
    stream = rules_stream(caller.community_id)
    return await caller.ask(Ask(RECOGNITION_RULES, stream, commands.SetRecognitionRules(rules)))


@router.get("/recognition/rules", operation_id="read_recognition_rules")
async def read_recognition_rules(caller: Annotated[Caller, needs("account")]) -> WrittenRules:
    """For everybody who is here, or thinks of joining."""
    decided = await rules_now(caller.service, caller.community_id)
    return WrittenRules(version=decided.version, **asdict(decided.rules))


class PeopleAtLevel(BaseModel):
    level: str
    label: str
    people: int


class RulesPreview(BaseModel):
    """Of the `members` who want to be recognised: where each would stand at once; `none` at no level.

    Who is `endangered` stands where they do, until the protected days are over.
    """

    members: int
    levels: list[PeopleAtLevel]
    none: int
    rises: int
    falls: int
    endangered: int


@router.post("/recognition/rules/preview", operation_id="preview_recognition_rules")
async def preview_recognition_rules(
    body: RecognitionRules,
    caller: Annotated[Caller, needs("tiers.write", strict=True, idempotent=False)],
) -> RulesPreview:
    """What these rules would do if they were written now; nothing is changed."""
    rules = await _rules(body, caller)
    ladder.insist_on_sense(rules)
    version = (await rules_now(caller.service, caller.community_id)).version + 1
    async with caller.read() as connection:
        seen = await foretold(connection, caller.community_id, rules, version, caller.now)
    return RulesPreview(
        members=seen.members,
        levels=[
            PeopleAtLevel(level=level.key, label=level.label, people=seen.at_rank[rank])
            for rank, level in enumerate(rules.levels, 1)
        ],
        none=seen.at_rank[0],
        rises=seen.rises,
        falls=seen.falls,
        endangered=seen.endangered,
    )


async def _rules(body: RecognitionRules, caller: Caller) -> Rules:
    named = [
        (f"/levels/{number}/tier_id", level.tier_id)
        for number, level in enumerate(body.levels)
        if level.tier_id is not None
    ]
    wrong = await unknown_tiers(caller, named)
    if wrong:
        raise Problem(422, "invalid_request", wrong[0]["detail"], errors=wrong)
    return Rules(
        window_days=body.window_days,
        weights=tuple(Weight(each.kind, each.points, each.most_a_day) for each in body.weights),
        levels=tuple(
            Level(
                Code(each.key),
                Label(each.label),
                each.threshold,
                TierId(each.tier_id) if each.tier_id else None,
            )
            for each in body.levels
        ),
        protected_days=body.protected_days,
    )
