"""What happened to an offer."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from shared.ids import Label
from shared.money import Money

Interval = Literal["week", "month", "quarter", "year", "once"]

MOST_OF_ONE = 100


@dataclass(frozen=True, slots=True)
class Price:
    """What one unit costs in one currency, and once at the beginning.

    Where there is a `minimum` the buyer names the price, and `amount` is what is suggested first.
    """

    amount: Money
    setup_fee: Money | None = None
    minimum: Money | None = None
    presets: tuple[Money, ...] = ()


@dataclass(frozen=True, slots=True)
class FixedYear:
    """Every year begins on this day for everybody. Who comes later pays for what is left of it, or for all of it."""

    month: int
    day: int
    first: Literal["prorata", "full"]


@dataclass(frozen=True, slots=True)
class OfferPublished:
    """It can be bought at `price` per `every` intervals, and grants the tier and the content, if it names them.

    What is bought `once` grants it for good. `prices` is one for each currency; `price` is the first of them.
    Where its quantity are `seats`, the buyer says who has them; else all of it is the buyer's own. Its trial may begin
    before a card is given: then it is not `trial_needs_card`.
    """

    name: Label
    price: Money
    interval: Interval
    trial_days: int
    tier_id: UUID | None
    every: int = 1
    prices: tuple[Price, ...] = ()
    donation: bool = False
    fewest: int = 1
    most: int = MOST_OF_ONE
    content_id: UUID | None = None
    seats: bool = False
    year: FixedYear | None = None
    trial_needs_card: bool = True

    @property
    def all_prices(self) -> tuple[Price, ...]:
        return self.prices or (Price(self.price),)


@dataclass(frozen=True, slots=True)
class OfferRepriced:
    """From now on it is sold at these prices; who has it keeps the version they bought."""

    version: int
    prices: tuple[Price, ...]


@dataclass(frozen=True, slots=True)
class OfferRetired:
    """It is no longer sold; who has it keeps it."""


OfferEvent = OfferPublished | OfferRepriced | OfferRetired
