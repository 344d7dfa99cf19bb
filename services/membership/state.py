"""How a person stands with the community: access with its reasons, content, chat, the way in, and what to do next."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

from pydantic import BaseModel

from services.membership import guidance
from services.membership.access.events import Cause, ReasonKind
from services.membership.access.projections import Reason, bought_by, reasons_of
from services.membership.announcement.projections import bounced_since
from services.membership.chat.events import ChatSeatStuck, Problem
from services.membership.chat.projections import SENTENCES, seat_now
from services.membership.chat_server.projections import chat_server_now
from services.membership.document.projections import asked_of
from services.membership.goal.projections import goal_now
from services.membership.group.events import GroupId
from services.membership.group.projections import groups_now
from services.membership.group_seat.projections import group_seat_now
from services.membership.guidance import Chat, InGroups, Situation, Step
from services.membership.journeys import OnboardingOfPerson, way_in
from services.membership.member.events import StandingNow
from services.membership.member.projections import member_now
from services.membership.tier.projections import tiers_of
from shared.http import Caller
from shared.ids import PersonId


class Why(BaseModel):
    """`until` is the planned end of this reason, where it has one."""

    kind: ReasonKind
    reason_id: UUID
    since: datetime
    until: datetime | None


class OpenTier(BaseModel):
    """A tier that the person may enter, and every reason for it."""

    tier_id: UUID
    tier: str
    reasons: list[Why]


class ChatState(BaseModel):
    """`roles` the chat confirmed, of those that are `wanted`; `detail` says what the person must put right."""

    linked: bool
    wanted: list[str]
    roles: list[str]
    detail: str | None


class GroupsState(BaseModel):
    """`open` are the groups on WhatsApp that the person may enter; `stuck` those whose door did not reach them."""

    has_number: bool
    open: list[UUID]
    stuck: list[UUID]


class NextCall(BaseModel):
    """`path` is at this same origin."""

    method: Literal["GET", "POST", "PUT"]
    path: str
    body: dict[str, Any] | None


class NextStep(BaseModel):
    """`subject` is which document, problem or tier; `due` is when it is too late. No `call`: it is done elsewhere."""

    step: Step
    subject: str | None
    due: datetime | None
    call: NextCall | None


class PersonState(BaseModel):
    """`chat` and `groups` are null where the community has none. `next` is what to do, the most pressing first."""

    person_id: UUID
    at: datetime
    standing: StandingNow
    tiers: list[OpenTier]
    content: list[UUID]
    chat: ChatState | None
    groups: GroupsState | None
    onboarding: list[OnboardingOfPerson]
    bounced_since: datetime | None
    next: list[NextStep]


class LivingReason(BaseModel):
    """Why a tier is open now: `until` is the planned end, and of its grace, to which `cause` led; none has ended."""

    tier_id: UUID
    tier: str
    kind: ReasonKind
    reason_id: UUID
    since: datetime
    until: datetime | None
    ended_at: datetime | None
    cause: Cause | None


class Seen(NamedTuple):
    """How they stand, with each reason that lives."""

    state: PersonState
    reasons: list[LivingReason]


async def state_of(caller: Caller, person_id: PersonId) -> PersonState:
    """As of now; NotFound where there is no such person."""
    return (await state_with_reasons(caller, person_id)).state


async def state_with_reasons(caller: Caller, person_id: PersonId) -> Seen:
    service, community_id, now = caller.service, caller.community_id, caller.now
    member = await member_now(service, community_id, person_id)
    reasons, names, content, bounced = await _read(caller, person_id)
    chat, problem, stuck = await _chat_of(caller, person_id)
    groups, way, asked, goal = await asyncio.gather(
        _groups_of(caller, person_id),
        way_in(caller, person_id, stuck),
        asked_of(service, community_id, person_id, now),
        goal_now(service, community_id, person_id),
    )
    situation = Situation(
        community_id, person_id, member.standing, asked, tuple(reasons), _seated(chat, problem),
        _in(groups), way.to_do, bounced is not None, now, goal.asks,
    )  # fmt: skip
    state = PersonState(
        person_id=person_id,
        at=now,
        standing=member.standing,
        tiers=_open(reasons, names),
        content=content,
        chat=chat,
        groups=groups,
        onboarding=way.shown,
        bounced_since=bounced,
        next=[_shown(step) for step in guidance.next_steps(situation)],
    )
    return Seen(state, [_living(reason, names) for reason in reasons])


async def _read(
    caller: Caller, person_id: PersonId
) -> tuple[list[Reason], dict[Any, str], list[UUID], datetime | None]:
    """The reasons that live, what tiers are called, the content that is open, and since when letters come back."""
    async with caller.read() as connection:
        tiers = await tiers_of(connection, caller.community_id)
        reasons = await reasons_of(connection, person_id)
        shelf = await bought_by(connection, person_id, caller.now)
        bounced = await bounced_since(connection, person_id)
    return (
        [one for one in reasons if one.lives_at(caller.now)],
        {tier.tier_id: tier.name for tier in tiers},
        sorted({one.content_id for one in shelf if one.ended_at is None}),
        bounced,
    )


async def _chat_of(
    caller: Caller, person_id: PersonId
) -> tuple[ChatState | None, Problem | None, Sequence[ChatSeatStuck]]:
    """The seat, what its person must put right themselves, and all that stands in its way."""
    server, _ = await chat_server_now(caller.service, caller.community_id)
    seat = await seat_now(caller.service, caller.community_id, person_id)
    if server.server is None:
        return None, None, seat.stuck
    problem = next((stuck.problem for stuck in seat.stuck if stuck.who == "member"), None)
    state = ChatState(
        linked=seat.link_id is not None,
        wanted=sorted(role for _, role in seat.wanted),
        roles=sorted(role for _, role in seat.held),
        detail=SENTENCES[problem] if problem else None,
    )
    return state, problem, seat.stuck


async def _groups_of(caller: Caller, person_id: PersonId) -> GroupsState | None:
    groups, _ = await groups_now(caller.service, caller.community_id)
    if not groups.doors:
        return None
    seat = await group_seat_now(caller.service, caller.community_id, person_id)
    return GroupsState(
        has_number=seat.has_number,
        open=[group_id for group_id in seat.groups if group_id in groups.doors],
        stuck=[group_id for group_id in seat.wanted if group_id in seat.stuck],
    )


def _seated(chat: ChatState | None, problem: Problem | None) -> Chat | None:
    return Chat(chat.linked, bool(chat.wanted), problem) if chat else None


def _in(groups: GroupsState | None) -> InGroups | None:
    if groups is None:
        return None
    return InGroups(bool(groups.open), groups.has_number, tuple(map(GroupId, groups.stuck)))


def _living(reason: Reason, names: dict[Any, str]) -> LivingReason:
    return LivingReason(
        tier_id=reason.tier_id,
        tier=names.get(reason.tier_id, ""),
        kind=reason.kind,
        reason_id=reason.reason_id,
        since=reason.since,
        until=reason.until,
        ended_at=reason.ended_at,
        cause=reason.cause,
    )


def _open(reasons: list[Reason], names: dict[Any, str]) -> list[OpenTier]:
    tiers = dict.fromkeys(reason.tier_id for reason in reasons)
    return [
        OpenTier(
            tier_id=tier_id,
            tier=names.get(tier_id, ""),
            reasons=[
                Why(kind=one.kind, reason_id=one.reason_id, since=one.since, until=one.until)
                for one in reasons
                if one.tier_id == tier_id
            ],
        )
        for tier_id in tiers
    ]


def _shown(step: guidance.Next) -> NextStep:
    call = None
    if step.method is not None and step.path is not None:
        call = NextCall(method=step.method, path=step.path, body=step.body)
    return NextStep(step=step.step, subject=step.subject, due=step.due, call=call)
