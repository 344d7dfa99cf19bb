"""Wanting to know who may be about to go, and who it is."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from services.analytics.community.projections import community_of
from services.analytics.risk import commands
from services.analytics.risk.decider import RISK_ROUNDS, RiskRounds, rounds_stream
from services.analytics.risk.projections import risks_of
from shared.contracts.analytics_risk import RiskReason
from shared.http import Body, Caller, Page, Written, needs, paging
from shared.reaction import Ask

router = APIRouter()


class WatchRisk(Body):
    """Whether what all members do is looked at, once a day."""

    watched: bool


@router.put("/communities/{community_id}/risk-watch", operation_id="watch_risk")
async def watch_risk(
    community_id: UUID,
    body: WatchRisk,
    caller: Annotated[Caller, needs("members.write", strict=True)],
) -> Written:
    """Until somebody wants to know, nobody is at risk for doing less than usual; nor from when on nobody does."""
    async with caller.read() as connection:
        await community_of(connection, community_id)
    command = commands.BeginWatch(caller.now) if body.watched else commands.EndWatch()
    return await caller.ask(Ask(RISK_ROUNDS, rounds_stream(community_id), command))


class AtRisk(BaseModel):
    """`recent` of the last 28 days saw them when less was noticed, where `usual` were before."""

    person_id: UUID
    reasons: list[RiskReason]
    recent: int | None
    usual: int | None
    since: datetime


class MembersAtRisk(BaseModel):
    watched: bool
    items: list[AtRisk]
    next: str | None


@router.get("/communities/{community_id}/risk", operation_id="list_members_at_risk")
async def list_members_at_risk(
    community_id: UUID,
    caller: Annotated[Caller, needs("members.read")],
    page: Annotated[Page, Depends(paging)],
) -> MembersAtRisk:
    """By codes and numbers, never by words; of members alone, and who were merged are one."""
    async with caller.read() as connection:
        await community_of(connection, community_id)
        rows = await risks_of(connection, community_id, page.cursor(UUID), page.limit + 1)
    rounds: RiskRounds = await caller.state(RISK_ROUNDS, rounds_stream(community_id))
    items = [AtRisk(**{name: getattr(row, name) for name in row.__slots__}) for row in rows]
    answer = page.answer(items, key=lambda last: last.person_id)
    return MembersAtRisk(watched=rounds.due is not None, **answer)
