"""Linking an account of the chat, or being invited; and what is stuck, for staff and for the person."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from services.membership.arriving import way_back
from services.membership.chat import commands
from services.membership.chat.decider import CHAT, Seat, stream_of
from services.membership.chat.events import Problem, StepKind, Who
from services.membership.chat.projections import CHAT_ACCOUNT, SENTENCES, stuck_seats_of
from services.membership.cursors import by_number
from services.membership.gateways.gateway import (
    Chat,
    ChatRefused,
    Unreachable,
    chat_of,
    in_a_request,
)
from services.membership.member.projections import member_now
from shared.command_handler import Claimed
from shared.decider import Rejected
from shared.event_store import Keep
from shared.http import Body, Caller, Page, Written, needs, paging
from shared.ids import PersonId
from shared.reaction import Ask

LINK_LIFE = timedelta(hours=1)
INVITES = "https://discord.gg/"

router = APIRouter()


class ChatAuthorization(BaseModel):
    """Where to go; the chat's vendor sends whoever agrees back with a `code` and this `state`."""

    url: str
    state: str


@router.get("/me/chat/authorization", operation_id="authorize_chat_account")
async def authorize_chat_account(
    caller: Annotated[Caller, needs("person")],
) -> ChatAuthorization:
    chat = chat_of(caller.service.gateways)
    community_id, expiry = caller.community_id, caller.now + LINK_LIFE
    state = caller.service.links.make("chat", caller.person_id, community_id, expiry)
    return ChatAuthorization(url=chat.account_url(state), state=state)


class LinkAccount(Body):
    code: str = Field(min_length=1, max_length=500)
    state: str = Field(min_length=1, max_length=2_000)


@router.post("/me/chat/account", status_code=201, operation_id="link_chat_account")
async def link_chat_account(
    body: LinkAccount, caller: Annotated[Caller, needs("person")]
) -> Written:
    """Once linked, the same state answers the same, though its code was good only once."""
    chat = chat_of(caller.service.gateways)
    link = way_back(caller, body.state, "chat", caller.person_id)
    person_id, community_id = PersonId(caller.person_id), caller.community_id
    stream = stream_of(person_id)
    seat: Seat = await caller.state(CHAT, stream)
    if seat.link_id == link.link_id:
        return await caller.ask(Ask(CHAT, stream, commands.RetrySeat(person_id)))
    with in_a_request():
        token = (await chat.authorized(body.code)).access_token
        account = await chat.account_of(token)
    vault = caller.service.vault
    holder = await vault.find(CHAT_ACCOUNT, community_id, account)
    link_id = holder if holder is not None and holder == seat.link_id else link.link_id
    if holder not in (None, link_id):
        raise Rejected("chat_account_taken", "Somebody else here has linked this account.")
    # A key of the link's own: it is still there to take roles away when the person's keys are gone.
    sealed = await caller.seal(link_id, account)
    command = commands.LinkAccount(person_id, link_id, sealed)
    CHAT.decide(command, seat)
    command = await _let_in(chat, seat, account, token, command)
    found_by = Keep(lookups=(vault.lookup(CHAT_ACCOUNT, community_id, account, link_id),))
    try:
        return await caller.ask(Ask(CHAT, stream, command, found_by))
    except Claimed as claimed:
        raise Rejected(
            "chat_account_taken", "Somebody else here has linked this account."
        ) from claimed


async def _let_in(
    chat: Chat, seat: Seat, account: str, token: str, link: commands.LinkAccount
) -> commands.LinkAccount:
    """The link with what came of it. Where the vendor is away, the seat's own steps will say what is missing.

    Nobody gets a role here: until the link is written, the account may become somebody else's at the same moment.
    """
    if seat.place is None or not seat.wanted:
        return link
    try:
        joined = await chat.join(seat.place.server, account, token)
    except Unreachable:
        return link
    except ChatRefused as refusal:
        return replace(link, problem=refusal.problem)
    return replace(link, joined=joined)


