"""What happened to a hold on its way from money to seats."""

from dataclasses import dataclass

from services.events.gathering.events import GatheringId
from services.events.sale.events import HoldId
from shared.ids import PersonId
from shared.money import Money


@dataclass(frozen=True, slots=True)
class HoldOpened:
    """Money that names only the hold can now find its gathering."""

    gathering_id: GatheringId


@dataclass(frozen=True, slots=True)
class PaymentWaited:
    """Money came before the hold was heard of."""

    hold_id: HoldId
    person_id: PersonId
    revision: int
    amount: Money


@dataclass(frozen=True, slots=True)
class HoldPaid:
    """Money and gathering have met; the sale answers."""

    hold_id: HoldId
    gathering_id: GatheringId
    person_id: PersonId
    revision: int
    amount: Money


@dataclass(frozen=True, slots=True)
class PaymentUnmatched:
    """Money came for a hold that nobody made; it goes back."""

    hold_id: HoldId
    person_id: PersonId


@dataclass(frozen=True, slots=True)
class HoldRefunded:
    """The money has gone back: where it had met a gathering, its sale decides what becomes of the seats."""

    hold_id: HoldId
    gathering_id: GatheringId | None


HoldEvent = HoldOpened | PaymentWaited | HoldPaid | PaymentUnmatched | HoldRefunded
