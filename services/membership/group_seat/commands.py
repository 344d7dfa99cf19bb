"""What may be asked of a person's seat in the groups, and of the messenger."""

from dataclasses import dataclass
from uuid import UUID

from services.membership.access.events import Barred
from services.membership.group.events import GroupId
from services.membership.group_seat.events import Problem
from shared.ids import PersonId
from shared.personal_value import Sealed


@dataclass(frozen=True, slots=True)
class FollowGroups:
    """Access and groups as they were when somebody looked; looks may arrive in any order."""

    person_id: PersonId
    groups: tuple[GroupId, ...]
    open: tuple[GroupId, ...]
    barred: Barred | None
    access_version: int
    groups_version: int


@dataclass(frozen=True, slots=True)
class GiveNumber:
    """`link_id` is the one the person's numbers had before, if they gave any."""

    person_id: PersonId
    link_id: UUID
    number: Sealed


@dataclass(frozen=True, slots=True)
class WithdrawNumber:
    person_id: PersonId


@dataclass(frozen=True, slots=True)
class ReleaseNumber:
    """The staff had their time; the person's wish to be forgotten comes first."""

    person_id: PersonId


@dataclass(frozen=True, slots=True)
class ForgetNumber:
    person_id: PersonId
    link_id: UUID


@dataclass(frozen=True, slots=True)
class RecordInvite:
    """The messenger has it, or may have it; `problem` is why it will not."""

    person_id: PersonId
    number: int
    sure: bool = True
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class RecordReport:
    """What became of a message that the messenger had."""

    person_id: PersonId
    number: int
    arrived: bool
    problem: Problem | None


@dataclass(frozen=True, slots=True)
class StopWaiting:
    """Of a message that may never have been sent, nothing was heard in time."""

    person_id: PersonId
    number: int


@dataclass(frozen=True, slots=True)
class RetryInvites:
    person_id: PersonId


@dataclass(frozen=True, slots=True)
class ShowDoor:
    person_id: PersonId
    group_id: GroupId


@dataclass(frozen=True, slots=True)
class RemindOfRemoval:
    person_id: PersonId
    number: int
    group_id: GroupId


@dataclass(frozen=True, slots=True)
class RecordRemoval:
    person_id: PersonId
    group_id: GroupId


GroupSeatCommand = (
    FollowGroups
    | GiveNumber
    | WithdrawNumber
    | ReleaseNumber
    | ForgetNumber
    | RecordInvite
    | RecordReport
    | StopWaiting
    | RetryInvites
    | ShowDoor
    | RemindOfRemoval
    | RecordRemoval
)


@dataclass(frozen=True, slots=True)
class LookAtGroups:
    """Look which groups the person may enter now, and let their seat follow."""

    person_id: PersonId


@dataclass(frozen=True, slots=True)
class LookAtAllGroups:
    """The groups changed: look at everybody."""


@dataclass(frozen=True, slots=True)
class SendInvite:
    """A call to the messenger. No personal data: the number is opened when the message is written."""

    person_id: PersonId
    number: int
    group_id: GroupId
