"""What may be asked of the seats that a subscription pays for, and of the post."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.membership.access.events import Barred
from services.membership.agreed import NOTHING, Agreement
from services.membership.grace.events import Over
from services.membership.invitation.events import NotPostedReason
from services.membership.member.events import Language
from services.membership.seat.events import Claimant, Ended, Withheld
from services.membership.tier.events import TierId
from shared.ids import AccountId, PersonId
from shared.personal_value import Sealed


@dataclass(frozen=True, slots=True)
class ProvideSeats:
    payer_id: PersonId
    seats: int
    tier_id: TierId | None


@dataclass(frozen=True, slots=True)
class WithholdSeats:
    cause: Withheld


@dataclass(frozen=True, slots=True)
class RestoreSeats:
    cause: Withheld


@dataclass(frozen=True, slots=True)
class EndSeats:
    cause: Ended
    over: Over | None = None


@dataclass(frozen=True, slots=True)
class AssignSeat:
    """`known` is who has the address in the community, if anybody does."""

    payer_id: PersonId
    seat_id: UUID
    email: Sealed
    language: Language
    by: AccountId
    expires_at: datetime
    known: PersonId | None
    is_banned: bool


@dataclass(frozen=True, slots=True)
class ResendSeat:
    payer_id: PersonId
    seat_id: UUID
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class RecordSeatPosted:
    seat_id: UUID
    letter: int


@dataclass(frozen=True, slots=True)
class RecordSeatNotPosted:
    seat_id: UUID
    letter: int
    reason: NotPostedReason


@dataclass(frozen=True, slots=True)
class ClaimSeat:
    """There is no `claimant` where the account does not sign in with the address of the seat.

    `agreement` is asked of who is no member yet.
    """

    seat_id: UUID
    account_id: AccountId
    claimant: Claimant | None
    is_banned: bool
    at: datetime
    is_member: bool = False
    agreement: Agreement = NOTHING


@dataclass(frozen=True, slots=True)
class TakeSeatBack:
    payer_id: PersonId
    seat_id: UUID


@dataclass(frozen=True, slots=True)
class FreeSeat:
    """Who sat there is nobody here any more."""

    seat_id: UUID
    cause: Barred


@dataclass(frozen=True, slots=True)
class ExpireSeat:
    """The time that was given at `expires_at` is over; whoever was given more since has it."""

    seat_id: UUID
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class AddressLoss:
    seats: tuple[UUID, ...]
    people: tuple[PersonId, ...]


@dataclass(frozen=True, slots=True)
class RecordLossTold:
    """What could be done has been: they were written to, or nobody can."""

    seats: tuple[UUID, ...]
    person_id: PersonId


@dataclass(frozen=True, slots=True)
class RecordPayerTold:
    seats: tuple[UUID, ...]


SeatCommand = (
    ProvideSeats
    | WithholdSeats
    | RestoreSeats
    | EndSeats
    | AssignSeat
    | ResendSeat
    | RecordSeatPosted
    | RecordSeatNotPosted
    | ClaimSeat
    | TakeSeatBack
    | FreeSeat
    | ExpireSeat
    | AddressLoss
    | RecordLossTold
    | RecordPayerTold
)


@dataclass(frozen=True, slots=True)
class SendSeat:
    """A call to the post; the address is opened when the letter is written."""

    subscription_id: UUID
    seat_id: UUID
    letter: int


@dataclass(frozen=True, slots=True)
class TellPayer:
    """A call to see who is to know whose seats went because there are fewer."""

    subscription_id: UUID
    seats: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class TellOfLoss:
    """A call to the post for one of them."""

    subscription_id: UUID
    seats: tuple[UUID, ...]
    person_id: PersonId
