"""Announcing that what is free is going to cost: seen before, announced, put off, called off, and read by everybody."""

from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, Field, StringConstraints

from services.membership.access.projections import free_access_to, people_with_access
from services.membership.founders import (
    Asked,
    Candidate,
    choose,
    fingerprint,
    insist_on_sense,
    plan_of,
)
from services.membership.member.projections import joined_at_of
from services.membership.recognition_rules.projections import rules_now
from services.membership.tier.events import TierId
from services.membership.tier.projections import tiers_of
from services.membership.transition import commands
from services.membership.transition.decider import (
    MOST_FOUNDERS,
    TRANSITION,
    Phase,
    Transition,
    insist_on_possible,
    stream_of,
)
from services.membership.transition.events import FounderRule, Plan
from services.membership.transition.projections import candidates_of, offer_heard, transition_now
from shared.decider import NotFound
from shared.http import Body, Caller, Written, needs
from shared.ids import Label
from shared.reaction import Ask

router = APIRouter()

Staff = Annotated[Caller, needs("tiers.write", strict=True)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


class Founders(Body):
    """Who joined before a time and, with a window, has `least` points or more in its days, by the community's weights.

    Of those the `most` with most points or, without a window, who joined first. Who wants no recognition has no points.
    """

    joined_before: AwareDatetime | None = None
    window_days: int | None = Field(default=None, ge=7, le=366)
    least: int = Field(default=1, ge=1, le=1_000_000)
    most: int | None = Field(default=None, ge=1, le=MOST_FOUNDERS)


class AskTransition(Body):
    """From `effective_from` on, thirty days ahead or more, these `tiers` (or all that are free) are nobody's for having
    joined: the offer takes their place, and who does not take it has the light tier, or nothing.
    """

    offer_id: UUID
    effective_from: AwareDatetime
    words: Words
    tiers: list[UUID] = Field(default=[], max_length=20)
    light_tier_id: UUID | None = None
    founders: Founders | None = None


class AnnounceTransition(AskTransition):
    """`fingerprint` is what the preview answered: with other founders by now, it is refused."""

    fingerprint: UUID


class ChosenFounder(BaseModel):
    """`score` are their points in the window, where activity was asked for."""

    person_id: UUID
    joined_at: AwareDatetime
    score: int | None


class TransitionPreview(BaseModel):
    """So many `people` have what ends; those of them who may enter the offer's tier `already` are not told."""

    fingerprint: UUID
    tiers: list[UUID]
    people: int
    already: int
    founders: list[ChosenFounder]


class TransitionShown(BaseModel):
    """What was announced last; `founders` is how many were named."""

    transition_id: UUID
    phase: Phase
    tiers: list[UUID]
    tier: str
    light_tier_id: UUID | None
    offer_id: UUID
    offer: str
    effective_from: AwareDatetime
    words: str
    founders: int


@router.post("/transition/preview", operation_id="preview_transition")
async def preview_transition(
    body: AskTransition,
    caller: Annotated[Caller, needs("tiers.write", strict=True, idempotent=False)],
) -> TransitionPreview:
    """Whom it would be about and who would be a founder, by the rules that announce it; nothing is changed."""
    plan = await _plan(body, caller)
    insist_on_possible(plan, caller.now)
    founders = await _founders(plan, caller)
    async with caller.read() as connection:
        held = await free_access_to(connection, caller.community_id, plan.tiers)
        has_it = {*await people_with_access(connection, caller.community_id, [plan.offer_tier])}
    people = {one.person_id for one in held}
    return TransitionPreview(
        fingerprint=_print(plan, founders, caller),
        tiers=list(plan.tiers),
        people=len(people),
        already=len(people & has_it),
        founders=[ChosenFounder(**one._asdict()) for one in founders],
    )


@router.post("/transition", status_code=201, operation_id="announce_transition")
async def announce_transition(body: AnnounceTransition, caller: Staff) -> Written:
    """Everybody who has what ends is told now, whoever joins later when they do; founders are those who were shown."""
    plan = await _plan(body, caller)
    founders = await _founders(plan, caller)
    transition_id = caller.new_id("transition")
    announce = commands.AnnounceTransition(
        transition_id,
        plan,
        tuple(one.person_id for one in founders),
        _print(plan, founders, caller),
        body.fingerprint,
        caller.now,
    )
    ask = Ask(TRANSITION, stream_of(caller.community_id), announce)
    return await caller.ask(ask, transition_id=transition_id)


class PostponeTransition(Body):
    effective_from: AwareDatetime


@router.post("/transition/postponement", operation_id="postpone_transition")
async def postpone_transition(body: PostponeTransition, caller: Staff) -> Written:
    """To a later day, until its day has come; whoever was told is told again."""
    return await _ask(commands.PostponeTransition(body.effective_from, caller.now), caller)


@router.post("/transition/cancellation", operation_id="call_off_transition")
async def call_off_transition(caller: Staff) -> Written:
    """Until its day has come: what is free stays free, and whoever was told is told so."""
    return await _ask(commands.CallOffTransition(caller.now), caller)


@router.get("/transition", operation_id="read_transition")
async def read_transition(caller: Annotated[Caller, needs("account")]) -> TransitionShown:
    """What was announced last, for everybody who is here, or thinks of joining."""
    now = await _announced(caller)
    plan = now.plan
    return TransitionShown(
        transition_id=now.transition_id,
        phase=now.phase,
        tiers=list(plan.tiers),
        tier=plan.tier,
        light_tier_id=plan.light,
        offer_id=plan.offer_id,
        offer=plan.offer,
        effective_from=plan.effective_from,
        words=plan.words,
        founders=len(now.founders),
    )


class FoundersShown(BaseModel):
    items: list[UUID]


@router.get("/transition/founders", operation_id="list_founders")
async def list_founders(caller: Annotated[Caller, needs("members.read")]) -> FoundersShown:
    """Those who were named, the most active first; who is no member any more is none."""
    named = (await _announced(caller)).founders
    async with caller.read() as connection:
        members = await joined_at_of(connection, caller.community_id)
    return FoundersShown(items=[each for each in named if each in members])


async def _announced(caller: Caller) -> Transition:
    now = await transition_now(caller.service, caller.community_id)
    if now is None:
        raise NotFound("transition_not_found", "Nothing of the kind was announced.")
    return now


async def _ask(command: commands.TransitionCommand, caller: Caller) -> Written:
    return await caller.ask(Ask(TRANSITION, stream_of(caller.community_id), command))


async def _plan(body: AskTransition, caller: Caller) -> Plan:
    async with caller.read() as connection:
        known = await tiers_of(connection, caller.community_id)
        offer = await offer_heard(connection, body.offer_id)
    asked = Asked(
        body.effective_from,
        Label(body.words),
        tuple(TierId(each) for each in body.tiers),
        TierId(body.light_tier_id) if body.light_tier_id else None,
        FounderRule(**body.founders.model_dump()) if body.founders else None,
    )
    return plan_of(asked, known, offer)


async def _founders(plan: Plan, caller: Caller) -> tuple[Candidate, ...]:
    """Of those who have what ends, and not yet what takes its place."""
    rule, community_id = plan.founders, caller.community_id
    if rule is None:
        return ()
    rules = (await rules_now(caller.service, community_id)).rules
    insist_on_sense(rule, is_weighed=bool(rules.weights))
    rules = replace(rules, window_days=rule.window_days or rules.window_days)
    async with caller.read() as connection:
        held = await free_access_to(connection, community_id, plan.tiers)
        has_it = await people_with_access(connection, community_id, [plan.offer_tier])
        among = {one.person_id for one in held} - {*has_it}
        return choose(
            rule, await candidates_of(connection, community_id, among, rule, rules, caller.now)
        )


def _print(plan: Plan, founders: tuple[Candidate, ...], caller: Caller) -> UUID:
    return fingerprint(caller.community_id, plan, (one.person_id for one in founders))
