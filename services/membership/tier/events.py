"""What happened to a tier."""

from dataclasses import dataclass
from typing import NewType
from uuid import UUID

from shared.ids import Label

TierId = NewType("TierId", UUID)


@dataclass(frozen=True, slots=True)
class TierDefined:
    """Free tiers are for everybody who joins; paid ones are granted by what is bought."""

    name: Label
    paid: bool


@dataclass(frozen=True, slots=True)
class TierRetired:
    """Nobody new gets it; those who have it keep it."""


TierEvent = TierDefined | TierRetired
