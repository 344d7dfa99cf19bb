"""One subscription in a creator's own billing, which charges by its own clock whatever we believe."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from uuid import UUID

from services.billing.elsewhere import Target, Theirs
from services.billing.gateways.gateway import Declined, ProcessorUnavailable
from services.billing.subscription.events import Terms, boundary
from shared.ids import Code
from shared.money import Money
from tests.unit.billing.cast import ada, euros
from tests.unit.billing.world import World

gold, offer_id = UUID(int=50), UUID(int=51)
account, utc = Code("acct_club"), Code("UTC")
anchor = datetime(2025, 1, 31, 9, tzinfo=UTC)
"""A day that most months do not have."""

monthly = Terms(ada, offer_id, gold, euros(10), "month", 1, utc)
target = Target(offer_id, gold, "month", 1, euros(10), 3, fits=True)
theirs = Theirs(
    subscription=Code("sub_1"),
    customer=Code("cus_elsewhere"),
    status="active",
    price=Code("price_1"),
    amount=Money(1000, "EUR"),
    interval="month",
    every=1,
    quantity=1,
    began_at=anchor,
    anchor=anchor,
    period_start=boundary(anchor, monthly, 13),
    period_end=boundary(anchor, monthly, 14),
    payment_method=Code("pm_visa"),
)


@dataclass
class Elsewhere:
    """The creator's own billing. `lost` of its next answers never arrive, though it has done what was asked."""

    world: World
    now: Theirs = theirs
    number: int = 14
    charged: list[datetime] = field(default_factory=lambda: [theirs.period_start])
    lost: int = 0
    late: bool = False

    def catch_up(self) -> None:
        """Charge what is due, or end."""
        while not self.late and not self.now.is_gone and self.now.period_end <= self.world.now:
            start = self.now.period_end
            if self.now.ends:
                self.now = replace(self.now, status="canceled", ended_at=start)
                return
            self.number += 1
            self.charged.append(start)
            end = boundary(anchor, monthly, self.number)
            self.now = replace(self.now, period_start=start, period_end=end)

    async def fetch(self, _subscription: Code, _account: Code) -> Theirs | None:
        self.catch_up()
        self._answer()
        return self.now

    async def set_to_end(
        self, _subscription: Code, _account: Code, takeover_id: UUID, _community_id: UUID
    ) -> None:
        self._change(ends=True, takeover_id=takeover_id)

    async def let_go_on(self, _subscription: Code, _account: Code) -> None:
        self._change(ends=False, takeover_id=None)

    def _change(self, *, ends: bool, takeover_id: UUID | None) -> None:
        self.catch_up()
        if self.now.is_gone:
            raise Declined(Code("resource_missing"), final=True)
        self.now = replace(self.now, ends=ends, takeover_id=takeover_id)
        self._answer()

    def _answer(self) -> None:
        if self.lost:
            self.lost -= 1
            raise ProcessorUnavailable("The answer is lost.")
