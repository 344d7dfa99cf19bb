from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from services.billing.checkout import commands, events
from services.billing.checkout.decider import CHECKOUT, LIFETIME, MOST_LINES
from services.billing.checkout.events import Basket, Line, OfferLine, QuoteLine
from services.billing.discount.events import Deal, Discount, Reduction
from services.billing.payer.events import Instrument
from services.billing.payment.events import DEAREST, MoneyLine
from shared.ids import Code
from shared.money import Money
from shared.testing import given
from tests.unit.billing.cast import ada, bob, euros, noon, visa

HOME = Code("https://club.example")
BACK = Code("https://club.example/thanks")
account, zone = Code("acct_ours"), Code("Europe/Paris")
spring = UUID(int=40)
card, other_card = Code("pm_visa"), Code("pm_amex")
passing = Instrument(card, None, account)

gold = OfferLine(UUID(int=10), UUID(int=20), euros(10), "month", 0, 1)
gold_on_trial = replace(gold, trial_days=14)
book = OfferLine(UUID(int=11), None, euros(20), "once", 0, 2)
gift = replace(book, price=euros(0))
seats = QuoteLine(UUID(int=30), 1, euros(15), noon + timedelta(minutes=13))


def opening(
    *lines: Line, return_url: Code = BACK, at: datetime = noon, deal: Deal | None = None
) -> commands.OpenCheckout:
    discount = Discount(spring, deal) if deal else None
    return commands.OpenCheckout(ada, lines, account, zone, return_url, HOME, at, discount)


def opened(basket: Basket, expires_at: datetime = noon + LIFETIME) -> events.CheckoutOpened:
    return events.CheckoutOpened(basket, BACK, expires_at)


def basket(*lines: Line, due: Money, charges: tuple[MoneyLine, ...]) -> Basket:
    return Basket(ada, lines, due, charges, account, zone)


a_book = basket(book, due=euros(40), charges=(MoneyLine("purchase", euros(40)),))
a_month = basket(gold, due=euros(10), charges=(MoneyLine("subscription", euros(10)),))
a_trial = basket(gold_on_trial, due=euros(0), charges=())
a_gift = basket(gift, due=euros(0), charges=())

book_opened, month_opened, trial_opened = opened(a_book), opened(a_month), opened(a_trial)
book_charged = events.ChargeAsked(ada, 1, passing, euros(40), a_book.charges)
card_asked = events.PaymentMethodAsked(ada, 1, card, account)
month_charged = events.ChargeAsked(ada, 1, visa, euros(10), a_month.charges)
authenticates = events.CheckoutActionRequired(1)
processing = events.CheckoutProcessing(1)
declined = events.CheckoutDeclined(1, Code("card_declined"))
book_bought = events.CheckoutCompleted(a_book, passing)
timed_out = events.CheckoutExpired(ada, "timeout")
given_up = events.CheckoutExpired(ada, "cancelled")

pay = commands.PayCheckout(ada, card, noon)
pay_otherwise = commands.PayCheckout(ada, other_card, noon)
cancel = commands.CancelCheckout(ada)
expire = commands.ExpireCheckout()
complete = commands.CompleteCheckout()
decline = commands.DeclineAttempt(1, Code("card_declined"), noon)


def test_a_checkout_is_opened_for_half_an_hour_at_what_it_costs_now() -> None:
    given(CHECKOUT).when(opening(book)).then(book_opened)


def test_a_checkout_is_opened_once() -> None:
    given(CHECKOUT, book_opened).when(opening(gold)).then_nothing()


def test_an_organisation_buys_nothing_but_seats_for_people() -> None:
    for_others = replace(gold, seats=True, quantity=3)
    bought = basket(for_others, due=euros(30), charges=(MoneyLine("subscription", euros(30)),))
    given(CHECKOUT).when(replace(opening(for_others), seats_only=True)).then(opened(bought))
    for line in (gold, book, seats):
        asked = replace(opening(for_others, line), seats_only=True)
        given(CHECKOUT).when(asked).then_rejected("seats_only")


def test_an_organisation_has_no_trial() -> None:
    on_trial = replace(gold_on_trial, seats=True)
    (bought,) = given(CHECKOUT).when(replace(opening(on_trial), seats_only=True)).events
    assert isinstance(bought, events.CheckoutOpened)
    assert (bought.basket.on_trial, bought.basket.due) == (False, euros(10))


