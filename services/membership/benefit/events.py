"""What happened to the perks of a tier; the stream is derived from the tier."""

from dataclasses import dataclass

from services.membership.tier.events import TierId
from shared.ids import Label


@dataclass(frozen=True, slots=True)
class Perk:
    """What staff give by hand, in the organiser's words; nothing here enforces it."""

    title: Label
    description: Label | None = None


@dataclass(frozen=True, slots=True)
class PerksSet:
    tier_id: TierId
    perks: tuple[Perk, ...]


BenefitEvent = PerksSet
