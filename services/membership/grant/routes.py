"""What of all that tiers give, and of content that was bought, one person has, waits for or has had."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from services.membership.access.events import Cause, ReasonKind
from services.membership.chat.events import Who
from services.membership.cursors import by_number
from services.membership.granted import grants_now
from services.membership.grants import Grant as KeptGrant
from services.membership.grants import Kind, State, Stopped
from services.membership.member.projections import member_now
from services.membership.tier.events import TierId
from services.membership.tier.projections import tiers_of
from shared.http import Caller, Page, listing, needs
from shared.ids import PersonId

router = APIRouter()


class By(BaseModel):
    """A reason through which it is had; no tier where an item of content was bought. `until` is a planned end."""

    tier_id: UUID | None
    tier: str | None
    kind: ReasonKind
    reason_id: UUID
    since: datetime
    until: datetime | None


class Grant(BaseModel):
    """`subject` is which one of its kind: a role's, group's, item's or gathering's id; of a perk, what it is called.

    `waiting`: not had yet; `who` must act, and `detail` says how; nobody where it is on its way or its time is to come.
    `ending`: over, and still there. `until` is a planned end; `ended_at` and `cause` tell of the real one: its
    reason's, `set_up_anew` (the tier gives it no more), `over`, `cancelled`. That a perk was handed over nobody keeps.
    """

    kind: Kind
    subject: str
    name: str | None
    state: State
    who: Who | None
    detail: str | None
    since: datetime
    until: datetime | None
    ended_at: datetime | None
    cause: Cause | Stopped | None
    by: list[By]


class Grants(BaseModel):
    items: list[Grant]
    next: str | None


@router.get("/people/{person_id}/benefits", operation_id="list_grants")
async def list_grants(
    person_id: PersonId,
    caller: Annotated[Caller, needs("access.read", or_self=True)],
    page: Annotated[Page, Depends(listing(filters=("state", "kind")))],
) -> Grants:
    """One record for each benefit, however many tiers and reasons give it: what waits for somebody first.

    What is open to every member is no benefit of a tier, and not told here.
    """
    await member_now(caller.service, caller.community_id, person_id)
    async with caller.read() as connection:
        names = {one.tier_id: one.name for one in await tiers_of(connection, caller.community_id)}
    wanted = page.filters
    found = [
        grant
        for grant in await grants_now(caller, person_id)
        if wanted.get("state") in (None, grant.state) and wanted.get("kind") in (None, grant.kind)
    ]
    begin = page.cursor(by_number) or 0
    numbered = list(enumerate(found, 1))[begin : begin + page.limit + 1]
    answer = page.answer(numbered, lambda last: last[0])
    return Grants(items=[_shown(one, names) for _, one in answer["items"]], next=answer["next"])


def _shown(grant: KeptGrant, names: dict[TierId, str]) -> Grant:
    stuck = grant.stuck
    return Grant(
        kind=grant.kind,
        subject=grant.subject,
        name=grant.name,
        state=grant.state,
        who=stuck.who if stuck else None,
        detail=stuck.detail if stuck else None,
        since=grant.since,
        until=grant.until,
        ended_at=grant.ended_at,
        cause=grant.cause,
        by=[
            By(
                tier_id=one.tier_id,
                tier=names.get(one.tier_id, "") if one.tier_id else None,
                kind=one.kind,
                reason_id=one.reason_id,
                since=one.since,
                until=one.until,
            )
            for one in grant.by
        ],
    )
