from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from services.billing.commission.commands import (
    CountBuyerSent,
    CountDispute,
    CountPurchase,
    CountReturn,
    EndHold,
)
from services.billing.commission.decider import COMMISSION, STRANGER
from services.billing.commission.events import (
    BuyerSent,
    Commission,
    CommissionDue,
    CommissionEarned,
    CommissionHeld,
    CommissionReduced,
    CommissionReleased,
    DisputeCounted,
    News,
    PurchaseCounted,
    ReturnCounted,
)
from services.billing.commission_rules.events import CommissionRulesSet, Rule
from services.billing.commissions import Buyer
from services.billing.payment.events import ChargedFor, MoneyLine
from shared.ids import Code, PersonId
from shared.money import Money
from shared.testing import given
from tests.unit.billing.cast import ada, bob, euros, noon
from tests.unit.billing.commission_news import asking

cleo = PersonId(UUID(int=3))
link, other_link = UUID(int=10), UUID(int=11)
spring, summer, refund_id = UUID(int=20), UUID(int=21), UUID(int=30)
fifth = Rule("affiliate", basis_points=2000)
hold = timedelta(days=30)
sent = BuyerSent(ada, link, "affiliate", bob, noon, noon + timedelta(days=60))
by_cleo = replace(sent, link_id=other_link, owner=cleo, at=noon + timedelta(days=10))
by_nobody = BuyerSent(ada, None, None, None, noon + timedelta(days=10), noon)


def line(minor: int, charged_for: ChargedFor = "subscription") -> MoneyLine:
    return MoneyLine(charged_for, Money(minor, "EUR"))


def bought(
    payment_id: UUID = spring,
    days: int = 1,
    *lines: MoneyLine,
    rule: Rule | None = fifth,
    buyer: PersonId = ada,
) -> PurchaseCounted:
    at = noon + timedelta(days=days)
    terms = CommissionRulesSet(1, (rule,), noon) if rule else None
    return PurchaseCounted(buyer, payment_id, lines or (line(10_000),), at, terms)


def back(
    minor: int, payment_id: UUID = spring, charged_for: ChargedFor = "subscription"
) -> ReturnCounted:
    return ReturnCounted(ada, payment_id, refund_id, (line(minor, charged_for),))


def disputed(number: int, *, is_open: bool, lost: int = 0) -> DisputeCounted:
    gone = (line(lost),) if lost else ()
    return DisputeCounted(ada, spring, Code("dp_1"), number, is_open, gone)


def earned(
    minor: int, payment_id: UUID = spring, days: int = 1, *, is_held: bool = False
) -> Commission:
    at: datetime = noon + timedelta(days=days)
    amount = Money(minor, "EUR")
    return Commission(bob, payment_id, link, "affiliate", amount, 1, at, at + hold, is_held=is_held)


def after(*news: News) -> dict[UUID, int]:
    """What each payment earns after these, in cents, whoever earns it."""
    buyer: Buyer = STRANGER
    for one in news:
        buyer = COMMISSION.fold(COMMISSION.decide(asking(one), buyer), buyer)
    commissions = buyer.commissions.values()
    return {one.payment_id: one.amount.minor for one in commissions if one.amount}


def test_a_payment_earns_whoever_sent_the_buyer_their_share() -> None:
    earns = CommissionEarned(earned(2000))
    given(COMMISSION, sent).when(CountPurchase(bought())).then(bought(), earns)
    given(COMMISSION, sent, bought(), earns).when(CountPurchase(bought())).then_nothing()


def test_news_of_who_sent_the_buyer_may_come_after_the_payment() -> None:
    earns = CommissionEarned(earned(2000))
    given(COMMISSION, bought()).when(CountBuyerSent(sent)).then(sent, earns)


def test_where_nobody_earns_anything_nobody_is_remembered() -> None:
    given(COMMISSION).when(CountPurchase(bought(rule=None))).then_nothing()


def test_what_was_paid_before_there_were_rules_is_no_first_payment_after_them() -> None:
    assert after(sent, bought(rule=None), bought(summer, 2)) == {}


@pytest.mark.parametrize(
    "nobodys",
    [
        replace(sent, owner=ada),
        replace(sent, owner=None),
        replace(sent, kind="campaign"),
        replace(sent, kind="referral"),
        replace(sent, at=noon + timedelta(days=2)),
        replace(sent, until=noon + timedelta(days=1)),
    ],
    ids=["oneself", "of nobody", "campaign", "kind without rule", "after it", "too long ago"],
)
def test_what_earns_nobody_anything(nobodys: BuyerSent) -> None:
    assert after(nobodys, bought()) == {}


def test_a_part_that_goes_back_takes_its_part_of_it_along() -> None:
    known = sent, bought(), CommissionEarned(earned(2000))
    part = given(COMMISSION, *known).when(CountReturn(back(2500)))
    part.then(back(2500), CommissionReduced(earned(1500)))
    reduced = CommissionReduced(earned(1500))
    given(COMMISSION, *known, back(2500), reduced).when(CountReturn(back(2500))).then_nothing()
    assert after(sent, bought(), back(10_000)) == {}


def test_a_refund_may_be_heard_of_before_its_payment() -> None:
    assert after(back(2500), sent, bought()) == {spring: 1500}
    assert after(back(2500), bought(), sent) == {spring: 1500}


