"""tessera.billing.order.v1: what was bought."""

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.contracts.contract import Contract, MoneyValue


class Gift(BaseModel):
    """What somebody else than the buyer has for so many intervals once they accept it; `once`: for good."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    tier_id: UUID | None = None
    content_id: UUID | None = None
    interval: Literal["week", "month", "quarter", "year", "once"]
    count: int


class OrderLine(BaseModel):
    """One thing bought: an offer or a quoted seat hold.

    `tier_id` or `content_id` is there when the line itself grants a tier or content for good; what a subscription
    grants lasts as long as the subscription does, and its own topic says so. A `gift` grants its buyer nothing.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    kind: Literal["offer", "quote"]
    amount: MoneyValue
    quantity: int = 1
    offer_id: UUID | None = None
    tier_id: UUID | None = None
    discount_id: UUID | None = None
    discounted: MoneyValue | None = None
    hold_id: UUID | None = None
    revision: int | None = None
    content_id: UUID | None = None
    tax_basis_points: int | None = None
    tax: MoneyValue | None = None
    gift: Gift | None = None


class OrderContract(Contract):
    """A fact about one order; the key is the order (for a quote, its hold)."""

    topic: ClassVar[str] = "tessera.billing.order.v1"

    order_id: UUID
    person_id: UUID


class OrderPaid(OrderContract):
    """The money for the order has arrived."""

    version: ClassVar[int] = 5

    checkout_id: UUID
    payment_id: UUID
    total: MoneyValue
    lines: tuple[OrderLine, ...]


class OrderRefunded(OrderContract):
    """The order's money was given back, for an enumerated reason."""

    total: MoneyValue
    reason: Literal["seat_denied", "requested", "gathering_cancelled", "disputed", "duplicate"]


class OrderSuspended(OrderContract):
    """What its lines grant for good is withheld: a bank is asked whether the payment stands."""

    cause: Literal["disputed"]


class OrderReinstated(OrderContract):
    """What its lines grant is had again."""

    version: ClassVar[int] = 3

    lines: tuple[OrderLine, ...]
