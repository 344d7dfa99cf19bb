"""What happened to an import, the members of elsewhere from one file."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from services.membership.member.events import Language
from services.membership.tier.events import TierId
from shared.ids import PersonId
from shared.personal_value import Sealed

RefusalReason = Literal[
    "too_many_cells",
    "name_missing",
    "email_missing",
    "not_an_email",
    "too_long",
    "formula",
    "unknown_tier",
    "retired_tier",
    "not_a_date",
    "already_over",
    "paid_until_missing",
    "paid_until_without_tier",
    "twice_in_file",
    "two_people",
    "left",
    "banned",
]

CardLetter = Literal["before", "at_once"]
"""When who paid elsewhere is first written to: before that runs out, or as soon as they are here as well."""


@dataclass(frozen=True, slots=True)
class RefusedRow:
    line: int
    reason: RefusalReason


@dataclass(frozen=True, slots=True)
class TakenRow:
    """Who was here already has no name in it; `writes` when they have not come in yet.

    `origin` is the print of their id elsewhere (`membership_origin.origin_of`).
    """

    line: int
    person_id: PersonId
    writes: bool
    name: Sealed | None = None
    email: Sealed | None = None
    tier_id: TierId | None = None
    until: datetime | None = None
    origin: UUID | None = None


@dataclass(frozen=True, slots=True)
class DueLetter:
    person_id: PersonId
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class ImportUploaded:
    """Nothing has been done yet: `known` of the accepted are here already. It waits until `expires_at`."""

    accepted: int
    known: int
    refused: int
    chunks: int
    language: Language
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class CardsAsked:
    """Who paid elsewhere until a day is asked for a card, for this offer from that day on."""

    offer_id: UUID
    letter: CardLetter


@dataclass(frozen=True, slots=True)
class RowsSealed:
    """Some accepted rows, under the file's own key, which is destroyed when the import is over."""

    number: int
    rows: Sealed


@dataclass(frozen=True, slots=True)
class RowsRefused:
    refused: tuple[RefusedRow, ...]


@dataclass(frozen=True, slots=True)
class ImportStarted:
    letters_a_minute: int


@dataclass(frozen=True, slots=True)
class RowsTaken:
    """The people of these rows are known from now on, by their address and by their id elsewhere."""

    UNTOLD: ClassVar[tuple[str, ...]] = ("refused",)

    number: int
    taken: tuple[TakenRow, ...]
    refused: tuple[RefusedRow, ...]
    language: Language
    free_tiers: tuple[TierId, ...]


@dataclass(frozen=True, slots=True)
class PrepaidRow:
    """They have paid elsewhere, until then."""

    person_id: PersonId
    until: datetime


@dataclass(frozen=True, slots=True)
class PrepaidRowsTaken:
    """Of the rows of this number, those whose people are to be asked for a card."""

    number: int
    offer_id: UUID
    letter: CardLetter
    people: tuple[PrepaidRow, ...]


@dataclass(frozen=True, slots=True)
class RowsDue:
    """What the rows before these led to is under way."""

    number: int


@dataclass(frozen=True, slots=True)
class ImportCompleted:
    pass


@dataclass(frozen=True, slots=True)
class LettersReleased:
    """As many as may go in a minute."""

    number: int
    letters: tuple[DueLetter, ...]


@dataclass(frozen=True, slots=True)
class ImportCancelled:
    pass


@dataclass(frozen=True, slots=True)
class ImportExpired:
    pass


ImportEvent = (
    ImportUploaded
    | CardsAsked
    | RowsSealed
    | RowsRefused
    | ImportStarted
    | RowsTaken
    | PrepaidRowsTaken
    | RowsDue
    | ImportCompleted
    | LettersReleased
    | ImportCancelled
    | ImportExpired
)
