"""What may be asked of a takeover."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.billing.elsewhere import Target, Theirs
from services.billing.handover import Heading
from shared.ids import Code, PersonId


@dataclass(frozen=True, slots=True)
class NoteTheirs:
    theirs: Theirs
    account: Code


@dataclass(frozen=True, slots=True)
class TakeOver:
    """Whose it is and what it becomes, where that is known.

    They may have two of the same there (`twice`), or be `subscribed` to the same here.
    """

    takeover_id: UUID
    person_id: PersonId | None
    target: Target | None
    twice: bool
    subscribed: bool
    time_zone: Code
    at: datetime


@dataclass(frozen=True, slots=True)
class RecordTheirs:
    """How theirs stands, fetched again; None where the processor knows no such thing.

    It is ours to go on with where it was told to end for this takeover. `refused` is why it would not change. `heading`
    is what was wanted when theirs was asked for, None for what is wanted now: what was seen before that is no news.
    """

    takeover_id: UUID
    theirs: Theirs | None
    at: datetime
    refused: Code | None = None
    heading: Heading | None = None


@dataclass(frozen=True, slots=True)
class LookAgain:
    """The end of a period, or a day after what was wrong."""


@dataclass(frozen=True, slots=True)
class Revert:
    """Who is `leaving` has cancelled here."""

    leaving: bool
    at: datetime


TakeoverCommand = NoteTheirs | TakeOver | RecordTheirs | LookAgain | Revert
