"""A notice goes once to those of the staff whom it concerns, as they were when it came."""

from services.membership.notice import commands, events
from shared.decider import Decider


def decide(command: commands.NoticeCommand, is_addressed: bool) -> list[events.NoticeEvent]:  # noqa: FBT001
    if is_addressed:
        return []
    return [events.StaffAddressed(command.template, command.values, command.link, command.tell)]


def evolve(_is_addressed: bool, _event: events.NoticeEvent) -> bool:  # noqa: FBT001
    return True


NOTICE: Decider[commands.NoticeCommand, bool, events.NoticeEvent] = Decider(
    "notice",
    initial=False,
    decide=decide,
    evolve=evolve,
    commands=commands.NoticeCommand,
    events=events.NoticeEvent,
)
