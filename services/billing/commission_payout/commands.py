"""What may be asked of what an owner of links has coming."""

from dataclasses import dataclass
from uuid import UUID

from services.billing.commission.events import Commission
from shared.ids import AccountId, PersonId
from shared.money import Money
from shared.personal_value import Sealed


@dataclass(frozen=True, slots=True)
class BookCommission:
    commission: Commission
    number: int


@dataclass(frozen=True, slots=True)
class PayCommissions:
    owner: PersonId
    receipt_id: UUID
    reference: Sealed
    amount: Money
    by: AccountId


CommissionPayoutCommand = BookCommission | PayCommissions