def test_by_which_link_the_buyer_came_is_kept_and_told_when_it_is_paid() -> None:
    via = events.CameBy(Code("visit"), noon)
    came = replace(month_opened, via=via)
    given(CHECKOUT).when(replace(opening(gold), via=Code("visit"))).then(came)
    done = given(CHECKOUT, came, card_asked, month_charged).when(commands.CompleteCheckout(visa))
    done.then(events.CheckoutCompleted(a_month, visa, via=via))
    free = replace(opening(gift), via=Code("visit"))
    had = events.CheckoutCompleted(a_gift, None, via=via)
    given(CHECKOUT).when(free).then(replace(opened(a_gift), via=via), had)


def test_seats_shorten_the_time_to_pay() -> None:
    all_things = basket(
        gold,
        book,
        seats,
        due=euros(65),
        charges=(
            MoneyLine("subscription", euros(10)),
            MoneyLine("purchase", euros(40)),
            MoneyLine("ticket", euros(15)),
        ),
    )
    expected = opened(all_things, seats.expires_at)
    given(CHECKOUT).when(opening(gold, book, seats)).then(expected)


def test_things_of_one_kind_are_one_charge() -> None:
    silver = replace(gold, offer_id=UUID(int=12))
    two = basket(gold, silver, due=euros(20), charges=(MoneyLine("subscription", euros(20)),))
    given(CHECKOUT).when(opening(gold, silver)).then(opened(two))


def test_setting_up_is_paid_at_once_and_once_whatever_the_quantity() -> None:
    two = replace(gold, quantity=2, setup_fee=euros(30))
    charges = MoneyLine("subscription", euros(20)), MoneyLine("purchase", euros(30))
    given(CHECKOUT).when(opening(two)).then(opened(basket(two, due=euros(50), charges=charges)))


def test_setting_up_a_trial_is_paid_before_it() -> None:
    trial = replace(gold_on_trial, setup_fee=euros(30))
    charges = (MoneyLine("purchase", euros(30)),)
    given(CHECKOUT).when(opening(trial)).then(opened(basket(trial, due=euros(30), charges=charges)))


def test_what_the_buyer_named_is_what_they_pay() -> None:
    named = replace(book, price=euros(5), minimum=euros(5), quantity=1, donation=True)
    charges = (MoneyLine("donation", euros(5)),)
    given(CHECKOUT).when(opening(named)).then(opened(basket(named, due=euros(5), charges=charges)))


def test_what_is_free_is_had_at_once() -> None:
    had = events.CheckoutCompleted(a_gift, None)
    given(CHECKOUT).when(opening(gift)).then(opened(a_gift), had)


def test_seats_that_are_paid_for_are_not_sold_again() -> None:
    again = replace(opening(seats), paid_for=frozenset([seats.hold_id]))
    given(CHECKOUT).when(again).then_rejected("seats_paid_for")
    other = replace(opening(seats), paid_for=frozenset([UUID(int=404)]))
    (begun,) = given(CHECKOUT).when(other).events
    assert isinstance(begun, events.CheckoutOpened)


def test_a_trial_is_free_but_waits_for_a_card() -> None:
    given(CHECKOUT).when(opening(gold_on_trial)).then(trial_opened)


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ((), "lines_out_of_range"),
        ((book,) * (MOST_LINES + 1), "lines_out_of_range"),
        ((book, replace(book, quantity=1)), "line_twice"),
        ((book, replace(gold, price=Money(1000, "USD"))), "currencies_differ"),
        ((replace(book, quantity=0),), "quantity_out_of_range"),
        ((replace(book, quantity=3, most=2),), "quantity_out_of_range"),
        ((replace(book, quantity=3, fewest=4),), "quantity_out_of_range"),
        ((replace(book, price=Money(-1, "EUR")),), "amount_negative"),
        ((replace(book, price=euros(4), minimum=euros(5)),), "amount_below_minimum"),
        ((replace(gold, setup_fee=Money(DEAREST, "EUR")),), "total_out_of_range"),
        ((replace(book, quantity=101),), "quantity_out_of_range"),
        ((replace(book, price=Money(DEAREST, "EUR")),), "total_out_of_range"),
        ((replace(gold_on_trial, price=Money(DEAREST, "EUR"), quantity=2),), "total_out_of_range"),
        ((replace(seats, expires_at=noon),), "quote_expired"),
    ],
)
def test_a_basket_that_makes_no_sense_is_refused(lines: tuple[Line, ...], code: str) -> None:
    given(CHECKOUT).when(opening(*lines)).then_rejected(code)


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://thief.example/thanks",
        "https://club.example@thief.example/",
        "http://club.example/thanks",
        "https://club.example.thief.example/",
        "//thief.example",
        "/thanks",
        "https://club.example/thanks?email=ada",
        "https://club.example/thanks#ada",
        "https://club.example/\nthanks",
        "javascript:alert(1)",
    ],
)
def test_the_way_back_leads_home_and_says_nothing_of_anybody(elsewhere: str) -> None:
    refused = given(CHECKOUT).when(opening(book, return_url=Code(elsewhere)))
    refused.then_rejected("foreign_return_url")


