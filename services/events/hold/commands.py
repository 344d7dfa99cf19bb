"""What may be asked of a hold."""

from dataclasses import dataclass

from services.events.gathering.events import GatheringId
from services.events.sale.events import HoldId
from shared.ids import PersonId
from shared.money import Money


@dataclass(frozen=True, slots=True)
class OpenHold:
    hold_id: HoldId
    gathering_id: GatheringId


@dataclass(frozen=True, slots=True)
class PayHold:
    hold_id: HoldId
    person_id: PersonId
    revision: int
    amount: Money


@dataclass(frozen=True, slots=True)
class ReturnPayment:
    """Long enough was waited for the hold to be heard of."""


@dataclass(frozen=True, slots=True)
class RefundHold:
    """What was paid for it has gone back."""

    hold_id: HoldId


HoldCommand = OpenHold | PayHold | ReturnPayment | RefundHold
