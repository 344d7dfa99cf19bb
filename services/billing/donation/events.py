"""What happened to a donation of somebody who has no account."""

from dataclasses import dataclass
from uuid import UUID

from shared.ids import Code, PersonId, derive
from shared.money import Money
from shared.personal_value import Sealed


def checkout_by(pass_id: UUID) -> UUID:
    """The checkout that a pass opens."""
    return derive(pass_id, "checkout")


def donation_of(checkout_id: UUID) -> UUID:
    """The stream of the donation that a checkout is for."""
    return derive(checkout_id, "donation")


@dataclass(frozen=True, slots=True)
class DonationOpened:
    """A guest has chosen what to give. `name` is there of who agreed that the staff see it."""

    person_id: PersonId
    checkout_id: UUID
    offer_id: UUID
    amount: Money
    recurs: bool
    name: Sealed | None = None


@dataclass(frozen=True, slots=True)
class DonationReceived:
    """The first money has come; by `link` the guest looks at it, stops it, and is forgotten."""

    person_id: PersonId
    offer_id: UUID
    amount: Money
    recurs: bool
    link: Code


@dataclass(frozen=True, slots=True)
class DonorErasureAsked:
    """Who has the letter wants to be forgotten, by every service."""

    person_id: PersonId


DonationEvent = DonationOpened | DonationReceived | DonorErasureAsked
