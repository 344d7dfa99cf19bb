from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from services.events.gathering.events import GatheringId
from services.events.sale.commands import (
    CancelSale,
    ConfirmHold,
    ExpireHold,
    HoldSeats,
    MoveSale,
    OpenSale,
    ReleaseHold,
    ReturnSeats,
    SaleCommand,
)
from services.events.sale.decider import HOLD_TIME, SALE
from services.events.sale.events import (
    DenialReason,
    HoldId,
    Occasion,
    ReleaseReason,
    SaleCancelled,
    SaleEvent,
    SaleMoved,
    SaleOpened,
    SeatDenied,
    SeatHeld,
    SeatReleased,
    Seats,
    SeatsMoved,
    SeatsReturned,
    SeatsSold,
    SeatsWithdrawn,
)
from shared.ids import AccountId, Code, Label, PersonId
from shared.money import Money
from shared.personal_value import Sealed
from shared.testing import given

dinner = GatheringId(UUID(int=1))
ada, bob = PersonId(UUID(int=2)), PersonId(UUID(int=3))
account = AccountId(UUID(int=4))
h1, h2, h3 = (HoldId(UUID(int=number)) for number in (11, 12, 13))
title = Label("Spring dinner")
price, free_of_charge = Money(1200, "EUR"), Money(0, "EUR")
today = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
in_time = today + timedelta(minutes=10)
late = today + timedelta(hours=1)
the_end = today + timedelta(days=7)
her_name = Sealed(ada, "profile", Code("c2VhbGVk"))


def opened(capacity: int, price: Money = price) -> SaleOpened:
    return SaleOpened(dinner, title, capacity, price, the_end)


def hold(
    hold_id: HoldId = h1,
    person_id: PersonId = ada,
    *,
    seats: int = 1,
    holder: Sealed | None = None,
    at: datetime = today,
) -> HoldSeats:
    return HoldSeats(hold_id, person_id, account, seats, holder, at)


def seats_of(hold_id: HoldId = h1, person_id: PersonId = ada, count: int = 1) -> Seats:
    return Seats(hold_id, dinner, person_id, title, count, price * count)


def held(
    hold_id: HoldId = h1,
    person_id: PersonId = ada,
    *,
    seats: int = 1,
    holder: Sealed | None = None,
    at: datetime = today,
) -> SeatHeld:
    return SeatHeld(seats_of(hold_id, person_id, seats), account, 1, at + HOLD_TIME, holder)


def released(
    hold_id: HoldId = h1,
    person_id: PersonId = ada,
    *,
    seats: int = 1,
    reason: ReleaseReason = "expired",
) -> SeatReleased:
    return SeatReleased(seats_of(hold_id, person_id, seats), reason)


def pay(
    hold_id: HoldId = h1,
    person_id: PersonId = ada,
    *,
    amount: Money = price,
    revision: int = 1,
    at: datetime = in_time,
) -> ConfirmHold:
    return ConfirmHold(hold_id, dinner, person_id, revision, amount, at)


def sold(
    hold_id: HoldId = h1,
    person_id: PersonId = ada,
    *,
    seats: int = 1,
    holder: Sealed | None = None,
    late: bool = False,
) -> SeatsSold:
    return SeatsSold(seats_of(hold_id, person_id, seats), "paid", holder, late)


def denied(reason: DenialReason, hold_id: HoldId = h1) -> SeatDenied:
    return SeatDenied(hold_id, dinner, ada, title, reason)


# Opening, moving, cancelling


def test_a_published_gathering_is_on_sale() -> None:
    given(SALE).when(OpenSale(dinner, title, 40, price, the_end)).then(opened(40))


def test_a_sale_opens_once() -> None:
    given(SALE, opened(40)).when(OpenSale(dinner, title, 50, price, the_end)).then_nothing()


def test_a_sale_lasts_as_long_as_its_gathering() -> None:
    given(SALE, opened(40)).when(MoveSale(late)).then(SaleMoved(late))


