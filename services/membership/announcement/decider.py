"""A message has one outcome: it was sent, or it was not and we know why."""

from dataclasses import dataclass
from typing import assert_never

from services.membership.announcement import commands, events
from shared.decider import Decider


@dataclass(frozen=True, slots=True)
class Announcement:
    settled: bool = False


def decide(
    command: commands.AnnouncementCommand, announcement: Announcement
) -> list[events.AnnouncementEvent]:
    if announcement.settled:
        return []
    match command:
        case commands.RecordSent(person_id, template, broadcast_id):
            return [events.MessageSent(person_id, template, broadcast_id)]
        case commands.RecordNotSent(person_id, template, reason, broadcast_id):
            return [events.MessageNotSent(person_id, template, reason, broadcast_id)]
        case _:
            assert_never(command)


def evolve(_: Announcement, event: events.AnnouncementEvent) -> Announcement:
    match event:
        case events.MessageSent() | events.MessageNotSent():
            return Announcement(settled=True)
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
