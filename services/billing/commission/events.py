"""Who sent a buyer, what the buyer paid and got back, and what that earns; the stream is derived from the buyer."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from services.billing.commission_rules.events import CommissionRulesSet, LinkKind
from services.billing.payment.events import MoneyLine
from shared.ids import Code, PersonId, derive
from shared.money import Money

Standing = Literal["waiting", "held", "due"]


def commission_stream(buyer: PersonId) -> UUID:
    """The stream of all that one buyer's payments earn others."""
    return derive(buyer, "commission")


@dataclass(frozen=True, slots=True)
class BuyerSent:
    """The buyer came by this link, which counts `until` then; without a `link_id`, nobody sends them since `at`."""

    UNTOLD: ClassVar[tuple[str, ...]] = ("owner",)

    person_id: PersonId
    link_id: UUID | None
    kind: LinkKind | None
    owner: PersonId | None
    at: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class PurchaseCounted:
    """The buyer paid; `terms` are the rules of that moment, None where there were none."""

    person_id: PersonId
    payment_id: UUID
    lines: tuple[MoneyLine, ...]
    at: datetime
    terms: CommissionRulesSet | None


@dataclass(frozen=True, slots=True)
class ReturnCounted:
    """Some of a payment went back."""

    person_id: PersonId
    payment_id: UUID
    refund_id: UUID
    lines: tuple[MoneyLine, ...]


@dataclass(frozen=True, slots=True)
class DisputeCounted:
    """How a dispute stands, as the fact with this `number` in the payment's stream says: the highest counts."""

    person_id: PersonId
    payment_id: UUID
    dispute: Code
    number: int
    is_open: bool
    lost: tuple[MoneyLine, ...]


@dataclass(frozen=True, slots=True)
class Commission:
    """What a payment earns the owner of a link, as it stands: `amount` is what is left of it.

    Which payment it is, the owner is not told: who bought is nobody's to know.
    """

    UNTOLD: ClassVar[tuple[str, ...]] = ("payment_id",)

    owner: PersonId
    payment_id: UUID
    link_id: UUID
    kind: LinkKind
    amount: Money
    rules_version: int
    earned_at: datetime
    due_at: datetime
    is_held: bool = False
    is_due: bool = False

    @property
    def commission_id(self) -> UUID:
        """The same for the same payment and link; it tells neither."""
        return derive(self.payment_id, "commission", str(self.link_id))

    @property
    def standing(self) -> Standing:
        """While a bank decides, nothing is due, however long it has waited."""
        if self.is_held:
            return "held"
        return "due" if self.is_due else "waiting"


@dataclass(frozen=True, slots=True)
class CommissionEarned:
    """The payment earns this, once what is disputed is decided and the days are over in which it may go back."""

    commission: Commission


@dataclass(frozen=True, slots=True)
class CommissionReduced:
    """Less is left of it: money went back, or another link was the last before the payment."""

    commission: Commission


@dataclass(frozen=True, slots=True)
class CommissionHeld:
    """A bank decides whose the payment is."""

    commission: Commission


@dataclass(frozen=True, slots=True)
class CommissionReleased:
    """The bank has decided."""

    commission: Commission


@dataclass(frozen=True, slots=True)
class CommissionDue:
    """The days are over in which the payment may go back."""

    commission: Commission


News = BuyerSent | PurchaseCounted | ReturnCounted | DisputeCounted
Change = CommissionEarned | CommissionReduced | CommissionHeld | CommissionReleased | CommissionDue
CommissionEvent = News | Change
