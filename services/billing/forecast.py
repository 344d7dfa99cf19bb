"""What a basket will cost, payment by payment: said by the functions that bill it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from services.billing.checkout.events import Basket, OfferLine, QuoteLine
from services.billing.proration import billed
from services.billing.subscription.events import boundary, terms_of
from shared.money import Money


@dataclass(frozen=True, slots=True)
class Payment:
    """What one line costs at one moment; `number` counts its payments from 1.

    What was too little to be charged is `carried` from there to a later bill.
    """

    at: datetime
    offer_id: UUID | None
    number: int
    full: Money
    off: Money
    setup_fee: Money
    carried: Money | None = None

    @property
    def due(self) -> Money:
        due = self.full - self.off + self.setup_fee
        return due + self.carried if self.carried else due


def forecast(basket: Basket, at: datetime, months: int) -> list[Payment]:
    """Everything that is due now or in so many months, in the order in which it is."""
    found = [
        payment
        for line in basket.lines
        for payment in (
            _of_seats(line, at)
            if isinstance(line, QuoteLine)
            else _of_offer(line, basket, at, months)
        )
    ]
    return sorted(found, key=lambda payment: payment.at)


def _of_seats(line: QuoteLine, at: datetime) -> list[Payment]:
    nothing = line.price * 0
    return [Payment(at, None, 1, line.price, nothing, nothing)]


def _of_offer(line: OfferLine, basket: Basket, at: datetime, months: int) -> Iterator[Payment]:
    nothing, fee = line.price * 0, line.setup_fee or line.price * 0
    if not line.recurs:
        yield Payment(at, line.offer_id, 1, line.full, line.off(1), fee)
        return
    terms = terms_of(basket.person_id, line, basket.time_zone)
    begins = line.free_until or at + timedelta(days=line.trial_days)
    if line.is_due_later:
        yield Payment(at, line.offer_id, 0, nothing, nothing, fee)
        fee = nothing
    first = Payment(begins, line.offer_id, 1, line.first_full, line.off(1), fee)
    carried = nothing
    if line.is_due_later:
        first, carried = _billed(first, carried)
    yield first
    # Of a fixed year what is left comes first; whole ones are counted from its end.
    anchor, over = (line.first.until, 1) if line.first else (begins, 0)
    end = boundary(at, replace(terms, interval="month", every=1), months)
    number, due_at = 2, boundary(anchor, terms, 1 - over)
    while due_at < end:
        off = terms.amount - terms.due(number)
        payment = Payment(due_at, line.offer_id, number, terms.amount, off, nothing)
        payment, carried = _billed(payment, carried)
        yield payment
        due_at = boundary(anchor, terms, number - over)
        number += 1


def _billed(payment: Payment, before: Money) -> tuple[Payment, Money]:
    """What is charged of it, with what was carried before; and what is carried on."""
    owed = payment.due
    carried = billed(owed, before) - owed
    return (replace(payment, carried=carried) if carried else payment), before - carried
