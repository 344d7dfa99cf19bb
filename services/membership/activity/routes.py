"""Telling what people did, one signal or many at once; how much somebody takes part; whether the chat is heard."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, Field

from services.membership.activity import commands
from services.membership.activity.decider import ACTIVITY, check_times, page_of, signal_of
from services.membership.activity.events import Kind, Signal
from services.membership.activity.projections import Tally, activity_of
from services.membership.activity_choice.projections import declined_now
from services.membership.chat_server.projections import chat_server_now
from services.membership.gateways.gateway import StreamProblem, chat_stream_of
from services.membership.gateways.listening import SENTENCES, standing_of
from services.membership.member.projections import known_among, member_now
from shared.decider import Rejected
from shared.http import Body, Caller, Written, needs
from shared.ids import Code, PersonId
from shared.problem import Problem, error
from shared.reaction import Ask

router = APIRouter()

MOST_AT_ONCE = 500
LOOK_BACK = timedelta(days=30)


class SignalSeen(Body):
    """`id` is the source's own; it is not kept, only what follows from it."""

    id: str = Field(min_length=1, max_length=200)
    person_id: UUID
    kind: Kind
    seen_at: AwareDatetime


class RecordActivity(Body):
    source: str = Field(pattern="^[a-z][a-z0-9_.-]{0,39}$")
    signals: list[SignalSeen] = Field(min_length=1, max_length=MOST_AT_ONCE)


@router.post("/activity", status_code=202, operation_id="record_activity")
async def record_activity(
    body: RecordActivity, caller: Annotated[Caller, needs("activity.write")]
) -> Written:
    """All or none; what was told before, by its source and its id, counts no second time; of who declined, nothing."""
    check_times(tuple(signal.seen_at for signal in body.signals), caller.now)
    await _check_people(caller, body.signals)
    community_id = caller.community_id
    declined = await declined_now(caller.service, community_id)
    pages: dict[UUID, list[Signal]] = defaultdict(list)
    for seen in body.signals:
        signal_id = signal_of(community_id, body.source, seen.id)
        signal = Signal(
            signal_id, PersonId(seen.person_id), seen.kind, Code(body.source), seen.seen_at
        )
        pages[page_of(community_id, seen.seen_at)].append(signal)
    return await caller.ask(
        *(
            Ask(ACTIVITY, page, commands.RecordSignals(tuple(signals), declined))
            for page, signals in pages.items()
        )
    )


async def _check_people(caller: Caller, signals: list[SignalSeen]) -> None:
    async with caller.read() as connection:
        known = await known_among(connection, {signal.person_id for signal in signals})
    wrong = [
        error("person_not_found", "There is no such person.", f"/signals/{number}/person_id")
        for number, signal in enumerate(signals)
        if signal.person_id not in known
    ]
    if wrong:
        raise Problem(422, "invalid_request", "It names people nobody knows.", errors=wrong)


class Activity(BaseModel):
    """`last_day` is the last on which they did it; `recorded` whether they let what they do be recorded."""

    person_id: UUID
    recorded: bool
    since: date
    items: list[Tally]


@router.get("/people/{person_id}/activity", operation_id="read_activity")
async def read_activity(
    person_id: UUID,
    caller: Annotated[Caller, needs("members.read", or_self=True)],
    since: date | None = None,
) -> Activity:
    """The last thirty days, where no day is named."""
    await member_now(caller.service, caller.community_id, person_id)
    begin = since or (caller.now - LOOK_BACK).date()
    async with caller.read() as connection:
        items = await activity_of(connection, person_id, begin)
    declined = await declined_now(caller.service, caller.community_id)
    return Activity(
        person_id=person_id, recorded=person_id not in declined, since=begin, items=items
    )


class ChatActivity(BaseModel):
    """`since` it stands so: followed, or with this problem, of which `detail` says who must do what."""

    followed: bool
    problem: StreamProblem | None
    detail: str | None
    since: datetime | None


@router.get("/chat/activity", operation_id="read_chat_activity")
async def read_chat_activity(
    caller: Annotated[Caller, needs("community.write")],
) -> ChatActivity:
    chat_stream_of(caller.service.gateways)
    server, _ = await chat_server_now(caller.service, caller.community_id)
    if server.server is None:
        raise Rejected("no_chat_server", "Connect a chat server first.")
    async with caller.read() as connection:
        now = await standing_of(connection, server.server)
    if now is None:
        return ChatActivity(followed=False, problem=None, detail=None, since=None)
    return ChatActivity(
        followed=now.problem is None,
        problem=now.problem,
        detail=SENTENCES[now.problem] if now.problem else None,
        since=now.since,
    )
