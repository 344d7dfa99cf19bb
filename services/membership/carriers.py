"""Hands a message to whoever carries it beside the post: to Discord, or to WhatsApp."""

from dataclasses import replace

from services.membership.direct.events import DirectReason
from services.membership.direct.projections import discord_account, whatsapp_number
from services.membership.gateways.gateway import (
    Chat,
    ChatMessage,
    Letter,
    Messenger,
    MessengerRefused,
    PhoneMessage,
    Undeliverable,
    Unreachable,
    Unsure,
)
from services.membership.gateways.hand import Hand
from services.membership.gateways.pages import drawn, short
from services.membership.gateways.whatsapp_reports import MessageMark
from shared.ids import PersonId, derive
from shared.reaction import ActionContext, Transient

DISCORD_TAKES = 2_000
WHATSAPP_TAKES = 300


async def to_discord(
    letter: Letter, person_id: PersonId, context: ActionContext
) -> DirectReason | bool:
    service = context.service
    sealed = await discord_account(service, context.community_id, person_id)
    (account,) = await service.vault.open([sealed])
    if account is None:
        return "not_linked"
    message = ChatMessage(letter.key, short(letter, DISCORD_TAKES))
    return await _handed_over(message, account, context) or True


async def to_whatsapp(
    letter: Letter, person_id: PersonId, context: ActionContext
) -> DirectReason | bool:
    """At most once: nothing at the vendor would recognise a second; its report says what became of it."""
    service, community_id = context.service, context.community_id
    sealed = await whatsapp_number(service, community_id, person_id)
    (number,) = await service.vault.open([sealed])
    messenger: Messenger | None = context.gateways.get("messenger")
    if number is None or messenger is None:
        return "not_linked"
    message = PhoneMessage(
        number=number,
        community=" ".join(letter.sender.split()),
        subject=drawn(letter).subject[:WHATSAPP_TAKES],
        language=letter.language,
        page=f"communities/{community_id}/messages/{letter.key}",
        mark=MessageMark(community_id, person_id, letter.key).written(),
    )
    key = derive(letter.key, "whatsapp")
    try:
        return await Hand(service.pool).once(key, lambda: messenger.tell(message))
    except Unreachable as gone:
        raise Transient(str(gone)) from gone
    except MessengerRefused as refusal:
        return refusal.problem


async def _handed_over(
    message: ChatMessage, account: str, context: ActionContext
) -> DirectReason | None:
    chat: Chat | None = context.gateways.get("chat")
    if chat is None:
        raise Transient("The platform is no longer set up with a chat.")
    # As it was called before there was another channel: what was tried then must be known.
    hand, key = Hand(context.service.pool), derive(message.key, "direct")
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
