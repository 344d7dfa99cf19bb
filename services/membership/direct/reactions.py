"""What is to go by other channels than mail is written, handed over once and recorded."""

from dataclasses import replace
from datetime import timedelta
from typing import assert_never
from uuid import UUID

from services.membership.announcement.events import MessageDirected
from services.membership.announcement.projections import directed_now
from services.membership.broadcast.projections import broadcast_now
from services.membership.carriers import to_discord, to_whatsapp
from services.membership.direct import commands, events
from services.membership.direct.decider import DIRECT, Direct, stream_of
from services.membership.gateways.gateway import Letter, Unsendable, WayOut
from services.membership.gateways.whatsapp_reports import message_report_in
from services.membership.writing import addressee_of, copy_of, kind_of, letter_of
from shared.consumer import Webhook
from shared.event_store import Fact
from shared.reaction import Action, ActionContext, Ask, At, Call, Reaction

NO_WORD = timedelta(days=1)


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


def when_direct_unsure_give_up(fact: Fact) -> list[At]:
    sent: events.DirectSent = fact.body
    give_up = Ask(DIRECT, fact.stream_id, commands.GiveUpDirect(sent.channel))
    return [] if sent.sure else [At(fact.at + NO_WORD, give_up)]


def when_messenger_reported_record(fact: Fact) -> list[Ask]:
    webhook: Webhook = fact.body
    report = message_report_in(webhook)
    if report is None:
        return []
    mark, arrived, problem = report
    record = commands.RecordDirectReport("whatsapp", arrived, problem)
    return [Ask(DIRECT, stream_of(mark.message_id), record)]


REACTIONS = (
    Reaction(
        name="membership.direct.when_direct_unsure_give_up",
        to=events.DirectSent,
        react=when_direct_unsure_give_up,
    ),
    Reaction(
        name="membership.direct.when_messenger_reported_record",
        to=Webhook,
        react=when_messenger_reported_record,
    ),
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
    if directed is None or action.channel in direct.stages:
        return None
    outcome = await _sent(action, directed, context)
    if isinstance(outcome, bool):
        return Ask(DIRECT, stream, commands.RecordDirect(action.channel, sure=outcome))
    return Ask(DIRECT, stream, commands.RecordDirect(action.channel, outcome))


async def _sent(
    action: commands.SendDirect, directed: MessageDirected, context: ActionContext
) -> events.DirectReason | bool:
    """Why it was not taken, else whether it surely was."""
    letter = await _letter(action.message_id, directed, context)
    if not isinstance(letter, Letter):
        return letter
    try:
        match action.channel:
            case "discord":
                letter = replace(letter, way_out=_way_out(directed, context))
                return await to_discord(letter, directed.person_id, context)
            case "whatsapp":
                return await to_whatsapp(letter, directed.person_id, context)
            case "email":
                return "refused"
            case _:
                assert_never(action.channel)
    except Unsendable as refusal:
        return _UNSENDABLE.get(refusal.reason, "refused")


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


ACTIONS = (Action(of=commands.SendDirect, perform=send_direct),)
