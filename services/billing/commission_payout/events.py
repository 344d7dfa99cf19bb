"""What an owner of links has coming, and what was paid out to them; the stream is derived from the owner."""

from dataclasses import dataclass
from uuid import UUID

from services.billing.commission.events import Commission
from shared.ids import AccountId, PersonId
from shared.money import Money
from shared.personal_value import Sealed


@dataclass(frozen=True, slots=True)
class CommissionBooked:
    """What a payment earns them, as the fact with this `number` in the buyer's stream says: the highest counts."""

    commission: Commission
    number: int


@dataclass(frozen=True, slots=True)
class CommissionsPaid:
    """All that was due in this currency is paid; `receipt_id` is the print of what the money is known by."""

    owner: PersonId
    receipt_id: UUID
    reference: Sealed
    amount: Money
    by: AccountId


CommissionPayoutEvent = CommissionBooked | CommissionsPaid
