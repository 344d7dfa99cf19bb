"""What may be asked of an application, and of the post."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from services.membership.admission.events import Question, Way
from services.membership.agreed import NOTHING, Agreement
from services.membership.application.events import Answer
from services.membership.member.events import Language, StandingNow
from services.membership.tier.events import TierId
from shared.ids import AccountId, PersonId
from shared.personal_value import Sealed

Answering = Literal["waiting", "accepted", "refused"]
"""That it came, a yes, or a no."""


@dataclass(frozen=True, slots=True)
class Given:
    """An answer before it is judged: sealed, and which of the question's options it is, if any."""

    said: Sealed | None
    option: int | None = None


@dataclass(frozen=True, slots=True)
class SendApplication:
    """`version` is that of the questions which were answered, `asked` those of the community's door now."""

    account_id: AccountId
    name: Sealed
    email: Sealed
    email_is_own: bool
    language: Language
    answers: tuple[Given, ...]
    version: int
    way: Way
    asked: tuple[Question, ...]
    asked_version: int
    member: StandingNow
    at: datetime
    agreement: Agreement = NOTHING


@dataclass(frozen=True, slots=True)
class AcceptApplication:
    """`number` is the application that was read; what it says is sealed anew for the `person_id`."""

    number: int
    by: AccountId
    person_id: PersonId
    name: Sealed
    email: Sealed
    answers: tuple[Answer, ...]
    free_tiers: tuple[TierId, ...]
    member: StandingNow


@dataclass(frozen=True, slots=True)
class RefuseApplication:
    by: AccountId
    at: datetime


@dataclass(frozen=True, slots=True)
class WithdrawApplication:
    pass


@dataclass(frozen=True, slots=True)
class ExpireApplication:
    number: int


ApplicationCommand = (
    SendApplication
    | AcceptApplication
    | RefuseApplication
    | WithdrawApplication
    | ExpireApplication
)


@dataclass(frozen=True, slots=True)
class SendAnswer:
    """A call to the post; the address is opened when the letter is written."""

    application_id: UUID
    number: int
    answer: Answering