@pytest.mark.parametrize("history", [(opened(40),), (opened(40), SaleCancelled()), ()])
def test_a_sale_that_is_there_or_gone_does_not_move(
    history: tuple[SaleOpened | SaleCancelled, ...],
) -> None:
    given(SALE, *history).when(MoveSale(the_end)).then_nothing()


at_seven = the_end - timedelta(hours=3)
hall = Occasion(at_seven, Label("Town hall"))
at_eight = replace(hall, starts_at=at_seven + timedelta(hours=1))


def test_seats_are_sold_for_when_and_where_it_is() -> None:
    there = replace(opened(2), occasion=hall)
    given(SALE, there, held()).when(pay()).then(replace(sold(), occasion=hall))
    moved = SaleMoved(late, at_eight.starts_at)
    given(SALE, there, moved, held()).when(pay()).then(replace(sold(), occasion=at_eight))


def test_who_has_seats_is_told_of_another_beginning() -> None:
    there = replace(opened(4), occasion=hall)
    history = (there, held(h1), sold(h1), held(h2, bob))
    given(SALE, *history).when(MoveSale(late, at_eight.starts_at)).then(
        SaleMoved(late, at_eight.starts_at), SeatsMoved(seats_of(), at_eight)
    )


def test_nobody_is_told_when_it_only_ends_at_another_time() -> None:
    there = replace(opened(4), occasion=hall)
    given(SALE, there, held(), sold()).when(MoveSale(late, at_seven)).then(
        SaleMoved(late, at_seven)
    )


def test_of_one_move_they_are_told_once() -> None:
    moved = (SaleMoved(late, at_eight.starts_at), SeatsMoved(seats_of(), at_eight))
    there = replace(opened(4), occasion=hall)
    given(SALE, there, held(), sold(), *moved).when(
        MoveSale(late, at_eight.starts_at)
    ).then_nothing()


def test_of_a_sale_that_never_knew_its_place_the_new_time_is_told() -> None:
    given(SALE, opened(4), held(), sold()).when(MoveSale(the_end, at_seven)).then(
        SaleMoved(the_end, at_seven), SeatsMoved(seats_of(), Occasion(at_seven))
    )


def test_a_cancelled_gathering_takes_every_seat_back() -> None:
    given(SALE, opened(4), held(h1), sold(h1), held(h2, bob, seats=2), held(h3), released(h3)).when(
        CancelSale()
    ).then(
        SaleCancelled(),
        released(h2, bob, seats=2, reason="gathering_cancelled"),
        SeatsWithdrawn(seats_of()),
    )


@pytest.mark.parametrize("history", [(), (opened(4), SaleCancelled())])
def test_a_sale_is_cancelled_once(history: tuple[SaleOpened | SaleCancelled, ...]) -> None:
    given(SALE, *history).when(CancelSale()).then_nothing()


# Holding


def test_a_seat_is_held_for_a_quarter_of_an_hour() -> None:
    given(SALE, opened(1)).when(hold(holder=her_name)).then(held(holder=her_name))
    assert timedelta(minutes=15) == HOLD_TIME


def test_the_same_hold_twice_is_one_hold() -> None:
    given(SALE, opened(2), held()).when(hold()).then_nothing()


def test_a_full_gathering_turns_people_away() -> None:
    given(SALE, opened(2), held(h1, seats=2)).when(hold(h2, bob)).then_rejected("sold_out")


def test_sold_seats_are_not_held_again() -> None:
    given(SALE, opened(1), held(), sold()).when(hold(h2, bob)).then_rejected("sold_out")


def test_seats_that_are_released_can_be_held_again() -> None:
    given(SALE, opened(1), held(), released()).when(hold(h2, bob)).then(held(h2, bob))


