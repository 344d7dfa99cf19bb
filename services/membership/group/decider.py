"""A community has up to twenty groups, each behind a link of its own, open to the people of some tiers."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never
from uuid import UUID

from services.membership.group import commands, events
from services.membership.group.events import Door, GroupId
from services.membership.tier.events import TierId
from shared.decider import Decider, NotFound, Rejected
from shared.ids import derive

MOST_GROUPS = 20


@dataclass(frozen=True, slots=True)
class Groups:
    doors: Mapping[GroupId, Door] = field(default_factory=dict)
    closed: frozenset[GroupId] = frozenset()

    def open_to(self, tiers: Collection[TierId]) -> tuple[GroupId, ...]:
        """The groups that the people of these tiers may enter."""
        return tuple(sorted(g for g, door in self.doors.items() if set(door.tiers) & set(tiers)))


def groups_stream(community_id: UUID) -> UUID:
    return derive(community_id, "groups")


def decide(command: commands.GroupCommand, groups: Groups) -> list[events.GroupEvent]:
    group_id = command.group_id
    match command:
        case commands.OpenGroup(_, door):
            if group_id in groups.doors:
                return []
            if len(groups.doors) >= MOST_GROUPS:
                detail = f"A community has at most {MOST_GROUPS} groups."
                raise Rejected("too_many_groups", detail, most=MOST_GROUPS)
            _check(group_id, door, groups)
            return [events.GroupOpened(group_id, door)]
        case commands.ChangeGroup(_, door):
            if group_id not in groups.doors:
                raise NotFound("group_not_found", "There is no such group.")
            _check(group_id, door, groups)
            return [] if groups.doors[group_id] == door else [events.GroupChanged(group_id, door)]
        case commands.CloseGroup():
            if group_id not in groups.doors and group_id not in groups.closed:
                raise NotFound("group_not_found", "There is no such group.")
            return [events.GroupClosed(group_id)] if group_id in groups.doors else []
        case _:
            assert_never(command)


def _check(group_id: GroupId, door: Door, groups: Groups) -> None:
    if any(door.link == other.link for g, other in groups.doors.items() if g != group_id):
        raise Rejected("link_used_twice", "Another group has this link.", pointer="/link")


def evolve(groups: Groups, event: events.GroupEvent) -> Groups:
    match event:
        case events.GroupOpened(group_id, door) | events.GroupChanged(group_id, door):
            return replace(groups, doors={**groups.doors, group_id: door})
        case events.GroupClosed(group_id):
            left = {g: door for g, door in groups.doors.items() if g != group_id}
            return Groups(left, groups.closed | {group_id})
        case _:
            assert_never(event)


GROUP: Decider[commands.GroupCommand, Groups, events.GroupEvent] = Decider(
    "group",
    initial=Groups(),
    decide=decide,
    evolve=evolve,
    commands=commands.GroupCommand,
    events=events.GroupEvent,
)
