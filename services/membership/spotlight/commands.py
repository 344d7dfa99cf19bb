"""What may be asked of a person's spotlight."""

from dataclasses import dataclass
from datetime import date

from services.membership.member.events import StandingNow
from shared.ids import PersonId


@dataclass(frozen=True, slots=True)
class GiveSpotlight:
    """`shown`: they let the other members find them."""

    person_id: PersonId
    member: StandingNow
    shown: bool
    on: date


SpotlightCommand = GiveSpotlight
