"""A message goes once by each channel that was chosen for it; where none of them takes it, it goes by mail instead."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never
from uuid import UUID

from services.membership.direct import commands, events
from services.membership.preference.events import Channel
from shared.decider import Decider
from shared.ids import derive


@dataclass(frozen=True, slots=True)
class Direct:
    """Whether each channel that has answered took it."""

    asked: events.DirectAsked | None = None
    taken: Mapping[Channel, bool] = field(default_factory=dict)


def stream_of(message_id: UUID) -> UUID:
    return derive(message_id, "direct")


def decide(command: commands.DirectCommand, direct: Direct) -> list[events.DirectEvent]:
    asked = direct.asked
    match command:
        case commands.AskDirect(person_id, message_id, template, channels, mail, broadcast_id):
            ask = events.DirectAsked(person_id, message_id, template, channels, mail, broadcast_id)
            return [] if asked else [ask]
        case commands.RecordDirect(channel, reason):
            if asked is None or channel in direct.taken:
                return []
            return _refused(asked, channel, reason, direct) if reason else [_sent(asked, channel)]
        case _:
            assert_never(command)


def _sent(asked: events.DirectAsked, channel: Channel) -> events.DirectSent:
    return events.DirectSent(
        asked.person_id, asked.message_id, channel, asked.template, asked.broadcast_id
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
    in_vain = all(direct.taken.get(other) is False for other in others)
    if asked.mail == "instead" and in_vain:
        return [refused, events.MailInsteadAsked(person_id, message_id)]
    return [refused]


def evolve(direct: Direct, event: events.DirectEvent) -> Direct:
    match event:
        case events.DirectAsked():
            return replace(direct, asked=event)
        case events.DirectSent(channel=channel):
            return replace(direct, taken={**direct.taken, channel: True})
        case events.DirectNotSent(channel=channel):
            return replace(direct, taken={**direct.taken, channel: False})
        case events.MailInsteadAsked():
            return direct
        case _:
            assert_never(event)


DIRECT: Decider[commands.DirectCommand, Direct, events.DirectEvent] = Decider(
    "direct",
    initial=Direct(),
    decide=decide,
    evolve=evolve,
    commands=commands.DirectCommand,
    events=events.DirectEvent,
)