def test_a_disputed_payment_is_held_and_lost_with_the_dispute() -> None:
    known = sent, bought(), CommissionEarned(earned(2000))
    opened, won = disputed(5, is_open=True), disputed(6, is_open=False)
    held = CommissionHeld(earned(2000, is_held=True))
    given(COMMISSION, *known).when(CountDispute(opened)).then(opened, held)
    released = CommissionReleased(earned(2000))
    given(COMMISSION, *known, opened, held).when(CountDispute(won)).then(won, released)
    given(COMMISSION, *known, opened, held, won, released).when(CountDispute(opened)).then_nothing()
    assert after(sent, bought(), disputed(6, is_open=False, lost=10_000)) == {}


def test_it_is_due_once_its_days_are_over() -> None:
    known = sent, bought(), CommissionEarned(earned(2000))
    end = EndHold(spring, noon + timedelta(days=1) + hold)
    due = CommissionDue(replace(earned(2000), is_due=True))
    given(COMMISSION, *known).when(replace(end, at=noon + hold)).then_nothing()
    given(COMMISSION, *known).when(end).then(due)
    given(COMMISSION, *known, due).when(end).then_nothing()
    gone = CommissionReduced(earned(0))
    given(COMMISSION, *known, back(10_000), gone).when(end).then_nothing()


def test_while_a_bank_decides_nothing_is_due_however_long_it_has_waited() -> None:
    assert earned(2000).standing == "waiting"
    assert replace(earned(2000), is_due=True).standing == "due"
    assert replace(earned(2000), is_due=True, is_held=True).standing == "held"


def test_the_last_link_before_a_payment_has_the_credit() -> None:
    late = bought(days=11)
    gone = CommissionReduced(earned(0, days=11))
    cleos = replace(earned(2000, days=11), owner=cleo, link_id=other_link)
    heard = given(COMMISSION, sent, late, CommissionEarned(earned(2000, days=11)))
    heard.when(CountBuyerSent(by_cleo)).then(by_cleo, gone, CommissionEarned(cleos))
    given(COMMISSION, sent, bought(), CommissionEarned(earned(2000))).when(
        CountBuyerSent(by_cleo)
    ).then(by_cleo)


def test_another_link_of_the_same_owner_takes_the_place_of_the_one_before() -> None:
    again = replace(by_cleo, owner=bob)
    first, second = earned(2000, days=11), replace(earned(2000, days=11), link_id=other_link)
    heard = given(COMMISSION, sent, bought(days=11), CommissionEarned(first))
    heard.when(CountBuyerSent(again)).then(
        again, CommissionReduced(earned(0, days=11)), CommissionEarned(second)
    )


def test_who_takes_it_back_earns_nobody_anything_more() -> None:
    rule = Rule("affiliate", basis_points=2000, lasts="attribution")
    before, later = bought(rule=rule), bought(summer, 11, rule=rule)
    assert after(sent, before, by_nobody, later) == {spring: 2000}
    assert after(by_nobody, later, before, sent) == {spring: 2000}


def test_of_the_first_payment_alone_whichever_is_heard_of_first() -> None:
    assert after(sent, bought(), bought(summer, 2)) == {spring: 2000}
    assert after(sent, bought(summer, 2), bought()) == {spring: 2000}


def test_for_as_long_as_the_attribution_lasts() -> None:
    rule = Rule("affiliate", basis_points=2000, lasts="attribution")
    first, second = bought(rule=rule), bought(summer, 59, rule=rule)
    assert after(sent, first, second) == {spring: 2000, summer: 2000}
    assert after(sent, bought(summer, 60, rule=rule)) == {}


def test_for_months_from_when_the_buyer_came_if_they_bought_while_the_link_counted() -> None:
    rule = Rule("affiliate", basis_points=2000, lasts="months", months=3)
    first, third = bought(rule=rule), bought(summer, 91, rule=rule)
    assert after(sent, first, third) == {spring: 2000, summer: 2000}
    assert after(third, sent, first) == {spring: 2000, summer: 2000}
    assert after(sent, third) == {}
    assert after(sent, first, bought(summer, 92, rule=rule)) == {spring: 2000}


def test_a_donation_earns_nothing_unless_that_was_said() -> None:
    lines = line(6000), line(4000, "donation")
    generous = replace(fifth, donations=True)
    assert after(sent, bought(spring, 1, *lines)) == {spring: 1200}
    assert after(sent, bought(spring, 1, *lines, rule=generous)) == {spring: 2000}
    assert after(sent, bought(spring, 1, *lines), back(4000, charged_for="donation")) == {
        spring: 1200
    }
    given_first = bought(spring, 1, line(4000, "donation"))
    assert after(sent, given_first, bought(summer, 2)) == {summer: 2000}


def test_a_fixed_amount_is_in_its_currency_and_no_more_than_was_paid() -> None:
    tenner = Rule("affiliate", fixed=(euros(10),))
    assert after(sent, bought(rule=tenner)) == {spring: 1000}
    assert after(sent, bought(rule=tenner), back(2500)) == {spring: 750}
    assert after(sent, bought(spring, 1, line(300), rule=tenner)) == {spring: 300}
    assert after(sent, bought(rule=Rule("affiliate", fixed=(Money(10, "USD"),)))) == {}


def test_it_is_never_more_than_is_left_of_the_whole_payment() -> None:
    """A bank takes from all lines alike, also from one that had gone back."""
    whole = Rule("affiliate", basis_points=10_000)
    purchase = bought(spring, 1, line(5000), line(5000, "ticket"), rule=whole)
    lost = replace(disputed(9, is_open=False), lost=(line(2500), line(2500, "ticket")))
    assert after(sent, purchase, back(5000), lost) == {}
