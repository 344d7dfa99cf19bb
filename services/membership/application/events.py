"""What happened between a community and somebody who would like to belong to it."""

from dataclasses import dataclass
from datetime import datetime

from services.membership.document.events import Kind
from services.membership.member.events import Language
from services.membership.tier.events import TierId
from shared.ids import AccountId, Code, Label, PersonId
from shared.personal_value import Sealed


@dataclass(frozen=True, slots=True)
class Answer:
    """The question as it was asked; `said` is None where it was left open."""

    question: Label
    said: Sealed | None


@dataclass(frozen=True, slots=True)
class Agreed:
    """A document that they accept, should they be taken in, in this version."""

    kind: Kind
    number: int
    language: Code | None = None


@dataclass(frozen=True, slots=True)
class ApplicationSent:
    """`number` counts this account's applications here: who was refused may ask again in time."""

    number: int
    account_id: AccountId
    name: Sealed
    email: Sealed
    language: Language
    answers: tuple[Answer, ...]
    expires_at: datetime
    agreed: tuple[Agreed, ...] = ()


@dataclass(frozen=True, slots=True)
class ApplicationAccepted:
    """What they wrote is the member's own from now on."""

    number: int
    accepted_by: AccountId
    account_id: AccountId
    person_id: PersonId
    name: Sealed
    email: Sealed
    language: Language
    answers: tuple[Answer, ...]
    free_tiers: tuple[TierId, ...]
    agreed: tuple[Agreed, ...] = ()


@dataclass(frozen=True, slots=True)
class ApplicationRefused:
    """They may apply again from `again_at` on; until then staff can read what was refused."""

    number: int
    refused_by: AccountId
    again_at: datetime


@dataclass(frozen=True, slots=True)
class ApplicationWithdrawn:
    number: int


@dataclass(frozen=True, slots=True)
class ApplicationExpired:
    """Nobody answered in time."""

    number: int


ApplicationEvent = (
    ApplicationSent
    | ApplicationAccepted
    | ApplicationRefused
    | ApplicationWithdrawn
    | ApplicationExpired
)
