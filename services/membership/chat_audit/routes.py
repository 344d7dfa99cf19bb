"""What differs between the chat server and access, and the word that it may be put right."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from services.membership.chat.events import Problem
from services.membership.chat.projections import SENTENCES
from services.membership.chat_audit import commands
from services.membership.chat_audit.decider import CHAT_AUDIT, audits_of
from services.membership.chat_audit.events import Cause, Kind, Outcome
from services.membership.chat_audit.projections import WHY, AuditRow, audits_before, drifts_of
from services.membership.chat_server.projections import chat_server_now
from services.membership.cursors import by_number
from services.membership.gateways.gateway import chat_of
from shared.decider import Rejected
from shared.http import Caller, Page, Written, needs, paging
from shared.reaction import Ask

router = APIRouter()


@router.post("/chat/audits", status_code=202, operation_id="begin_chat_audit")
async def begin_chat_audit(
    caller: Annotated[Caller, needs("community.write", strict=True)],
) -> Written:
    """Look now; one that is under way already is enough."""
    chat_of(caller.service.gateways)
    server, _ = await chat_server_now(caller.service, caller.community_id)
    if server.server is None:
        raise Rejected("no_chat_server", "Connect a chat server first.")
    begin = Ask(CHAT_AUDIT, audits_of(caller.community_id), commands.BeginAudit())
    return await caller.ask(begin)


@router.post("/chat/audits/{number}/approval", operation_id="approve_chat_repair")
async def approve_chat_repair(
    number: int, caller: Annotated[Caller, needs("community.write", strict=True)]
) -> Written:
    """What differs when the repair begins is put right, unless it would take more roles than this audit has told."""
    chat_of(caller.service.gateways)
    server, _ = await chat_server_now(caller.service, caller.community_id)
    approve = commands.ApproveRepair(number, server.server)
    return await caller.ask(Ask(CHAT_AUDIT, audits_of(caller.community_id), approve))


class Difference(BaseModel):
    """A role is missing or too much, or the person left the server or came back (no role)."""

    person_id: UUID
    kind: Kind
    role_id: str | None


class ChatAudit(BaseModel):
    """`reported` and `held_back` wait for approval. `found` are the first of the `differences`.

    `removals` would take a role away; `strangers` have a tier's role, and nobody knows their account: see who they are.
    """

    number: int
    at: datetime
    outcome: Outcome | None
    problem: Problem | None
    detail: str | None
    approved_at: datetime | None
    members: int = 0
    seats: int = 0
    differences: int = 0
    removals: int = 0
    strangers: int = 0
    found: list[Difference] = []


class ChatAudits(BaseModel):
    items: list[ChatAudit]
    next: str | None


@router.get("/chat/audits", operation_id="list_chat_audits")
async def list_chat_audits(
    caller: Annotated[Caller, needs("members.read")], page: Annotated[Page, Depends(paging)]
) -> ChatAudits:
    """The latest first."""
    chat_of(caller.service.gateways)
    async with caller.read() as connection:
        rows = await audits_before(
            connection, caller.community_id, page.cursor(by_number), page.limit + 1
        )
    answer = page.answer(rows, lambda row: row.number)
    return ChatAudits(items=[_shown(row) for row in answer["items"]], next=answer["next"])


def _shown(row: AuditRow) -> ChatAudit:
    audit = ChatAudit(
        number=row.number,
        at=row.at,
        outcome=row.outcome,
        problem=row.problem,
        detail=SENTENCES[row.problem] if row.problem else None,
        approved_at=row.approved_at,
    )
    found = row.comparison
    if found is None:
        return audit
    return audit.model_copy(
        update={
            "members": found.members,
            "seats": found.seats,
            "differences": found.differences,
            "removals": found.removals,
            "strangers": found.strangers,
            "found": [
                Difference(person_id=one.person_id, kind=one.kind, role_id=one.role)
                for one in found.found
            ],
        }
    )


class Drift(BaseModel):
    """One thing that is not as access says, and why: a person's, or a stranger's, whose account nobody has linked."""

    person_id: UUID | None
    stranger_id: UUID | None
    kind: Kind
    role_id: str | None
    cause: Cause
    detail: str
    since: datetime


class Drifts(BaseModel):
    items: list[Drift]
    next: str | None


@router.get("/chat/drifts", operation_id="list_chat_drifts")
async def list_chat_drifts(
    caller: Annotated[Caller, needs("members.read")], page: Annotated[Page, Depends(paging)]
) -> Drifts:
    """What the last audit still found, oldest first."""
    chat_of(caller.service.gateways)
    async with caller.read() as connection:
        after = page.cursor(by_number) or 0
        rows = await drifts_of(connection, caller.community_id, after=after, limit=page.limit + 1)
    answer = page.answer(rows, lambda row: row.number)
    items = [
        Drift(
            person_id=row.person_id,
            stranger_id=row.stranger_id,
            kind=row.kind,
            role_id=row.role,
            cause=row.cause,
            detail=WHY[row.cause],
            since=row.since,
        )
        for row in answer["items"]
    ]
    return Drifts(items=items, next=answer["next"])
