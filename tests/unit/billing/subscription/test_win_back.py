"""Who is gone may come back at the price they had, once, and not for ever."""

from dataclasses import replace
from datetime import timedelta
from typing import get_args
from uuid import UUID

import pytest

from services.billing.checkout import commands as checkout
from services.billing.checkout.decider import CHECKOUT
from services.billing.checkout.events import CheckoutExpired, OfferLine
from services.billing.order.events import order_of
from services.billing.payment.commands import RefundPayment
from services.billing.payment.decider import PAYMENT
from services.billing.payment.events import MoneyLine, payment_of
from services.billing.payment.reactions import FetchIntent
from services.billing.subscription import commands, events
from services.billing.subscription.decider import SUBSCRIPTION, Running
from services.billing.subscription.events import EndReason, Period, Terms, subscription_of
from shared.ids import Code
from shared.reaction import Ask, Call
from shared.testing import given
from tests.unit.billing.cast import ada, bob, euros, noon, visa
from tests.unit.billing.world import World

terms = Terms(ada, UUID(int=10), UUID(int=20), euros(10), "month", 1, Code("UTC"))
month = Period(noon, noon + timedelta(days=31))
activated = events.SubscriptionActivated(terms, visa, month, euros(10))
checkout_id, another, most = UUID(int=30), UUID(int=31), 30
second_checkout, third, payment_id = UUID(int=32), UUID(int=33), UUID(int=34)


def ended(reason: EndReason = "voluntary") -> events.SubscriptionEnded:
    return events.SubscriptionEnded(terms, reason, was_paying=True, unpaid=None)


def win_back(days: int = 10) -> commands.WinBack:
    return commands.WinBack(ada, checkout_id, month.end + timedelta(days=days), most)


gone = (activated, ended())
begun, back = events.WinBackBegun(checkout_id), events.SubscriptionWonBack(another)


def test_who_is_gone_may_come_back_for_so_long_of_what_they_had_paid_for() -> None:
    given(SUBSCRIPTION, *gone).when(win_back()).then(begun)
    given(SUBSCRIPTION, *gone).when(win_back(29)).then(begun)
    given(SUBSCRIPTION, *gone).when(win_back(30)).then_rejected("too_late_to_return")


@pytest.mark.parametrize("reason", get_args(EndReason))
def test_who_had_their_money_back_may_not(reason: EndReason) -> None:
    outcome = given(SUBSCRIPTION, activated, ended(reason)).when(win_back())
    if reason in events.WINNABLE:
        outcome.then(begun)
    else:
        outcome.then_rejected("not_to_be_won_back")


def paid_for(subscription_id: UUID, checkout_id: UUID) -> commands.RecordWonBack:
    charges = (MoneyLine("subscription", euros(10)),)
    return commands.RecordWonBack(subscription_id, checkout_id, payment_id, charges)


paid = paid_for(another, checkout_id)


def test_it_is_won_back_once_when_it_is_paid() -> None:
    given(SUBSCRIPTION, *gone, begun).when(win_back()).then(begun)
    given(SUBSCRIPTION, *gone, begun).when(paid).then(back)
    given(SUBSCRIPTION, *gone, begun, back).when(paid).then_nothing()
    given(SUBSCRIPTION, *gone, begun, back).when(win_back()).then_rejected("won_back_already")


def test_what_runs_is_not_won_back_and_nobodys_is_anybodys() -> None:
    given(SUBSCRIPTION, activated).when(win_back()).then_rejected("subscription_running")
    given(SUBSCRIPTION).when(win_back()).then_rejected("subscription_not_found")
    bobs = commands.WinBack(bob, checkout_id, month.end, most)
    given(SUBSCRIPTION, *gone).when(bobs).then_rejected("subscription_not_found")
    given(SUBSCRIPTION, activated).when(paid).then_nothing()