def test_a_card_that_need_not_be_kept_is_charged() -> None:
    given(CHECKOUT, book_opened).when(pay).then(book_charged)


def test_the_card_of_a_subscription_is_kept_before_it_is_charged() -> None:
    given(CHECKOUT, month_opened).when(pay).then(card_asked)
    kept = given(CHECKOUT, month_opened, card_asked).when(commands.UseKeptCard(1, visa))
    kept.then(month_charged)


def test_a_kept_card_is_charged_once() -> None:
    again = given(CHECKOUT, month_opened, card_asked, month_charged)
    again.when(commands.UseKeptCard(1, visa)).then_nothing()


def test_a_card_kept_for_an_attempt_of_the_past_is_not_charged() -> None:
    late = given(CHECKOUT, month_opened, card_asked, declined)
    late.when(commands.UseKeptCard(1, visa)).then_nothing()
    late.when(commands.UseKeptCard(0, visa)).then_nothing()


def test_pressing_the_button_twice_pays_once() -> None:
    given(CHECKOUT, book_opened, book_charged).when(pay).then_nothing()


def test_two_cards_at_a_time_are_one_too_many() -> None:
    refused = given(CHECKOUT, book_opened, book_charged).when(pay_otherwise)
    refused.then_rejected("payment_underway")


def test_another_card_may_be_tried_instead_of_authenticating() -> None:
    otherwise = Instrument(other_card, None, account)
    expected = events.ChargeAsked(ada, 2, otherwise, euros(40), a_book.charges)
    given(CHECKOUT, book_opened, book_charged, authenticates).when(pay_otherwise).then(expected)


def test_after_a_decline_even_the_same_card_may_be_tried_again() -> None:
    expected = events.ChargeAsked(ada, 2, passing, euros(40), a_book.charges)
    given(CHECKOUT, book_opened, book_charged, declined).when(pay).then(expected)


def test_what_is_as_good_as_paid_is_not_paid_again_and_of_what_is_paid_it_is_said() -> None:
    given(CHECKOUT, book_opened, book_charged, processing).when(pay_otherwise).then_nothing()
    paid = given(CHECKOUT, book_opened, book_charged, book_bought)
    paid.when(pay_otherwise).then_rejected("checkout_completed")


def test_it_is_too_late_to_pay_an_expired_checkout() -> None:
    given(CHECKOUT, book_opened, timed_out).when(pay).then_rejected("checkout_expired")
    late = commands.PayCheckout(ada, card, noon + LIFETIME)
    given(CHECKOUT, book_opened).when(late).then_rejected("checkout_expired")


def test_nobody_else_sees_or_pays_it() -> None:
    by_bob = commands.PayCheckout(bob, card, noon)
    given(CHECKOUT, book_opened).when(by_bob).then_rejected("checkout_not_found")
    stranger = given(CHECKOUT, book_opened).when(commands.CancelCheckout(bob))
    stranger.then_rejected("checkout_not_found")
    given(CHECKOUT).when(pay).then_rejected("checkout_not_found")
    given(CHECKOUT).when(cancel).then_rejected("checkout_not_found")


def test_the_person_may_have_to_authenticate() -> None:
    action = commands.AwaitAction(1)
    given(CHECKOUT, book_opened, book_charged).when(action).then(authenticates)
    given(CHECKOUT, book_opened, book_charged, authenticates).when(action).then_nothing()


def test_money_may_take_its_time() -> None:
    money = commands.AwaitMoney(1)
    given(CHECKOUT, book_opened, book_charged).when(money).then(processing)
    given(CHECKOUT, book_opened, book_charged, processing).when(money).then_nothing()


def test_a_decline_opens_it_again() -> None:
    given(CHECKOUT, book_opened, book_charged).when(decline).then(declined)
    given(CHECKOUT, book_opened, book_charged, declined).when(decline).then_nothing()


def test_a_decline_of_an_older_attempt_changes_nothing() -> None:
    second = events.ChargeAsked(ada, 2, passing, euros(40), a_book.charges)
    given(CHECKOUT, book_opened, book_charged, authenticates, second).when(decline).then_nothing()


