"""tessera.membership.seat.v1: who sits on the seats that somebody else pays for."""

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime

from shared.contracts.contract import Contract


class SeatContract(Contract):
    """A fact about one seat of a subscription; the key is the subscription."""

    topic: ClassVar[str] = "tessera.membership.seat.v1"

    subscription_id: UUID
    seat_id: UUID


class SeatAssigned(SeatContract):
    """The payer gave it to an address; whoever has that can claim it until `expires_at`."""

    expires_at: AwareDatetime


class SeatClaimed(SeatContract):
    """The person sits there, and has its tier while it is paid and theirs; none at first while it is withheld."""

    person_id: UUID
    tier_id: UUID | None


class SeatRevoked(SeatContract):
    """It is theirs no longer; there is no person where it was never claimed."""

    person_id: UUID | None
    reason: Literal["taken_back", "expired", "fewer_seats", "ended", "refunded", "banned", "erased"]
