"""What happened to the groups that a community has on WhatsApp; one stream for all of a community's."""

from dataclasses import dataclass
from typing import NewType
from uuid import UUID

from services.membership.tier.events import TierId
from shared.ids import Label

GroupId = NewType("GroupId", UUID)


@dataclass(frozen=True, slots=True)
class Door:
    """`link` is the owner's own invite link, which lets in whoever has it; `tiers` whose people get it."""

    name: Label
    link: Label
    tiers: tuple[TierId, ...]


@dataclass(frozen=True, slots=True)
class GroupOpened:
    group_id: GroupId
    door: Door


@dataclass(frozen=True, slots=True)
class GroupChanged:
    group_id: GroupId
    door: Door


@dataclass(frozen=True, slots=True)
class GroupClosed:
    """From now on nobody is let in or to be taken out; who is in stays there."""

    group_id: GroupId


GroupEvent = GroupOpened | GroupChanged | GroupClosed
