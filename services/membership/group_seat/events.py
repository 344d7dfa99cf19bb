"""What happened between a person and the groups they may enter; the stream is derived from the person."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from services.membership.access.events import Barred
from services.membership.group.events import GroupId
from shared.ids import PersonId
from shared.personal_value import Sealed

Problem = Literal[
    "number_refused", "number_unreachable", "messages_stopped", "held_back", "no_word"
]


@dataclass(frozen=True, slots=True)
class GroupSeatWanted:
    """Of the groups that are `open`, access opens these to the person; the versions tell a newer look from an older."""

    person_id: PersonId
    groups: tuple[GroupId, ...]
    open: tuple[GroupId, ...]
    barred: Barred | None
    access_version: int
    groups_version: int


@dataclass(frozen=True, slots=True)
class NumberGiven:
    """The person agreed to be written to; `number` is sealed under a key of its own, which outlives the person's."""

    person_id: PersonId
    link_id: UUID
    number: Sealed


@dataclass(frozen=True, slots=True)
class NumberWithdrawn:
    """Nothing more is sent there, and who took them in takes them out."""

    person_id: PersonId


@dataclass(frozen=True, slots=True)
class NumberReleased:
    """Nobody needs the number any more."""

    person_id: PersonId
    link_id: UUID


@dataclass(frozen=True, slots=True)
class NumberForgotten:
    """Its key is destroyed."""

    person_id: PersonId
    link_id: UUID


@dataclass(frozen=True, slots=True)
class GroupInviteAsked:
    person_id: PersonId
    number: int
    group_id: GroupId


@dataclass(frozen=True, slots=True)
class GroupInviteSent:
    """`sure` when the vendor said that it had it."""

    person_id: PersonId
    number: int
    group_id: GroupId
    sure: bool


@dataclass(frozen=True, slots=True)
class GroupInviteDelivered:
    person_id: PersonId
    number: int
    group_id: GroupId


@dataclass(frozen=True, slots=True)
class GroupInviteStuck:
    """It did not arrive, and will not until the person acts."""

    person_id: PersonId
    number: int
    group_id: GroupId
    problem: Problem


@dataclass(frozen=True, slots=True)
class GroupInvitesRetried:
    """Somebody acted, or thinks so: what is stuck is sent again."""

    person_id: PersonId


@dataclass(frozen=True, slots=True)
class GroupDoorShown:
    """The person was let through from the app."""

    person_id: PersonId
    group_id: GroupId


@dataclass(frozen=True, slots=True)
class GroupRemovalDue:
    """An admin of the group has to take the person out: nobody else can."""

    person_id: PersonId
    number: int
    group_id: GroupId


@dataclass(frozen=True, slots=True)
class GroupRemovalReminded:
    person_id: PersonId
    number: int
    group_id: GroupId


@dataclass(frozen=True, slots=True)
class GroupRemovalCalledOff:
    """They may be there again, before anybody took them out."""

    person_id: PersonId
    group_id: GroupId


@dataclass(frozen=True, slots=True)
class RemovedFromGroup:
    """Somebody of the staff says that they have."""

    person_id: PersonId
    group_id: GroupId


GroupSeatEvent = (
    GroupSeatWanted
    | NumberGiven
    | NumberWithdrawn
    | NumberReleased
    | NumberForgotten
    | GroupInviteAsked
    | GroupInviteSent
    | GroupInviteDelivered
    | GroupInviteStuck
    | GroupInvitesRetried
    | GroupDoorShown
    | GroupRemovalDue
    | GroupRemovalReminded
    | GroupRemovalCalledOff
    | RemovedFromGroup
)
