"""What the others hear of orders."""

from services.billing.checkout.events import Line, OfferLine
from services.billing.order import events
from shared.contracts import billing_order as contracts
from shared.contracts.contract import MoneyValue
from shared.event_store import Fact
from shared.feature import Publication


def gift_of(line: OfferLine) -> contracts.Gift | None:
    """What of it somebody else has, once they accept it."""
    if not line.gift:
        return None
    count = 1 if line.interval == "once" else line.quantity * line.every
    return contracts.Gift(
        tier_id=line.tier_id, content_id=line.content_id, interval=line.interval, count=count
    )


def paid(fact: Fact) -> contracts.OrderPaid:
    purchase = fact.body.purchase
    return contracts.OrderPaid(
        community_id=fact.community_id,
        occurred_at=fact.at,
        order_id=fact.stream_id,
        person_id=purchase.person_id,
        checkout_id=purchase.checkout_id,
        payment_id=purchase.payment_id,
        total=MoneyValue.of(purchase.total),
        lines=tuple(_line(line) for line in purchase.lines),
    )


def _line(line: Line) -> contracts.OrderLine:
    amount = MoneyValue.of(line.due)
    tax = MoneyValue.of(line.tax) if line.tax is not None else None
    if not isinstance(line, OfferLine):
        return contracts.OrderLine(
            kind="quote",
            amount=amount,
            hold_id=line.hold_id,
            revision=line.revision,
            tax_basis_points=line.tax_rate,
            tax=tax,
        )
    # What a subscription grants, its own facts say, and what is given is not the buyer's: the order grants neither.
    tier_id = None if line.recurs or line.gift else line.tier_id
    reduction = line.reduction
    off = line.price * 0 if line.is_due_later else line.off(1)
    return contracts.OrderLine(
        kind="offer",
        amount=amount,
        quantity=line.quantity,
        offer_id=line.offer_id,
        tier_id=tier_id,
        content_id=None if line.gift else line.content_id,
        gift=gift_of(line),
        discount_id=reduction.discount_id if reduction else None,
        discounted=MoneyValue.of(off) if reduction else None,
        tax_basis_points=line.tax_rate,
        tax=tax,
    )


def refunded(fact: Fact) -> contracts.OrderRefunded:
    order: events.OrderRefunded = fact.body
    return contracts.OrderRefunded(
        community_id=fact.community_id,
        occurred_at=fact.at,
        order_id=fact.stream_id,
        person_id=order.person_id,
        total=MoneyValue.of(order.total),
        reason=order.reason,
    )


def suspended(fact: Fact) -> contracts.OrderSuspended:
    return contracts.OrderSuspended(
        community_id=fact.community_id,
        occurred_at=fact.at,
        order_id=fact.stream_id,
        person_id=fact.body.person_id,
        cause="disputed",
    )


def reinstated(fact: Fact) -> contracts.OrderReinstated:
    purchase: events.Purchase = fact.body.purchase
    return contracts.OrderReinstated(
        community_id=fact.community_id,
        occurred_at=fact.at,
        order_id=fact.stream_id,
        person_id=purchase.person_id,
        lines=tuple(_line(line) for line in purchase.lines),
    )


PUBLICATIONS = (
    Publication(events.OrderPaid, contracts.OrderPaid, paid),
    Publication(events.OrderRefunded, contracts.OrderRefunded, refunded),
    Publication(events.OrderSuspended, contracts.OrderSuspended, suspended),
    Publication(events.OrderReinstated, contracts.OrderReinstated, reinstated),
)
