"""What was found when a chat server was compared with its seats; the stream is derived from the community."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from services.membership.chat.events import Problem
from shared.ids import Code, PersonId

Kind = Literal["role_missing", "role_extra", "absent", "returned"]
Outcome = Literal["clean", "reported", "repairing", "held_back"]
Cause = Literal[
    "given_by_hand",
    "taken_by_hand",
    "left_server",
    "came_back",
    "call_refused",
    "access_changed",
    "mapping_changed",
    "account_unknown",
]


MOST_REMOVALS = 20
"""A repair takes no more roles without somebody's word."""


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

    @property
    def most_removals(self) -> int:
        """How many roles a repair may take that follows from it: what was told, or what needs nobody's word."""
        return max(self.removals, MOST_REMOVALS)


@dataclass(frozen=True, slots=True)
class Drift:
    """One thing that is on the server not as access says, and why.

    Whose account nobody has linked is no person of ours: `stranger_id` is a mark that says no more than that it is the
    same account as before, for the vendor's own id is theirs, and no key that seals it would ever be destroyed.
    """

    kind: Kind
    cause: Cause
    person_id: PersonId | None = None
    stranger_id: UUID | None = None
    role: Code | None = None

    @property
    def what(self) -> tuple[UUID | None, Kind, Code | None]:
        """The same drift has another cause tomorrow, and stays the same."""
        return self.person_id or self.stranger_id, self.kind, self.role


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
    """`is_news` when something waits for somebody's word from now on, and nothing did before.

    `mapped` are the roles that followed from access then; empty in what was stored before it was kept.
    """

    number: int
    comparison: Comparison
    outcome: Outcome
    is_news: bool
    mapped: tuple[Code, ...] = ()


@dataclass(frozen=True, slots=True)
class ChatDriftFound:
    """The audit of this number is the first to find it."""

    number: int
    server: Code
    drift: Drift


@dataclass(frozen=True, slots=True)
class ChatDriftSettled:
    """The audit of this number no longer finds it, or no longer looks at this server."""

    number: int
    server: Code
    drift: Drift


@dataclass(frozen=True, slots=True)
class ChatAuditRefused:
    """The chat's vendor does not let us look until somebody acts."""

    number: int
    problem: Problem


@dataclass(frozen=True, slots=True)
class ChatRepairApproved:
    """Staff have seen what was found on this server, and want it put right, now and from now on.

    `most_removals`: now, if no more roles would be taken than that; None in what was stored before it was kept.
    """

    number: int
    server: Code
    most_removals: int | None = None


@dataclass(frozen=True, slots=True)
class ChatAuditStopped:
    """There is no server to look at any more."""

    number: int


ChatAuditEvent = (
    ChatAuditScheduled
    | ChatAuditBegun
    | ChatServerCompared
    | ChatDriftFound
    | ChatDriftSettled
    | ChatAuditRefused
    | ChatRepairApproved
    | ChatAuditStopped
)
