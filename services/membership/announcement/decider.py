"""A letter has one outcome: it was sent, or it was not and we know why. Which ways a message goes is said once."""

from dataclasses import dataclass, replace
from typing import assert_never

from services.membership.announcement import commands, events
from shared.decider import Decider


@dataclass(frozen=True, slots=True)
class Announcement:
    settled: bool = False
    directed: events.MessageDirected | None = None


def decide(
    command: commands.AnnouncementCommand, announcement: Announcement
) -> list[events.AnnouncementEvent]:
    if announcement.settled:
        return []
    match command:
        case commands.DirectMessage() if announcement.directed is not None:
            return []
        case commands.DirectMessage(person_id, template, channels, mail, content, broadcast_id):
            return [
                events.MessageDirected(person_id, template, channels, mail, content, broadcast_id)
            ]
        case commands.RecordSent(person_id, template, broadcast_id):
            return [events.MessageSent(person_id, template, broadcast_id)]
        case commands.RecordNotSent(person_id, template, reason, broadcast_id):
            return [events.MessageNotSent(person_id, template, reason, broadcast_id)]
        case commands.PassOn(organisation_id, template, content, tell):
            return [events.MessagePassedOn(organisation_id, template, content, tell)]
        case _:
            assert_never(command)


def evolve(announcement: Announcement, event: events.AnnouncementEvent) -> Announcement:
    match event:
        case events.MessageDirected():
            return replace(announcement, directed=event)
        case events.MessageSent() | events.MessageNotSent() | events.MessagePassedOn():
            return replace(announcement, settled=True)
        case _:
            assert_never(event)


ANNOUNCEMENT: Decider[commands.AnnouncementCommand, Announcement, events.AnnouncementEvent] = (
    Decider(
        "announcement",
        initial=Announcement(),
        decide=decide,
        evolve=evolve,
        commands=commands.AnnouncementCommand,
        events=events.AnnouncementEvent,
    )
)
