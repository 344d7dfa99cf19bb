"""What may be asked of an import, and of its file."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.membership.member.events import Language
from services.membership.member_import.events import CardLetter, RefusedRow, TakenRow
from services.membership.tier.events import TierId
from shared.personal_value import Sealed


@dataclass(frozen=True, slots=True)
class OfferNamed:
    """What those who paid elsewhere are to subscribe to; it `fits` if it is sold, by the period, and grants a tier."""

    offer_id: UUID
    known: bool = False
    fits: bool = False


@dataclass(frozen=True, slots=True)
class UploadFile:
    accepted: int
    known: int
    rows: tuple[Sealed, ...]
    refused: tuple[RefusedRow, ...]
    language: Language
    expires_at: datetime
    offer: OfferNamed | None = None
    letter: CardLetter = "before"


@dataclass(frozen=True, slots=True)
class StartImport:
    letters_a_minute: int


@dataclass(frozen=True, slots=True)
class TakeRows:
    number: int
    taken: tuple[TakenRow, ...]
    refused: tuple[RefusedRow, ...]
    free_tiers: tuple[TierId, ...]


@dataclass(frozen=True, slots=True)
class GoOn:
    """What the rows of this number led to is under way."""

    number: int


@dataclass(frozen=True, slots=True)
class ReleaseLetters:
    number: int


@dataclass(frozen=True, slots=True)
class CancelImport:
    pass


@dataclass(frozen=True, slots=True)
class ExpireImport:
    pass


ImportCommand = (
    UploadFile | StartImport | TakeRows | GoOn | ReleaseLetters | CancelImport | ExpireImport
)


@dataclass(frozen=True, slots=True)
class OpenRows:
    """A call to open the rows of this number, and to see who they are."""

    import_id: UUID
    number: int
