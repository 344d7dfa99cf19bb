"""What happened to a person's seat on the community's chat server; the stream is derived from the person."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from services.membership.access.events import Barred
from services.membership.chat_server.events import OnLoss
from shared.ids import Code, PersonId
from shared.personal_value import Sealed

Who = Literal["member", "owner"]
Problem = Literal[
    "account_gone",
    "banned_on_server",
    "bot_not_allowed",
    "bot_not_on_server",
    "channel_unknown",
    "guest_unknown",
    "link_refused",
    "not_on_server",
    "refused",
    "role_unknown",
    "server_unknown",
    "too_many_invites",
    "too_many_servers",
]
InviteWas = Literal["unused", "used", "ran_out"]
StepKind = Literal["add_role", "remove_role", "kick", "invite", "withdraw_invite"]


@dataclass(frozen=True, slots=True)
class Place:
    """The server as its rules were when they were looked at."""

    server: Code
    on_loss: OnLoss
    channel: Code | None


@dataclass(frozen=True, slots=True)
class Step:
    """One thing the vendor is asked to do; `role` is of role steps alone."""

    kind: StepKind
    server: Code
    role: Code | None = None


@dataclass(frozen=True, slots=True)
class SeatNow:
    """A linked seat as of now: what its person is believed to have on a server, and what they should have there.

    `asks` is whether the vendor is just being asked something, `absent` whether they were not there when it last was;
    `number` is that of the last step. `refused` are roles that the vendor refuses to give or take, `left` those that
    they kept when they last unlinked. It follows the rules of `rules_version`.
    """

    person_id: PersonId
    number: int
    held: frozenset[Code]
    wanted: frozenset[Code]
    asks: bool
    absent: bool
    refused: frozenset[Code] = frozenset()
    left: frozenset[Code] = frozenset()
    rules_version: int = 0


@dataclass(frozen=True, slots=True)
class ChatSeatWanted:
    """What access and rules say the person has there; the versions tell a newer look from an older."""

    person_id: PersonId
    place: Place | None
    roles: tuple[Code, ...]
    barred: Barred | None
    access_version: int
    rules_version: int


@dataclass(frozen=True, slots=True)
class ChatLinked:
    """`account` is the vendor's id of the person, sealed under a key of the link's own: it outlives the person's."""

    person_id: PersonId
    link_id: UUID
    account: Sealed


@dataclass(frozen=True, slots=True)
class ChatUnlinkAsked:
    person_id: PersonId


@dataclass(frozen=True, slots=True)
class ChatUnlinked:
    person_id: PersonId
    link_id: UUID


@dataclass(frozen=True, slots=True)
class ChatLinkForgotten:
    """The key of the account is destroyed."""

    person_id: PersonId
    link_id: UUID


@dataclass(frozen=True, slots=True)
class ChatJoined:
    """We let the person onto the server; who was there before is not ours to remove."""

    person_id: PersonId
    server: Code


@dataclass(frozen=True, slots=True)
class ChatRoleGranted:
    person_id: PersonId
    server: Code
    role: Code


@dataclass(frozen=True, slots=True)
class ChatRoleRevoked:
    person_id: PersonId
    server: Code
    role: Code


@dataclass(frozen=True, slots=True)
class ChatKicked:
    person_id: PersonId
    server: Code


@dataclass(frozen=True, slots=True)
class ChatInviteAsked:
    person_id: PersonId


@dataclass(frozen=True, slots=True)
class ChatInvited:
    """The invite lets in whoever opens it first, so only the person may read it."""

    person_id: PersonId
    server: Code
    invite: Sealed
    until: datetime


@dataclass(frozen=True, slots=True)
class ChatInviteEnded:
    """It was taken back unused, or we came too late."""

    person_id: PersonId
    was: InviteWas


@dataclass(frozen=True, slots=True)
class ChatStepAsked:
    person_id: PersonId
    number: int
    step: Step


@dataclass(frozen=True, slots=True)
class ChatSeatStuck:
    """A step will not be done until somebody acts."""

    person_id: PersonId
    step: Step
    who: Who
    problem: Problem


@dataclass(frozen=True, slots=True)
class ChatSeatRetried:
    """Somebody acted, or thinks so: what was stuck is tried again."""

    person_id: PersonId


ChatEvent = (
    ChatSeatWanted
    | ChatLinked
    | ChatUnlinkAsked
    | ChatUnlinked
    | ChatLinkForgotten
    | ChatJoined
    | ChatRoleGranted
    | ChatRoleRevoked
    | ChatKicked
    | ChatInviteAsked
    | ChatInvited
    | ChatInviteEnded
    | ChatStepAsked
    | ChatSeatStuck
    | ChatSeatRetried
)