@router.post("/me/chat/account/removal", operation_id="unlink_chat_account")
async def unlink_chat_account(caller: Annotated[Caller, needs("person")]) -> Written:
    """First the roles go, then the link; the person's access stays."""
    person_id = PersonId(caller.person_id)
    return await caller.ask(Ask(CHAT, stream_of(person_id), commands.UnlinkAccount(person_id)))


@router.post("/me/chat/invite", status_code=202, operation_id="ask_chat_invite")
async def ask_chat_invite(caller: Annotated[Caller, needs("person")]) -> Written:
    """For whoever will not link: the invite is at `read_chat_seat` as soon as the chat has made it."""
    chat_of(caller.service.gateways)
    person_id = PersonId(caller.person_id)
    invite = commands.AskInvite(person_id, caller.now)
    return await caller.ask(Ask(CHAT, stream_of(person_id), invite))


@router.post("/people/{person_id}/chat/retry", operation_id="retry_chat_seat")
async def retry_chat_seat(
    person_id: PersonId, caller: Annotated[Caller, needs("members.write", or_self=True)]
) -> Written:
    chat_of(caller.service.gateways)
    await member_now(caller.service, caller.community_id, person_id)
    return await caller.ask(Ask(CHAT, stream_of(person_id), commands.RetrySeat(person_id)))


class Stuck(BaseModel):
    """`who` must act, and `detail` says how."""

    kind: StepKind
    role_id: str | None
    who: Who
    problem: Problem
    detail: str


class Invite(BaseModel):
    url: str
    until: datetime


class ChatSeat(BaseModel):
    """`wanted` follows from access, `roles` is what the chat confirmed. An invite is shown to its person alone."""

    person_id: UUID
    linked: bool
    wanted: list[str]
    roles: list[str]
    invite: Invite | None
    stuck: list[Stuck]


@router.get("/people/{person_id}/chat", operation_id="read_chat_seat")
async def read_chat_seat(
    person_id: PersonId, caller: Annotated[Caller, needs("members.read", or_self=True)]
) -> ChatSeat:
    chat_of(caller.service.gateways)
    await member_now(caller.service, caller.community_id, person_id)
    seat: Seat = await caller.state(CHAT, stream_of(person_id))
    return ChatSeat(
        person_id=person_id,
        linked=seat.link_id is not None,
        wanted=sorted(role for _, role in seat.wanted),
        roles=sorted(role for _, role in seat.held),
        invite=await _invite_of(seat, caller, person_id),
        stuck=[
            Stuck(
                kind=stuck.step.kind,
                role_id=stuck.step.role,
                who=stuck.who,
                problem=stuck.problem,
                detail=SENTENCES[stuck.problem],
            )
            for stuck in seat.stuck
        ],
    )


async def _invite_of(seat: Seat, caller: Caller, person_id: PersonId) -> Invite | None:
    is_theirs = caller.principal is not None and caller.principal.person_id == person_id
    if seat.invite is None or not is_theirs or not seat.invited_at(caller.now):
        return None
    code = await caller.open(seat.invite.invite)
    return Invite(url=INVITES + code, until=seat.invite.until) if code else None


class StuckSeat(Stuck):
    person_id: UUID
    since: datetime


class StuckSeats(BaseModel):
    items: list[StuckSeat]
    next: str | None


@router.get("/chat/stuck", operation_id="list_stuck_chat_seats")
async def list_stuck_chat_seats(
    caller: Annotated[Caller, needs("members.read")], page: Annotated[Page, Depends(paging)]
) -> StuckSeats:
    """The oldest first."""
    chat_of(caller.service.gateways)
    async with caller.read() as connection:
        rows = await stuck_seats_of(
            connection,
            caller.community_id,
            after=page.cursor(by_number) or 0,
            limit=page.limit + 1,
        )
    answer = page.answer(rows, lambda row: row.number)
    items = [
        StuckSeat(
            person_id=row.person_id,
            since=row.since,
            kind=row.kind,
            role_id=row.role or None,
            who=row.who,
            problem=row.problem,
            detail=SENTENCES[row.problem],
        )
        for row in answer["items"]
    ]
    return StuckSeats(items=items, next=answer["next"])