@pytest.mark.parametrize("seats", [0, 11])
def test_between_one_and_ten_seats_are_held_at_once(seats: int) -> None:
    given(SALE, opened(40)).when(hold(seats=seats)).then_rejected("seats_out_of_range")


def test_ten_seats_are_not_too_many() -> None:
    given(SALE, opened(40)).when(hold(seats=10)).then(held(seats=10))


def test_who_holds_again_has_changed_their_mind() -> None:
    given(SALE, opened(3), held(h1, seats=2)).when(hold(h2, seats=3)).then(
        released(h1, seats=2, reason="replaced"), held(h2, seats=3)
    )


def test_a_change_of_mind_that_does_not_fit_leaves_the_first_hold() -> None:
    given(SALE, opened(3), held(h1, seats=2), held(h3, bob)).when(hold(h2, seats=3)).then_rejected(
        "sold_out"
    )


def test_who_has_bought_may_buy_more() -> None:
    given(SALE, opened(2), held(h1), sold(h1)).when(hold(h2)).then(held(h2))


def test_a_free_seat_is_had_at_once() -> None:
    gratis = Seats(h1, dinner, ada, title, 2, free_of_charge)
    given(SALE, opened(2, free_of_charge)).when(hold(seats=2, holder=her_name)).then(
        SeatHeld(gratis, account, 1, today + HOLD_TIME, her_name),
        SeatsSold(gratis, "free", her_name, late=False),
    )


def test_a_cancelled_gathering_has_no_seats() -> None:
    given(SALE, opened(2), SaleCancelled()).when(hold()).then_rejected("gathering_cancelled")


def test_a_gathering_that_is_over_has_no_seats() -> None:
    given(SALE, opened(2)).when(hold(at=the_end)).then_rejected("gathering_over")


def test_a_gathering_that_was_moved_is_over_later() -> None:
    given(SALE, opened(2), SaleMoved(the_end + HOLD_TIME)).when(hold(at=the_end)).then(
        held(at=the_end)
    )


# Letting go


def test_a_person_lets_their_seats_go() -> None:
    given(SALE, opened(1), held()).when(ReleaseHold(h1, ada)).then(released(reason="released"))


def test_seats_are_let_go_once() -> None:
    given(SALE, opened(1), held(), released()).when(ReleaseHold(h1, ada)).then_nothing()


def test_nobody_lets_go_of_what_others_hold() -> None:
    given(SALE, opened(1), held()).when(ReleaseHold(h1, bob)).then_rejected("hold_not_found")


def test_nobody_lets_go_of_what_nobody_holds() -> None:
    given(SALE, opened(1)).when(ReleaseHold(h1, ada)).then_rejected("hold_not_found")


def test_sold_seats_are_not_let_go() -> None:
    given(SALE, opened(1), held(), sold()).when(ReleaseHold(h1, ada)).then_rejected("hold_sold")


def test_an_unpaid_hold_expires() -> None:
    given(SALE, opened(1), held()).when(ExpireHold(h1, today + HOLD_TIME)).then(released())


def test_a_hold_does_not_expire_early() -> None:
    given(SALE, opened(1), held()).when(ExpireHold(h1, in_time)).then_nothing()


@pytest.mark.parametrize("ended", [sold(), released()])
def test_what_is_sold_or_gone_does_not_expire(ended: SeatsSold | SeatReleased) -> None:
    given(SALE, opened(1), held(), ended).when(ExpireHold(h1, late)).then_nothing()


def test_what_was_never_held_does_not_expire() -> None:
    given(SALE, opened(1)).when(ExpireHold(h1, late)).then_nothing()


# Paying


def test_a_paid_hold_is_sold() -> None:
    given(SALE, opened(2), held(seats=2, holder=her_name)).when(
        pay(amount=Money(2400, "EUR"))
    ).then(sold(seats=2, holder=her_name))


def test_late_money_gets_a_seat_that_is_left() -> None:
    given(SALE, opened(1), held(), released()).when(pay(at=late)).then(sold(late=True))


