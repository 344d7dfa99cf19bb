"""What happened to a right of withdrawal; the stream follows from its checkout."""

from dataclasses import dataclass
from uuid import UUID

from services.billing.withdrawals import Return
from shared.ids import PersonId, derive
from shared.money import Money


def withdrawal_of(checkout_id: UUID) -> UUID:
    """The one withdrawal from what a checkout bought."""
    return derive(checkout_id, "withdrawal")


@dataclass(frozen=True, slots=True)
class WithdrawalDeclared:
    """The buyer withdrew in time: `total` goes back, the subscriptions end, and so does what was bought for good.

    Beside what is kept, digital content that was asked for at once, what was bought for good stays: an order is had as
    a whole, so it `closes_order` or does not.
    """

    person_id: PersonId
    checkout_id: UUID
    total: Money
    returns: tuple[Return, ...]
    subscriptions: tuple[UUID, ...]
    closes_order: bool

    @property
    def tax(self) -> Money | None:
        """What of the total was tax, where a rate was said."""
        taxes = [line.tax for back in self.returns for line in back.lines if line.tax is not None]
        return sum(taxes, self.total * 0) if taxes else None


WithdrawalEvent = WithdrawalDeclared
