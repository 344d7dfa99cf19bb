from uuid import UUID

import pytest

from services.events.gathering.events import GatheringId
from services.events.sale.events import (
    HoldId,
    SaleCancelled,
    SaleEvent,
    SeatHeld,
    SeatReleased,
    Seats,
    SeatsSold,
    SeatsWithdrawn,
)
from services.events.sale.projections import seats_freed
from shared.ids import AccountId, Label, PersonId
from shared.money import Money
from tests.unit.events.sale.test_decider import today

two = Seats(
    HoldId(UUID(int=1)),
    GatheringId(UUID(int=2)),
    PersonId(UUID(int=3)),
    Label("Dinner"),
    2,
    Money(2400, "EUR"),
)


@pytest.mark.parametrize(
    ("fact", "freed"),
    [
        (SeatHeld(two, AccountId(UUID(int=4)), 1, today, None), -2),
        (SeatReleased(two, "expired"), 2),
        (SeatsSold(two, "paid", None, late=False), 0),
        (SeatsSold(two, "paid", None, late=True), -2),
        (SeatsWithdrawn(two), 2),
        (SaleCancelled(), 0),
    ],
)
def test_seats_are_left_after_what_was_held_and_what_was_sold_late(
    fact: SaleEvent, freed: int
) -> None:
    assert seats_freed(fact) == freed
