"""What may be asked of a present, and of the post."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.membership.agreed import Agreement
from services.membership.grace.events import Over
from services.membership.invitation.events import NotPostedReason
from services.membership.member.events import Language, StandingNow
from services.membership.present.events import Thing
from services.membership.seat.events import Claimant
from shared.ids import AccountId, PersonId
from shared.personal_value import Sealed


@dataclass(frozen=True, slots=True)
class AddressPresent:
    """The giver says, or says anew, whom it is for; `is_banned`: who has the address may not be let in."""

    person_id: PersonId
    email: Sealed
    words: Sealed
    language: Language
    deliver_at: datetime | None
    is_banned: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class PayPresent:
    person_id: PersonId
    thing: Thing


@dataclass(frozen=True, slots=True)
class DeliverPresent:
    """Its letter goes, if it is time, and it is known whose it is and that it is paid."""

    at: datetime


@dataclass(frozen=True, slots=True)
class ResendPresent:
    person_id: PersonId
    at: datetime


@dataclass(frozen=True, slots=True)
class RemindOfPresent:
    """Whoever had this letter, the first to them, has not answered; of one that came later this says nothing."""

    letter: int


@dataclass(frozen=True, slots=True)
class RecordPosted:
    letter: int


@dataclass(frozen=True, slots=True)
class RecordNotPosted:
    letter: int
    reason: NotPostedReason


@dataclass(frozen=True, slots=True)
class ExpirePresent:
    """The time that was given at `expires_at` is over; whoever was given more since has it."""

    expires_at: datetime


@dataclass(frozen=True, slots=True)
class RemindGiver:
    """A while after it was paid."""


@dataclass(frozen=True, slots=True)
class AcceptPresent:
    """By the letter to address `number`; `joins` is how they are known who are no member yet."""

    number: int
    account_id: AccountId
    person_id: PersonId
    joins: Claimant | None
    member: StandingNow
    email_is_own: bool
    agreement: Agreement
    at: datetime


@dataclass(frozen=True, slots=True)
class WithholdPresent:
    pass


@dataclass(frozen=True, slots=True)
class RestorePresent:
    pass


@dataclass(frozen=True, slots=True)
class EndPresent:
    over: Over | None


PresentCommand = (
    AddressPresent
    | PayPresent
    | DeliverPresent
    | ResendPresent
    | RemindOfPresent
    | RecordPosted
    | RecordNotPosted
    | ExpirePresent
    | RemindGiver
    | AcceptPresent
    | WithholdPresent
    | RestorePresent
    | EndPresent
)


@dataclass(frozen=True, slots=True)
class SendPresent:
    """A call to the post; what is in the letter is opened when it is written."""

    present_id: UUID
    letter: int
    reminds: bool
