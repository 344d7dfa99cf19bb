"""Nobody is in the directory but members who want to be, with what they wrote for it; only members look into it."""

from typing import assert_never
from uuid import UUID

from services.membership.directory import commands, events
from services.membership.member.events import StandingNow
from shared.decider import Decider, Rejected
from shared.ids import derive

Entry = events.EntryShown | None


def entry_stream(person_id: UUID) -> UUID:
    return derive(person_id, "directory")


def insist_on_member(member: StandingNow) -> None:
    """Who shows nothing of themselves may look as well."""
    if member != "joined":
        raise Rejected("not_a_member", "The directory is the members' own.")


def decide(command: commands.DirectoryCommand, entry: Entry) -> list[events.DirectoryEvent]:
    match command:
        case commands.ShowEntry(person_id, member, name, about, contact):
            insist_on_member(member)
            return [events.EntryShown(person_id, name, about, contact)]
        case commands.HideEntry(cause):
            return [events.EntryHidden(entry.person_id, cause)] if entry else []
        case _:
            assert_never(command)


def evolve(entry: Entry, event: events.DirectoryEvent) -> Entry:
    del entry
    match event:
        case events.EntryShown():
            return event
        case events.EntryHidden():
            return None
        case _:
            assert_never(event)


DIRECTORY: Decider[commands.DirectoryCommand, Entry, events.DirectoryEvent] = Decider(
    "directory",
    initial=None,
    decide=decide,
    evolve=evolve,
    commands=commands.DirectoryCommand,
    events=events.DirectoryEvent,
)
