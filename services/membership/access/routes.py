"""Why somebody may enter what, now or at another time; and letting people in for nothing."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from annotated_types import Ge, Lt
from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel

from services.membership.access import commands
from services.membership.access.decider import ACCESS, stream_of
from services.membership.access.events import Cause, ReasonKind
from services.membership.access.projections import Bought, bought_by, reasons_of, standing_now
from services.membership.access.projections import Reason as AccessReason
from services.membership.cause.projections import Happened, Turn, chains_of
from services.membership.member.projections import member_now
from services.membership.tier.events import TierId
from services.membership.tier.projections import tiers_of
from shared.http import Body, Caller, Written, needs
from shared.ids import PersonId
from shared.problem import Problem, error
from shared.reaction import Ask

router = APIRouter()

# Any further and it is in no calendar, once it is said in another zone.
Moment = Annotated[
    AwareDatetime, Ge(datetime(1970, 1, 1, tzinfo=UTC)), Lt(datetime(3000, 1, 1, tzinfo=UTC))
]


class Reason(BaseModel):
    """`until` is a planned end; `ended_at` is there once it has ended, `cause` as well, or in its grace already.

    `begun_by` and `ended_by` are the events behind its beginning and its end, the newest first, back to what a person
    did or to what a service keeps to itself: of what is paid for, to the payment.
    """

    tier_id: UUID
    tier: str
    kind: ReasonKind
    reason_id: UUID
    since: datetime
    until: datetime | None
    ended_at: datetime | None
    cause: Cause | None
    begun_by: list[Happened]
    ended_by: list[Happened]


class Access(BaseModel):
    """At that moment: `live` is what let the person in, `past` what had ended, `bought` the content, ended or not.

    `closes_at`, as of now: when all of it ends at the latest, as the person is shut out and has the community's grace.
    """

    person_id: UUID
    at: datetime
    closes_at: datetime | None = None
    live: list[Reason]
    past: list[Reason]
    bought: list[Bought]


@router.get("/people/{person_id}/access", operation_id="read_access")
async def read_access(
    person_id: PersonId,
    caller: Annotated[Caller, needs("access.read", or_self=True)],
    at: Moment | None = None,
) -> Access:
    await member_now(caller.service, caller.community_id, person_id)
    standing = await standing_now(caller.service, caller.community_id, person_id)
    moment = at or caller.now
    own = None if caller.may("access.read") else caller.account_id
    async with caller.read() as connection:
        names = {one.tier_id: one.name for one in await tiers_of(connection, caller.community_id)}
        reasons = await reasons_of(connection, person_id)
        bought = await bought_by(connection, person_id, moment)
        ids = {one.reason_id for one in reasons}
        chains = await chains_of(connection, stream_of(person_id), ids, own)
    told = [
        (one.lives_at(moment), _told(one, names.get(one.tier_id, ""), chains))
        for one in reasons
        if one.since <= moment
    ]
    return Access(
        person_id=person_id,
        at=moment,
        closes_at=standing.closes_at,
        live=[reason for lives, reason in told if lives],
        past=[reason for lives, reason in told if not lives],
        bought=bought,
    )


def _told(reason: AccessReason, tier: str, chains: Mapping[Turn, list[Happened]]) -> Reason:
    about = reason.reason_id, reason.tier_id
    ended = reason.ended_at and chains.get(("AccessRevoked", *about, reason.ended_at))
    return Reason(
        tier=tier,
        **asdict(reason),
        begun_by=chains.get(("AccessGranted", *about, reason.since), []),
        ended_by=ended or [],
    )


class GiveAccess(Body):
    tier_id: UUID
    until: AwareDatetime | None = None


@router.post("/people/{person_id}/gifts", status_code=201, operation_id="give_access")
async def give_access(
    person_id: PersonId,
    body: GiveAccess,
    caller: Annotated[Caller, needs("access.write", strict=True)],
) -> Written:
    """Of a tier that is retired no more than who has it has already: longer, or without paying."""
    await member_now(caller.service, caller.community_id, person_id)
    async with caller.read() as connection:
        tiers = {tier.tier_id: tier for tier in await tiers_of(connection, caller.community_id)}
    tier = tiers.get(TierId(body.tier_id))
    if tier is None:
        wrong = error("tier_not_found", "There is no such tier.", "/tier_id")
        raise Problem(422, "invalid_request", wrong["detail"], errors=[wrong])
    gift_id = caller.new_id("gift")
    give = commands.GiveAccess(
        person_id, tier.tier_id, gift_id, body.until, caller.now, is_retired=tier.retired
    )
    return await caller.ask(Ask(ACCESS, stream_of(person_id), give), gift_id=gift_id)


@router.post("/people/{person_id}/gifts/{gift_id}/withdrawal", operation_id="withdraw_gift")
async def withdraw_gift(
    person_id: PersonId,
    gift_id: UUID,
    caller: Annotated[Caller, needs("access.write", strict=True)],
) -> Written:
    withdraw = commands.WithdrawGift(person_id, gift_id)
    return await caller.ask(Ask(ACCESS, stream_of(person_id), withdraw), gift_id=gift_id)
