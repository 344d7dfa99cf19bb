"""Saying which steps lead the people of a tier in."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field, StringConstraints

from services.membership.member.events import Language
from services.membership.onboarding_plan import commands
from services.membership.onboarding_plan.decider import MOST_STEPS, ONBOARDING_PLAN, plan_stream
from services.membership.onboarding_plan.events import Step, StepKind, StepWords, Trigger
from services.membership.onboarding_plan.projections import plan_now
from services.membership.tier.events import TierId
from services.membership.tier.projections import tier_exists
from shared.decider import NotFound
from shared.http import Body, Caller, Written, needs
from shared.ids import Code, Label
from shared.reaction import Ask

router = APIRouter()

Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


class WordsOfStep(Body):
    language: Language
    title: Title
    text: Text


class PlannedStep(Body):
    """What is done by itself: `access` at once, `chat` when they are let in, `welcome` when its letter went out.

    `introduce` is done by an entry in the directory, `gathering` by a ticket; those two and `checklist` the member may
    mark as well.

    A step opens so many hours after its `trigger`: the tier opened (`start`), another step, named in `step`, was done,
    the person has a first ticket, took part for the first time (`attendance`), or is in the chat. If that has not come
    `ends_after_days` after the tier opened, or the other step was missed, it is missed.
    """

    key: Key
    kind: StepKind
    words: tuple[WordsOfStep, ...] = Field(max_length=2)
    trigger: Trigger = "start"
    step: Key | None = None
    opens_after_hours: int = Field(default=0, ge=0, le=24 * 90)
    letter: bool = False
    remind_after_hours: int | None = Field(default=None, ge=1, le=24 * 90)
    ends_after_days: int = Field(default=14, ge=1, le=365)


class PlanOnboarding(Body):
    steps: tuple[PlannedStep, ...] = Field(max_length=MOST_STEPS)


class OnboardingPlan(BaseModel):
    steps: list[PlannedStep]


@router.put("/tiers/{tier_id}/onboarding", operation_id="plan_onboarding")
async def plan_onboarding(
    tier_id: TierId,
    body: PlanOnboarding,
    caller: Annotated[Caller, needs("tiers.write", strict=True)],
) -> Written:
    """For whom the tier opens to from now on; who is on the way goes on as they began."""
    await _insist_on_tier(tier_id, caller)
    steps = tuple(
        Step(
            key=Code(asked.key),
            kind=asked.kind,
            words=tuple(
                StepWords(words.language, Label(words.title), Label(words.text))
                for words in asked.words
            ),
            opens_after=asked.opens_after_hours,
            letter=asked.letter,
            remind_after=asked.remind_after_hours,
            ends_after=asked.ends_after_days,
            trigger=asked.trigger,
            step=Code(asked.step) if asked.step else None,
        )
        for asked in body.steps
    )
    plan = commands.PlanOnboarding(tier_id, steps)
    return await caller.ask(Ask(ONBOARDING_PLAN, plan_stream(tier_id), plan))


@router.get("/tiers/{tier_id}/onboarding", operation_id="read_onboarding_plan")
async def read_onboarding_plan(
    tier_id: TierId, caller: Annotated[Caller, needs("members.read")]
) -> OnboardingPlan:
    await _insist_on_tier(tier_id, caller)
    steps = [
        PlannedStep(
            key=step.key,
            kind=step.kind,
            words=tuple(
                WordsOfStep(language=words.language, title=words.title, text=words.text)
                for words in step.words
            ),
            opens_after_hours=step.opens_after,
            letter=step.letter,
            remind_after_hours=step.remind_after,
            ends_after_days=step.ends_after,
            trigger=step.trigger,
            step=step.step,
        )
        for step in await plan_now(caller.service, caller.community_id, tier_id)
    ]
    return OnboardingPlan(steps=steps)


async def _insist_on_tier(tier_id: TierId, caller: Caller) -> None:
    async with caller.read() as connection:
        if not await tier_exists(connection, tier_id):
            raise NotFound("tier_not_found", "There is no such tier.")