def test_who_left_a_checkout_unpaid_opens_another_and_the_first_that_is_paid_lets_the_rest_lapse() -> (
    None
):
    again = replace(win_back(), checkout_id=second_checkout)
    begun_again = events.WinBackBegun(second_checkout)
    given(SUBSCRIPTION, *gone, begun).when(again).then(begun_again)
    first = events.SubscriptionWonBack(another, (second_checkout,))
    given(SUBSCRIPTION, *gone, begun, begun_again).when(paid).then(first)


def test_a_second_one_that_was_paid_all_the_same_ends_and_goes_back() -> None:
    twice = paid_for(third, second_checkout)
    history = (*gone, begun, events.WinBackBegun(second_checkout), back)
    expected = events.WonBackAgain(third, payment_id, twice.charges)
    given(SUBSCRIPTION, *history).when(twice).then(expected)


def pays(world: World, number: UUID, line: OfferLine, card: str = "pm_good") -> None:
    home, zone = Code("https://club.example"), Code("UTC")
    back = Code(f"{home}/thanks")
    opening = checkout.OpenCheckout(ada, (line,), None, zone, back, home, world.now, None)
    world.ask(Ask(CHECKOUT, number, opening))
    world.ask(Ask(CHECKOUT, number, checkout.PayCheckout(ada, Code(card), world.now)))
    world.settle()


def test_of_two_checkouts_that_are_paid_at_once_one_subscription_is_left() -> None:
    world = World()
    line = OfferLine(terms.offer_id, terms.tier_id, euros(10), "month", 0, 1)
    pays(world, UUID(int=40), line)
    had = subscription_of(order_of(UUID(int=40)), line.offer_id)
    world.ask(Ask(SUBSCRIPTION, had, commands.CancelNow()))
    world.settle()
    for number in (41, 42, 43):
        wish = commands.WinBack(ada, UUID(int=number), world.now, most)
        world.ask(Ask(SUBSCRIPTION, had, wish))
        card = "pm_authenticates" if number == 43 else "pm_slow"
        pays(world, UUID(int=number), replace(line, wins_back=had), card)
    for intent in list(world.processor.intents):
        world.processor.finish(intent, success=intent != "pi_3")
    for intent, announced in world.processor.intents.items():
        world.calls.append(Call(FetchIntent(announced.order.payment_id, intent)))
    world.settle()
    states = dict(world.streams(SUBSCRIPTION))
    assert sum(isinstance(state, Running) for state in states.values()) == 1
    kept = [
        world.processor.taken(payment_of(UUID(int=number)))
        - world.processor.given_back(payment_of(UUID(int=number)))
        for number in (41, 42, 43)
    ]
    assert sorted(kept) == [0, 0, 1000]
    expired = world.events(CheckoutExpired)
    assert [stream for stream, _ in expired] == [UUID(int=43)]


def test_the_credit_that_comes_along_goes_when_its_payment_does() -> None:
    world, first, again = World(), UUID(int=40), UUID(int=41)
    line = OfferLine(terms.offer_id, terms.tier_id, euros(10), "month", 0, 1)
    pays(world, first, replace(line, price=euros(120), interval="year"))
    had = subscription_of(order_of(first), line.offer_id)
    less = commands.ChangeSubscription(
        UUID(int=60), ada, line, keeps_price=False, mode=None, unit="second", at=world.now
    )
    for asked in (less, commands.CancelNow(), commands.WinBack(ada, again, world.now, most)):
        world.ask(Ask(SUBSCRIPTION, had, asked))
    pays(world, again, replace(line, wins_back=had))
    now = subscription_of(order_of(again), line.offer_id)
    assert world.state(SUBSCRIPTION, now).balance == euros(-110)
    world.ask(Ask(PAYMENT, payment_of(first), RefundPayment(UUID(int=61), None)))
    world.settle()
    running = world.state(SUBSCRIPTION, now)
    assert isinstance(running, Running)
    assert (running.balance, running.credit) == (euros(0), {})
