"""What is to go by other channels than mail is written, handed over once and recorded."""

from dataclasses import replace
from uuid import UUID

from services.membership.announcement.events import MessageDirected
from services.membership.announcement.projections import directed_now
from services.membership.broadcast.projections import broadcast_now
from services.membership.direct import commands, events
from services.membership.direct.decider import DIRECT, Direct, stream_of
from services.membership.direct.projections import discord_account
from services.membership.gateways.gateway import (
    Chat,
    ChatMessage,
    Letter,
    Undeliverable,
    Unreachable,
    Unsendable,
    Unsure,
    WayOut,
)
from services.membership.gateways.hand import Hand
from services.membership.gateways.pages import short
from services.membership.writing import addressee_of, copy_of, kind_of, letter_of
from shared.event_store import Fact
from shared.reaction import Action, ActionContext, Ask, Call, Reaction, Transient

DISCORD_TAKES = 2_000


def when_message_directed_ask(fact: Fact) -> list[Ask]:
    directed: MessageDirected = fact.body
    ask = commands.AskDirect(
        directed.person_id,
        fact.stream_id,
        directed.template,
        directed.channels,
        directed.mail,
        directed.broadcast_id,
    )
    return [Ask(DIRECT, stream_of(fact.stream_id), ask)]


def when_direct_asked_send(fact: Fact) -> list[Call]:
    asked: events.DirectAsked = fact.body
    return [
        Call(commands.SendDirect(asked.message_id, asked.person_id, channel))
        for channel in asked.channels
    ]


REACTIONS = (
    Reaction(
        name="membership.direct.when_message_directed_ask",
        to=MessageDirected,
        react=when_message_directed_ask,
    ),
    Reaction(
        name="membership.direct.when_direct_asked_send",
        to=events.DirectAsked,
        react=when_direct_asked_send,
    ),
)


async def send_direct(action: commands.SendDirect, context: ActionContext) -> Ask | None:
    """Whoever carries it is waited for; what they refuse is recorded, and may go by mail."""
    service, stream = context.service, stream_of(action.message_id)
    direct: Direct
    direct, _ = await service.handler.state(DIRECT, stream, context.community_id)
    directed = await directed_now(service, context.community_id, action.message_id)
    if directed is None or action.channel in direct.taken:
        return None
    reason = await _sent(action.message_id, directed, context)
    return Ask(DIRECT, stream, commands.RecordDirect(action.channel, reason))


async def _sent(
    message_id: UUID, directed: MessageDirected, context: ActionContext
) -> events.DirectReason | None:
    service, person_id = context.service, directed.person_id
    sealed = await discord_account(service, context.community_id, person_id)
    (account,) = await service.vault.open([sealed])
    if account is None:
        return "not_linked"
    found = await _letter(message_id, directed, context)
    if not isinstance(found, Letter):
        return found
    letter = replace(found, way_out=_way_out(directed, context))
    try:
        text = short(letter, DISCORD_TAKES)
    except Unsendable as refusal:
        return _UNSENDABLE.get(refusal.reason, "refused")
    return await _handed_over(ChatMessage(message_id, text), account, context)


def _way_out(directed: MessageDirected, context: ActionContext) -> WayOut | None:
    """Where they choose again, signed in: nothing there opens a link by itself."""
    kind = kind_of(directed.template)
    if kind == "transactional":
        return None
    page = f"{context.service.settings.origin}/communities/{context.community_id}/preferences"
    return WayOut(kind, one_click=page, page=page)


_UNSENDABLE: dict[str, events.DirectReason] = {
    "unknown_template": "unknown_template",
    "incomplete_values": "incomplete_values",
}


async def _letter(
    message_id: UUID, directed: MessageDirected, context: ActionContext
) -> Letter | events.DirectReason:
    addressee = await addressee_of(directed.person_id, context)
    if addressee is None:
        return "unknown_person"
    if directed.broadcast_id is None:
        return await letter_of(message_id, directed.template, directed.content, addressee, context)
    service, community_id = context.service, context.community_id
    broadcast = await broadcast_now(service, community_id, directed.broadcast_id)
    if broadcast.standing == "cancelled":
        return "cancelled"
    copy = await copy_of(message_id, directed.broadcast_id, addressee, context)
    return copy or "text_gone"


async def _handed_over(
    message: ChatMessage, account: str, context: ActionContext
) -> events.DirectReason | None:
    chat: Chat | None = context.gateways.get("chat")
    if chat is None:
        raise Transient("The platform is no longer set up with a chat.")
    hand, key = Hand(context.service.pool), stream_of(message.key)
    since = await hand.tried_since(key)
    try:
        await chat.write(account, replace(message, tried_since=since))
    except Unsure as gone:
        raise Transient(str(gone), gone.after) from gone
    except Unreachable as gone:
        if since is None:
            await hand.put_back(key)
        raise Transient(str(gone), gone.after) from gone
    except Undeliverable as refusal:
        return refusal.problem
    return None


ACTIONS = (Action(of=commands.SendDirect, perform=send_direct),)