def test_late_money_without_a_seat_left_goes_back() -> None:
    given(SALE, opened(1), held(), released(), held(h2, bob)).when(pay(at=late)).then(
        denied("sold_out")
    )


def test_a_late_seat_is_taken_from_what_is_left() -> None:
    given(SALE, opened(1), held(), released(), sold(late=True)).when(hold(h2, bob)).then_rejected(
        "sold_out"
    )


def test_a_hold_that_is_due_but_still_there_is_in_time() -> None:
    given(SALE, opened(1), held()).when(pay(at=late)).then(sold())


def test_late_money_buys_nothing_that_is_over() -> None:
    given(SALE, opened(1), held(), released()).when(pay(at=the_end)).then(denied("sold_out"))


@pytest.mark.parametrize("answer", [sold(), denied("sold_out")])
def test_the_same_money_twice_is_answered_once(answer: SeatsSold | SeatDenied) -> None:
    given(SALE, opened(1), held(), answer).when(pay()).then_nothing()


def test_money_for_an_unknown_hold_goes_back() -> None:
    given(SALE, opened(1)).when(pay()).then(denied("unknown_hold"))


def test_money_for_a_sale_that_never_opened_goes_back() -> None:
    given(SALE).when(pay()).then(SeatDenied(h1, dinner, ada, None, "unknown_hold"))


@pytest.mark.parametrize("payment", [pay(revision=2), pay(amount=Money(1199, "EUR"))])
def test_money_for_what_was_not_quoted_goes_back(payment: ConfirmHold) -> None:
    given(SALE, opened(1), held()).when(payment).then(denied("unknown_hold"))


def test_money_for_a_cancelled_gathering_goes_back() -> None:
    given(SALE, opened(1), held(), SaleCancelled(), released(reason="gathering_cancelled")).when(
        pay()
    ).then(denied("gathering_cancelled"))


def test_withdrawn_seats_are_not_paid_back_twice() -> None:
    withdrawn = SeatsWithdrawn(seats_of())
    given(SALE, opened(1), held(), sold(), SaleCancelled(), withdrawn).when(pay()).then_nothing()


@pytest.mark.parametrize("command", [hold(), ReleaseHold(h1, ada)])
def test_an_unknown_gathering_has_no_seats(command: SaleCommand) -> None:
    given(SALE).when(command).then_rejected("gathering_not_found")


def test_seats_whose_money_went_back_are_free_again() -> None:
    returned = SeatsReturned(seats_of())
    bought = (opened(1), held(), sold())
    given(SALE, *bought).when(ReturnSeats(h1)).then(returned)
    given(SALE, *bought, returned).when(ReturnSeats(h1)).then_nothing()
    given(SALE, *bought, returned).when(hold(h2, bob)).then(held(h2, bob))


def test_seats_that_were_returned_are_not_withdrawn_as_well() -> None:
    history = (opened(1), held(), sold(), SeatsReturned(seats_of()))
    given(SALE, *history).when(CancelSale()).then(SaleCancelled())


def test_seats_that_were_withdrawn_are_not_returned_as_well() -> None:
    history = (opened(1), held(), sold(), SaleCancelled(), SeatsWithdrawn(seats_of()))
    given(SALE, *history).when(ReturnSeats(h1)).then_nothing()


@pytest.mark.parametrize("before", [(held(),), (held(), released()), (held(), denied("sold_out"))])
def test_seats_that_were_never_sold_are_not_returned(before: tuple[SaleEvent, ...]) -> None:
    given(SALE, opened(1), *before).when(ReturnSeats(h1)).then_nothing()
    given(SALE).when(ReturnSeats(h1)).then_nothing()


def test_an_unknown_gathering_has_nothing_to_expire() -> None:
    given(SALE).when(ExpireHold(h1, late)).then_nothing()
    assert SALE.fold([SaleMoved(late)]) is None
