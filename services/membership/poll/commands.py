"""What may be asked of a poll."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.membership.poll.events import Terms
from shared.ids import AccountId
from shared.personal_value import Sealed


@dataclass(frozen=True, slots=True)
class OpenPoll:
    terms: Terms
    by: AccountId
    at: datetime


@dataclass(frozen=True, slots=True)
class CloseWhenDue:
    pass


@dataclass(frozen=True, slots=True)
class ClosePoll:
    """Before it is due."""


@dataclass(frozen=True, slots=True)
class CancelPoll:
    pass


@dataclass(frozen=True, slots=True)
class BeginCount:
    pass


@dataclass(frozen=True, slots=True)
class CountPoll:
    """What was found in all ballots together; no single one leaves the hands of who counts."""

    ballots: int
    counts: tuple[tuple[int, ...], ...]
    words: tuple[Sealed, ...] = ()


PollCommand = OpenPoll | CloseWhenDue | ClosePoll | CancelPoll | BeginCount | CountPoll


@dataclass(frozen=True, slots=True)
class CountBallots:
    """A call to open every ballot."""

    poll_id: UUID
