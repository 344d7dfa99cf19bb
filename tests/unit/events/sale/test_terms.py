from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from services.events.gathering.events import MemberPrice, MemberTerms, Presale, TierId
from services.events.sale.commands import HoldSeats, OpenSale
from services.events.sale.decider import HOLD_TIME, SALE
from services.events.sale.events import SaleOpened, SeatHeld, SeatReleased, Seats, SeatsSold
from shared.money import Money
from shared.testing import given
from tests.unit.events.sale.test_decider import (
    account,
    ada,
    dinner,
    h1,
    h2,
    hold,
    opened,
    pay,
    price,
    the_end,
    title,
    today,
)

gold, silver = TierId(UUID(int=21)), TierId(UUID(int=22))
soon, later = today + timedelta(days=1), today + timedelta(days=2)
less = Money(800, "EUR")
early = MemberTerms(Presale((gold,), soon, later))
cheaper = MemberTerms(member_price=MemberPrice((gold, silver), less))
alone = MemberTerms(only_for=(gold,))


def sale(terms: MemberTerms) -> SaleOpened:
    return replace(opened(10), member_terms=terms)


def wants(*tiers: TierId, seats: int = 1, at: datetime = today) -> HoldSeats:
    return replace(hold(seats=seats, at=at), tiers=tiers)


def got(each: Money, seats: int = 1, at: datetime = today) -> SeatHeld:
    mine = Seats(h1, dinner, ada, title, seats, each * seats)
    return SeatHeld(mine, account, 1, at + HOLD_TIME, None)


def test_a_sale_opens_on_the_terms_of_its_gathering() -> None:
    opening = OpenSale(dinner, title, 10, price, the_end, early)
    given(SALE).when(opening).then(sale(early))


@pytest.mark.parametrize("command", [wants(), wants(gold), wants(silver, at=soon)])
def test_nobody_buys_before_it_is_their_turn(command: HoldSeats) -> None:
    given(SALE, sale(early)).when(command).then_rejected("not_yet_on_sale")


def test_some_tiers_buy_before_everybody() -> None:
    given(SALE, sale(early)).when(wants(silver, gold, at=soon)).then(got(price, at=soon))
    given(SALE, sale(early)).when(wants(at=later)).then(got(price, at=later))


def test_members_pay_less_for_all_seats_they_hold() -> None:
    given(SALE, sale(cheaper)).when(wants(silver, seats=2)).then(got(less, 2))
    given(SALE, sale(cheaper)).when(wants(seats=2)).then(got(price, 2))
    assert got(less, 2).seats.price == less


def test_what_is_free_for_members_is_theirs_at_once() -> None:
    free = Money(0, "EUR")
    terms = MemberTerms(member_price=MemberPrice((gold,), free))
    held = got(free)
    sold = SeatsSold(held.seats, "free", None, late=False)
    given(SALE, sale(terms)).when(wants(gold)).then(held, sold)
    given(SALE, sale(terms)).when(wants()).then(got(price))


@pytest.mark.parametrize("tiers", [(), (silver,)])
def test_who_has_none_of_the_tiers_may_not_come(tiers: tuple[TierId, ...]) -> None:
    given(SALE, sale(alone)).when(wants(*tiers)).then_rejected("only_for_tiers")


def test_who_has_one_of_the_tiers_may_come() -> None:
    given(SALE, sale(alone)).when(wants(gold)).then(got(price))


@pytest.mark.parametrize(
    ("command", "shown"), [(wants(), less), (wants(gold), price), (wants(), Money(1200, "GBP"))]
)
def test_nobody_holds_at_a_price_that_they_were_not_shown(command: HoldSeats, shown: Money) -> None:
    asked = replace(command, price=shown)
    given(SALE, sale(cheaper)).when(asked).then_rejected("price_differs")


def test_who_was_shown_their_price_holds_at_it() -> None:
    given(SALE, sale(cheaper)).when(replace(wants(gold), price=less)).then(got(less))


def test_the_price_of_a_hold_stands_until_another_replaces_it() -> None:
    held = got(less)
    given(SALE, sale(cheaper), held).when(pay(amount=less)).then(
        SeatsSold(held.seats, "paid", None, late=False)
    )
    again = replace(wants(), hold_id=h2)
    seats = Seats(h2, dinner, ada, title, 1, price)
    given(SALE, sale(cheaper), held).when(again).then(
        SeatReleased(held.seats, "replaced"), SeatHeld(seats, account, 1, today + HOLD_TIME, None)
    )


def test_a_hold_that_is_refused_leaves_the_one_there_is() -> None:
    again = replace(wants(), hold_id=h2)
    given(SALE, sale(alone), got(price)).when(again).then_rejected("only_for_tiers")
