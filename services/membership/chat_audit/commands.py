"""What may be asked of a community's audits of its chat server, and of the chat's vendor."""

from dataclasses import dataclass
from datetime import datetime

from services.membership.chat.events import Problem
from services.membership.chat_audit.events import Comparison, Drift
from shared.ids import Code, PersonId


@dataclass(frozen=True, slots=True)
class ScheduleAudits:
    """A server is there to be looked at from now on."""

    at: datetime


@dataclass(frozen=True, slots=True)
class BeginAudit:
    """Because it is `due` by the clock, or because staff ask for it."""

    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class RecordComparison:
    """`mapped` are the roles that follow from access now; `drifts` are all there are of who was not `skipped`."""

    number: int
    comparison: Comparison
    at: datetime
    mapped: tuple[Code, ...] = ()
    drifts: tuple[Drift, ...] = ()
    skipped: tuple[PersonId, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordRefusal:
    number: int
    problem: Problem
    at: datetime


@dataclass(frozen=True, slots=True)
class RecordNoServer:
    number: int


@dataclass(frozen=True, slots=True)
class ApproveRepair:
    """`server` is the one that is connected now."""

    number: int
    server: Code | None


ChatAuditCommand = (
    ScheduleAudits | BeginAudit | RecordComparison | RecordRefusal | RecordNoServer | ApproveRepair
)


@dataclass(frozen=True, slots=True)
class CompareServer:
    """A look at everybody on the server, beside what the seats say."""

    number: int
