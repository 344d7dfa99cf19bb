"""What was found when a chat server was compared with its seats; the stream is derived from the community."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from services.membership.chat.events import Problem
from shared.ids import Code, PersonId

Kind = Literal["role_missing", "role_extra", "absent", "returned"]
Outcome = Literal["clean", "reported", "repairing", "held_back"]


@dataclass(frozen=True, slots=True)
class Difference:
    """A seat that is not as it was left: somebody changed a role by hand, or the person left or came back (no role)."""

    person_id: PersonId
    kind: Kind
    role: Code | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """`removals` of the `differences` would take a role away. `strangers` hold a tier's role, and nobody knows them.

    `found` are the first of the differences, so many as fit.
    """

    server: Code
    members: int
    seats: int
    differences: int
    removals: int
    strangers: int
    found: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class ChatAuditScheduled:
    """The next one by the clock; there is one such clock for a community."""

    due: datetime


@dataclass(frozen=True, slots=True)
class ChatAuditBegun:
    number: int
    by_clock: bool


@dataclass(frozen=True, slots=True)
class ChatServerCompared:
    """`is_news` when something waits for somebody's word from now on, and nothing did before."""

    number: int
    comparison: Comparison
    outcome: Outcome
    is_news: bool


@dataclass(frozen=True, slots=True)
class ChatAuditRefused:
    """The chat's vendor does not let us look until somebody acts."""

    number: int
    problem: Problem


@dataclass(frozen=True, slots=True)
class ChatRepairApproved:
    """Staff have seen what was found on this server, and want it put right, now and from now on."""

    number: int
    server: Code


@dataclass(frozen=True, slots=True)
class ChatAuditStopped:
    """There is no server to look at any more."""

    number: int


ChatAuditEvent = (
    ChatAuditScheduled
    | ChatAuditBegun
    | ChatServerCompared
    | ChatAuditRefused
    | ChatRepairApproved
    | ChatAuditStopped
)