def test_a_decline_after_its_time_ends_it() -> None:
    late = commands.DeclineAttempt(1, Code("card_declined"), noon + LIFETIME)
    given(CHECKOUT, book_opened, book_charged, processing).when(late).then(declined, timed_out)


def test_it_is_complete_when_the_money_is_there() -> None:
    given(CHECKOUT, book_opened, book_charged).when(complete).then(book_bought)
    given(CHECKOUT, book_opened, book_charged, book_bought).when(complete).then_nothing()


@pytest.mark.parametrize("last", [declined, timed_out, given_up, processing])
def test_late_money_buys_what_it_was_for(last: events.CheckoutEvent) -> None:
    given(CHECKOUT, book_opened, book_charged, last).when(complete).then(book_bought)


def test_late_money_of_one_card_counts_while_another_is_tried() -> None:
    other_asked = events.PaymentMethodAsked(ada, 2, other_card, account)
    other_declined = events.CheckoutDeclined(2, Code("card_declined"))
    bought = events.CheckoutCompleted(a_month, visa)
    history = (month_opened, card_asked, month_charged, authenticates, other_asked)
    given(CHECKOUT, *history).when(complete).then(bought)
    given(CHECKOUT, *history, other_declined).when(complete).then(bought)


@pytest.mark.parametrize("history", [(book_opened,), (book_opened, book_charged)])
def test_what_is_not_paid_in_time_expires(history: tuple[events.CheckoutEvent, ...]) -> None:
    given(CHECKOUT, *history).when(expire).then(timed_out)


@pytest.mark.parametrize("last", [processing, book_bought, timed_out])
def test_what_is_on_its_way_or_over_does_not_expire(last: events.CheckoutEvent) -> None:
    given(CHECKOUT, book_opened, book_charged, last).when(expire).then_nothing()


@pytest.mark.parametrize("history", [(book_opened,), (book_opened, book_charged)])
def test_who_thinks_better_of_it_gives_it_up(history: tuple[events.CheckoutEvent, ...]) -> None:
    given(CHECKOUT, *history).when(cancel).then(given_up)


def test_what_is_given_up_stays_so() -> None:
    given(CHECKOUT, book_opened, given_up).when(cancel).then_nothing()


def test_money_on_its_way_and_money_that_came_are_not_given_up() -> None:
    going = given(CHECKOUT, book_opened, book_charged, processing).when(cancel)
    going.then_rejected("payment_underway")
    gone = given(CHECKOUT, book_opened, book_charged, book_bought).when(cancel)
    gone.then_rejected("checkout_completed")


@pytest.mark.parametrize(
    "news", [expire, complete, decline, commands.AwaitAction(1), commands.UseKeptCard(1, visa)]
)
def test_news_of_a_checkout_nobody_opened_changes_nothing(news: commands.CheckoutCommand) -> None:
    given(CHECKOUT).when(news).then_nothing()


def test_what_was_never_opened_has_no_past() -> None:
    given(CHECKOUT, declined).when(expire).then_nothing()


half = Deal(percent=50)
half_of_gold = Reduction(spring, 50, None, 1)
five_off = Deal(amounts=(euros(5), Money(600, "USD")), periods=None)


def reduced(*lines: Line, due: Money, charges: tuple[MoneyLine, ...]) -> Basket:
    return replace(basket(*lines, due=due, charges=charges), discount_id=spring)


half_a_month = reduced(
    replace(gold, reduction=half_of_gold),
    due=euros(5),
    charges=(MoneyLine("subscription", euros(5)),),
)
half_opened = opened(half_a_month)
given_back = events.CodeGivenBack(spring)


def test_a_code_takes_off_what_it_says() -> None:
    given(CHECKOUT).when(opening(gold, deal=half)).then(half_opened)


def test_an_amount_is_spread_over_the_things_it_is_for() -> None:
    silver = replace(gold, offer_id=UUID(int=12), price=euros(20))
    fulls = (
        replace(gold, reduction=Reduction(spring, 0, Money(167, "EUR"), None)),
        replace(silver, reduction=Reduction(spring, 0, Money(333, "EUR"), None)),
    )
    both = reduced(*fulls, due=euros(25), charges=(MoneyLine("subscription", euros(25)),))
    given(CHECKOUT).when(opening(gold, silver, deal=five_off)).then(opened(both))


def test_a_code_takes_nothing_off_seats_fees_and_what_the_buyer_names() -> None:
    named = replace(book, minimum=euros(5))
    with_fee = replace(gold, setup_fee=euros(30))
    asked = opening(with_fee, named, seats, deal=Deal(percent=100))
    (begun,) = given(CHECKOUT).when(asked).events
    assert isinstance(begun, events.CheckoutOpened)
    assert begun.basket.due == euros(30 + 40 + 15)


