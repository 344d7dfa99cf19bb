"""What happened to the seats that a subscription pays for; the stream is the subscription."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from services.membership.access.events import Barred, Moved
from services.membership.grace.events import Over
from services.membership.invitation.events import NotPostedReason
from services.membership.member.events import Language
from services.membership.tier.events import TierId
from shared.ids import AccountId, PersonId
from shared.personal_value import Sealed

Withheld = Literal["paused", "suspended"]
Ended = Literal["ended", "refunded"]
RevokedFor = Literal["taken_back", "expired", "fewer_seats", Ended, Barred]


@dataclass(frozen=True, slots=True)
class Claimant:
    """Who sits, as they are known in the community from now on if they were not before."""

    person_id: PersonId
    name: Sealed
    email: Sealed
    language: Language
    free_tiers: tuple[TierId, ...] = ()


@dataclass(frozen=True, slots=True)
class Sitting:
    seat_id: UUID
    person_id: PersonId


@dataclass(frozen=True, slots=True)
class SeatsProvided:
    """The payer has so many to give from now on, and each opens the tier."""

    payer_id: PersonId
    seats: int
    tier_id: TierId | None


@dataclass(frozen=True, slots=True)
class SeatsWithheld:
    """They open nothing while there is a cause."""

    cause: Withheld


@dataclass(frozen=True, slots=True)
class SeatsRestored:
    cause: Withheld


@dataclass(frozen=True, slots=True)
class SeatsMoved:
    """Those who sit have this tier from now on instead of the one before, or none while it is withheld."""

    tier_id: TierId | None
    cause: Moved
    seats: tuple[Sitting, ...]


@dataclass(frozen=True, slots=True)
class SeatsEnded:
    """None of them will be given any more; who sits has the community's grace where it is `over` in a way that has."""

    cause: Ended
    over: Over | None = None


@dataclass(frozen=True, slots=True)
class SeatAssigned:
    """It waits for whoever signs in with the address, who is written to."""

    seat_id: UUID
    email: Sealed
    language: Language
    assigned_by: AccountId
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class SeatResent:
    """The letter of this number is due, and there is time again."""

    seat_id: UUID
    letter: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class SeatPosted:
    seat_id: UUID
    letter: int


@dataclass(frozen=True, slots=True)
class SeatNotPosted:
    seat_id: UUID
    letter: int
    reason: NotPostedReason


@dataclass(frozen=True, slots=True)
class SeatClaimed:
    """Whoever signs in with the address sits; `tier_id` is what opens at once, none while it is withheld."""

    seat_id: UUID
    account_id: AccountId
    tier_id: TierId | None
    claimant: Claimant


@dataclass(frozen=True, slots=True)
class SeatRevoked:
    """It can be given to somebody else, where there is still one to give; `person_id` is who sat there.

    What it opened stays open for the community's grace, where the subscription is `over` in a way that has one.
    """

    seat_id: UUID
    reason: RevokedFor
    person_id: PersonId | None
    over: Over | None = None


@dataclass(frozen=True, slots=True)
class SeatsLost:
    """The payer has fewer seats than were assigned, and shall know which went."""

    seats: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class LossAddressed:
    """Who is to know which went: the payer, or everybody who represents it; each has a letter of their own."""

    seats: tuple[UUID, ...]
    people: tuple[PersonId, ...]


@dataclass(frozen=True, slots=True)
class LossTold:
    seats: tuple[UUID, ...]
    person_id: PersonId


@dataclass(frozen=True, slots=True)
class PayerTold:
    seats: tuple[UUID, ...]


SeatEvent = (
    SeatsProvided
    | SeatsWithheld
    | SeatsRestored
    | SeatsMoved
    | SeatsEnded
    | SeatAssigned
    | SeatResent
    | SeatPosted
    | SeatNotPosted
    | SeatClaimed
    | SeatRevoked
    | SeatsLost
    | LossAddressed
    | LossTold
    | PayerTold
)
