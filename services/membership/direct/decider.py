"""A message goes once by each channel that was chosen for it; where none of them takes it, it goes by mail instead."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, assert_never
from uuid import UUID

from services.membership.direct import commands, events
from services.membership.preference.events import Channel
from shared.decider import Decider
from shared.ids import derive

Stage = Literal["unsure", "sent", "delivered", "refused"]


@dataclass(frozen=True, slots=True)
class Direct:
    """How far it came by each channel that has answered."""

    asked: events.DirectAsked | None = None
    stages: Mapping[Channel, Stage] = field(default_factory=dict)


def stream_of(message_id: UUID) -> UUID:
    return derive(message_id, "direct")


def decide(command: commands.DirectCommand, direct: Direct) -> list[events.DirectEvent]:
    asked = direct.asked
    match command:
        case commands.AskDirect(person_id, message_id, template, channels, mail, broadcast_id):
            ask = events.DirectAsked(person_id, message_id, template, channels, mail, broadcast_id)
            return [] if asked else [ask]
        case _ if asked is None:
            return []
        case commands.RecordDirect(channel, reason, sure):
            if channel in direct.stages:
                return []
            sent = _sent(asked, channel, sure=sure)
            return _refused(asked, channel, reason, direct) if reason else [sent]
        case commands.RecordDirectReport(channel, arrived, reason):
            return _reported(asked, channel, direct, arrived=arrived, reason=reason)
        case commands.GiveUpDirect(channel):
            is_unsure = direct.stages.get(channel) == "unsure"
            return _refused(asked, channel, "no_word", direct) if is_unsure else []
        case _:
            assert_never(command)


def _reported(
    asked: events.DirectAsked,
    channel: Channel,
    direct: Direct,
    *,
    arrived: bool,
    reason: events.DirectReason | None,
) -> list[events.DirectEvent]:
    """Reports come late, twice and in any order, even before we know that it was taken; what arrived has arrived."""
    stage = direct.stages.get(channel)
    if arrived and stage != "delivered":
        known = [] if stage else [_sent(asked, channel, sure=True)]
        return [*known, events.DirectDelivered(asked.person_id, asked.message_id, channel)]
    if reason is not None and stage not in ("delivered", "refused"):
        return _refused(asked, channel, reason, direct)
    return []


def _sent(asked: events.DirectAsked, channel: Channel, *, sure: bool) -> events.DirectSent:
    return events.DirectSent(
        asked.person_id, asked.message_id, channel, asked.template, asked.broadcast_id, sure
    )


def _refused(
    asked: events.DirectAsked, channel: Channel, reason: events.DirectReason, direct: Direct
) -> list[events.DirectEvent]:
    """Where mail was to be written only for want of anything better, and there is nothing better."""
    person_id, message_id = asked.person_id, asked.message_id
    refused = events.DirectNotSent(
        person_id, message_id, channel, asked.template, reason, asked.broadcast_id
    )
    others = [other for other in asked.channels if other != channel]
    in_vain = all(direct.stages.get(other) == "refused" for other in others)
    if asked.mail == "instead" and in_vain:
        return [refused, events.MailInsteadAsked(person_id, message_id)]
    return [refused]


def evolve(direct: Direct, event: events.DirectEvent) -> Direct:
    match event:
        case events.DirectAsked():
            return replace(direct, asked=event)
        case events.DirectSent(channel=channel, sure=sure):
            return _at(direct, channel, "sent" if sure else "unsure")
        case events.DirectDelivered(channel=channel):
            return _at(direct, channel, "delivered")
        case events.DirectNotSent(channel=channel):
            return _at(direct, channel, "refused")
        case events.MailInsteadAsked():
            return direct
        case _:
            assert_never(event)


def _at(direct: Direct, channel: Channel, stage: Stage) -> Direct:
    return replace(direct, stages={**direct.stages, channel: stage})


DIRECT: Decider[commands.DirectCommand, Direct, events.DirectEvent] = Decider(
    "direct",
    initial=Direct(),
    decide=decide,
    evolve=evolve,
    commands=commands.DirectCommand,
    events=events.DirectEvent,
)
