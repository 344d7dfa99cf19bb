"""What may be asked of a tier."""

from dataclasses import dataclass

from shared.ids import Label


@dataclass(frozen=True, slots=True)
class DefineTier:
    name: Label
    paid: bool


@dataclass(frozen=True, slots=True)
class RetireTier:
    pass


TierCommand = DefineTier | RetireTier
