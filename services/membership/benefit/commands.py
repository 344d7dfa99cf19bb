"""What may be asked of a tier's perks."""

from dataclasses import dataclass

from services.membership.benefit.events import Perk
from services.membership.tier.events import TierId


@dataclass(frozen=True, slots=True)
class SetPerks:
    """All of them anew, in the order in which they are shown."""

    tier_id: TierId
    perks: tuple[Perk, ...]


BenefitCommand = SetPerks
