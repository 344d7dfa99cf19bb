"""What may be asked of a donation."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.billing.checkout.events import OfferLine
from shared.ids import Code, PersonId
from shared.personal_value import Sealed


@dataclass(frozen=True, slots=True)
class OpenDonation:
    """The pass is good until `expires_at`. A name is kept only of who wants it to be shown."""

    person_id: PersonId
    checkout_id: UUID
    line: OfferLine
    expires_at: datetime
    at: datetime
    name: Sealed | None = None
    shows_name: bool = False


@dataclass(frozen=True, slots=True)
class ThankDonor:
    """All that was due at first is paid."""

    link: Code


@dataclass(frozen=True, slots=True)
class AskErasure:
    pass


DonationCommand = OpenDonation | ThankDonor | AskErasure