def test_nothing_costs_less_than_nothing() -> None:
    everything = Deal(amounts=(euros(1000),))
    asked = opening(book, deal=everything)
    free = replace(book, reduction=Reduction(spring, 0, euros(40), 1))
    gratis = reduced(free, due=euros(0), charges=())
    given(CHECKOUT).when(asked).then(opened(gratis), events.CheckoutCompleted(gratis, None))


def test_a_trial_with_a_code_waits_for_its_first_payment() -> None:
    (begun,) = given(CHECKOUT).when(opening(gold_on_trial, deal=half)).events
    assert isinstance(begun, events.CheckoutOpened)
    assert begun.basket.due == euros(0)
    (line,) = begun.basket.lines
    assert isinstance(line, OfferLine)
    assert line.off(1) == euros(5)


def test_a_first_period_that_is_free_still_waits_for_a_card() -> None:
    (begun,) = given(CHECKOUT).when(opening(gold, deal=Deal(percent=100))).events
    assert isinstance(begun, events.CheckoutOpened)
    assert begun.basket.due == euros(0)


@pytest.mark.parametrize(
    ("lines", "deal", "code"),
    [
        ((gold,), Deal(percent=50, offers=(book.offer_id,)), "code_does_not_apply"),
        ((seats,), half, "code_does_not_apply"),
        ((gift,), half, "code_does_not_apply"),
        ((replace(book, minimum=euros(1)),), half, "code_does_not_apply"),
        ((replace(book, donation=True),), half, "code_does_not_apply"),
        ((gold,), Deal(amounts=(Money(500, "USD"),)), "code_in_other_currency"),
    ],
)
def test_a_code_that_is_for_something_else_is_refused(
    lines: tuple[Line, ...], deal: Deal, code: str
) -> None:
    given(CHECKOUT).when(opening(*lines, deal=deal)).then_rejected(code)


def test_a_code_is_given_back_when_its_checkout_expires() -> None:
    given(CHECKOUT, half_opened).when(expire).then(timed_out, given_back)
    given(CHECKOUT, half_opened).when(cancel).then(given_up, given_back)
    given(CHECKOUT, half_opened, card_asked).when(expire).then(timed_out, given_back)


def test_a_code_is_kept_while_money_may_still_come() -> None:
    charged = events.ChargeAsked(ada, 1, visa, euros(5), half_a_month.charges)
    given(CHECKOUT, half_opened, charged).when(expire).then(timed_out)
    expired = (half_opened, charged, timed_out)
    given(CHECKOUT, *expired).when(commands.RecordWithdrawal()).then(given_back)
    given(CHECKOUT, *expired).when(decline).then(given_back)
    given(CHECKOUT, *expired).when(complete).then(events.CheckoutCompleted(half_a_month, visa))
    bought = events.CheckoutCompleted(half_a_month, visa)
    given(CHECKOUT, *expired, bought).when(commands.RecordWithdrawal()).then_nothing()


def test_a_code_is_given_back_once() -> None:
    over = (half_opened, timed_out, given_back)
    given(CHECKOUT, *over).when(commands.RecordWithdrawal()).then_nothing()
    given(CHECKOUT, half_opened).when(commands.RecordWithdrawal()).then_nothing()


def test_without_a_code_there_is_none_to_give_back() -> None:
    given(CHECKOUT, book_opened, timed_out).when(commands.RecordWithdrawal()).then_nothing()


def test_what_went_back_of_a_bought_basket_is_told_to_whoever_sold_it() -> None:
    lost = commands.RecordReversal("lost", ("purchase",), Code("dp_1"))
    told = events.CheckoutReversed(a_book, "lost", ("purchase",), Code("dp_1"))
    history = (book_opened, book_charged, book_bought)
    given(CHECKOUT, *history).when(lost).then(told)
    given(CHECKOUT, *history, told).when(complete).then_nothing()
    given(CHECKOUT, book_opened, book_charged).when(lost).then_nothing()


def test_who_has_had_a_trial_pays_from_the_first_day() -> None:
    again = replace(opening(gold_on_trial), trial=UUID(int=50))
    given(CHECKOUT).when(again).then(month_opened)


def test_who_has_had_a_trial_may_use_a_code_on_the_first_payment() -> None:
    half = Deal(percent=50)
    again = replace(opening(gold_on_trial, deal=half), trial=UUID(int=50))
    (first,) = CHECKOUT.decide(again, None)
    assert isinstance(first, events.CheckoutOpened)
    assert first.basket.due == euros(5)
