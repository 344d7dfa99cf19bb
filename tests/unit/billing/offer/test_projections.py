"""What is told of a price."""

from services.billing.offer.events import Price
from services.billing.offer.projections import prices_told
from shared.contracts.contract import MoneyValue
from shared.money import Money


def test_a_price_that_may_be_nothing_still_says_so() -> None:
    (told,) = prices_told((Price(Money(500, "EUR"), minimum=Money(0, "EUR")),))
    assert told.minimum == MoneyValue(minor=0, currency="EUR")
    assert told.setup_fee is None
