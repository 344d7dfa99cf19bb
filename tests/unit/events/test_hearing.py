"""What is heard and told at the borders of a hold."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from services.events.gathering.events import GatheringId
from services.events.hold.commands import PayHold
from services.events.hold.decider import HOLD
from services.events.hold.reactions import when_order_paid_pay_hold
from services.events.sale.events import HoldId, Seats, SeatsWithdrawn
from services.events.sale.publications import withdrawn
from shared.contracts.billing_order import OrderLine, OrderPaid
from shared.contracts.contract import MoneyValue
from shared.event_store import Fact, Meta
from shared.ids import Label, PersonId
from shared.money import Money
from shared.reaction import Ask

community, hold, ada = UUID(int=1), HoldId(UUID(int=2)), PersonId(UUID(int=3))
today = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
price = MoneyValue(minor=1200, currency="EUR")


def fact(body: object) -> Fact:
    return Fact(
        "billing", 1, hold, hold, community, 1, type(body).__name__,
        today, today + timedelta(seconds=1), body, Meta(hold, hold),
    )  # fmt: skip


def test_an_order_pays_the_holds_among_its_lines() -> None:
    lines = (
        OrderLine(kind="offer", amount=price, offer_id=UUID(int=9)),
        OrderLine(kind="quote", amount=price, hold_id=hold, revision=1),
    )
    order = OrderPaid(
        community_id=community, occurred_at=today, order_id=hold, person_id=ada,
        checkout_id=hold, payment_id=hold, total=price, lines=lines,
    )  # fmt: skip
    paying = PayHold(hold, ada, 1, Money(1200, "EUR"))
    assert when_order_paid_pay_hold(fact(order)) == [Ask(HOLD, hold, paying)]


def test_free_seats_that_are_taken_back_cost_nobody() -> None:
    gratis = Seats(hold, GatheringId(community), ada, Label("Dinner"), 2, Money(0, "EUR"))
    assert withdrawn(fact(SeatsWithdrawn(gratis))) is None
