"""What may be asked of a community's groups."""

from dataclasses import dataclass

from services.membership.group.events import Door, GroupId


@dataclass(frozen=True, slots=True)
class OpenGroup:
    group_id: GroupId
    door: Door


@dataclass(frozen=True, slots=True)
class ChangeGroup:
    group_id: GroupId
    door: Door


@dataclass(frozen=True, slots=True)
class CloseGroup:
    group_id: GroupId


GroupCommand = OpenGroup | ChangeGroup | CloseGroup
