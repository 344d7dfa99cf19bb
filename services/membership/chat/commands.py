"""What may be asked of a person's seat on the chat server, and of the chat's vendor."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.membership.access.events import Barred
from services.membership.chat.events import InviteWas, Place, Problem
from shared.ids import Code, PersonId
from shared.personal_value import Sealed


@dataclass(frozen=True, slots=True)
class FollowAccess:
    """Access and rules as they were when somebody looked; looks may arrive in any order."""

    person_id: PersonId
    place: Place | None
    roles: tuple[Code, ...]
    barred: Barred | None
    access_version: int
    rules_version: int


@dataclass(frozen=True, slots=True)
class LinkAccount:
    """`joined`: with the person's consent we let them onto the server. `problem` is why it would not have them."""

    person_id: PersonId
    link_id: UUID
    account: Sealed
    joined: bool = False
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class UnlinkAccount:
    person_id: PersonId


@dataclass(frozen=True, slots=True)
class GiveUpLink:
    """Discord had its time; the person's wish to be forgotten comes first."""

    person_id: PersonId


@dataclass(frozen=True, slots=True)
class ForgetLink:
    person_id: PersonId
    link_id: UUID


@dataclass(frozen=True, slots=True)
class AskInvite:
    person_id: PersonId
    at: datetime


@dataclass(frozen=True, slots=True)
class RetrySeat:
    person_id: PersonId


@dataclass(frozen=True, slots=True)
class RecordDone:
    """The vendor did step `number`. `invite` is what it made; `invite_was` says how it found one it took back."""

    person_id: PersonId
    number: int
    invite: Sealed | None = None
    until: datetime | None = None
    invite_was: InviteWas = "unused"


@dataclass(frozen=True, slots=True)
class RecordRefused:
    person_id: PersonId
    number: int
    problem: Problem


@dataclass(frozen=True, slots=True)
class NoticeRoles:
    """What the server says of the person, None for who is not there; `number` is that of the seat's last step then."""

    person_id: PersonId
    number: int
    server: Code
    roles: tuple[Code, ...] | None


ChatCommand = (
    FollowAccess
    | LinkAccount
    | UnlinkAccount
    | GiveUpLink
    | ForgetLink
    | AskInvite
    | RetrySeat
    | RecordDone
    | RecordRefused
    | NoticeRoles
)


@dataclass(frozen=True, slots=True)
class LookAtAccess:
    """Look what the person may enter now, and let their seat follow."""

    person_id: PersonId


@dataclass(frozen=True, slots=True)
class LookAtEverybody:
    """The rules changed: look at everybody."""


@dataclass(frozen=True, slots=True)
class LookAtServer:
    """Let every seat know what its person has on the server, if it is this one, and takes no more roles than that."""

    server: Code | None = None
    most_removals: int | None = None


@dataclass(frozen=True, slots=True)
class DoStep:
    """Have the vendor do the step a seat has asked for. The account is opened when it is done."""

    person_id: PersonId
    number: int
