"""Payments, returns, disputes, links and payouts in any order: nobody is paid twice, or for what was not kept."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from fractions import Fraction
from random import Random
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from services.billing.commission import commands
from services.billing.commission.decider import COMMISSION, STRANGER
from services.billing.commission.events import (
    BuyerSent,
    DisputeCounted,
    News,
    PurchaseCounted,
    ReturnCounted,
)
from services.billing.commission_payout.commands import BookCommission, PayCommissions
from services.billing.commission_payout.decider import COMMISSION_PAYOUT, Account
from services.billing.commission_rules.events import CommissionRulesSet, Lasts, Rule
from services.billing.commissions import Buyer
from services.billing.payment.events import ChargedFor, MoneyLine
from shared.ids import AccountId, Code, PersonId, derive
from shared.money import Money, rounded
from shared.personal_value import Sealed
from tests.cases import cases
from tests.unit.billing.cast import ada, bob, noon
from tests.unit.billing.commission_news import asking

cleo, origin = PersonId(UUID(int=3)), UUID(int=9)
HOLD_DAYS = 3

kinds: st.SearchStrategy[ChargedFor] = st.sampled_from(["subscription", "ticket", "donation"])
lasting: st.SearchStrategy[Lasts] = st.sampled_from(["first", "attribution", "months"])


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    donations = draw(st.booleans())
    if draw(st.booleans()):
        fixed = (Money(draw(st.integers(1, 900)), "EUR"),)
        return Rule("affiliate", fixed=fixed, hold_days=HOLD_DAYS, donations=donations)
    lasts = draw(lasting)
    return Rule(
        "affiliate",
        basis_points=draw(st.integers(1, 10_000)),
        lasts=lasts,
        months=1 if lasts == "months" else None,
        hold_days=HOLD_DAYS,
        donations=donations,
    )


@st.composite
def histories(draw: st.DrawFn) -> list[News]:
    """What happened to one buyer, in the order in which it did."""
    news: list[News] = []
    for number in range(draw(st.sampled_from([1, 2, 3, 0]))):
        at = noon + timedelta(days=draw(st.integers(0, 6)))
        owner = draw(st.sampled_from([bob, cleo, ada, None]))
        until = at + timedelta(days=draw(st.sampled_from([12, 60, 3])))
        link_id = derive(origin, "link", str(number))
        news.append(BuyerSent(ada, link_id, "affiliate", owner, at, until))
    terms = CommissionRulesSet(1, (draw(rules()),), noon)
    for number in range(draw(st.sampled_from([2, 3, 1]))):
        payment_id = derive(origin, "payment", str(number))
        charged = draw(st.dictionaries(kinds, st.integers(1, 500), min_size=1))
        lines = tuple(MoneyLine(kind, Money(minor, "EUR")) for kind, minor in charged.items())
        at = noon + timedelta(days=draw(st.integers(3, 12)))
        news.append(PurchaseCounted(ada, payment_id, lines, at, terms))
        for again in range(draw(st.sampled_from([2, 1, 0]))):
            kind = draw(st.sampled_from(sorted(charged)))
            part = (MoneyLine(kind, Money(draw(st.integers(1, charged[kind])), "EUR")),)
            refund_id = derive(payment_id, str(again))
            news.append(ReturnCounted(ada, payment_id, refund_id, part))
        if draw(st.booleans()):
            dispute, lost = Code(f"dp_{number}"), draw(st.booleans())
            news.append(DisputeCounted(ada, payment_id, dispute, 5, is_open=True, lost=()))
            gone = tuple(
                MoneyLine(one.charged_for, Money(draw(st.integers(0, one.amount.minor)), "EUR"))
                for one in lines * lost
            )
            news.append(DisputeCounted(ada, payment_id, dispute, 6, is_open=False, lost=gone))
    return news


@dataclass
class Books:
    """One buyer and the accounts of whoever earns by them; the facts of the one reach the others when they do."""

    buyer: Buyer = STRANGER
    version: int = 0
    accounts: dict[PersonId, Account] = field(default_factory=lambda: defaultdict(Account))
    underway: list[BookCommission] = field(default_factory=list)
    payouts: int = 0

    def ask(self, command: commands.CommissionCommand) -> None:
        events = COMMISSION.decide(command, self.buyer)
        self.buyer = COMMISSION.fold(events, self.buyer)
        for event in events:
            self.version += 1
            if not isinstance(event, News):
                self.underway.append(BookCommission(event.commission, self.version))

    def hear(self, news: News) -> None:
        self.ask(asking(news))

    def end_hold(self, purchase: PurchaseCounted, after: int) -> None:
        at = purchase.at + timedelta(days=after)
        self.ask(commands.EndHold(purchase.payment_id, at))

    def book(self, number: int) -> None:
        if self.underway:
            booking = self.underway.pop(number % len(self.underway))
            account = self.accounts[booking.commission.owner]
            for _ in range(2):  # Whatever is delivered may be delivered again.
                account = COMMISSION_PAYOUT.fold(
                    COMMISSION_PAYOUT.decide(booking, account), account
                )
            self.accounts[booking.commission.owner] = account

    def pay_all(self) -> None:
        for owner, account in list(self.accounts.items()):
            due = account.due("EUR")
            if due.minor > 0:
                self.payouts += 1
                receipt_id = derive(origin, "receipt", str(self.payouts))
                words = Sealed(owner, "accounting", Code("sealed"))
                pay = PayCommissions(owner, receipt_id, words, due, AccountId(origin))
                after = COMMISSION_PAYOUT.fold(COMMISSION_PAYOUT.decide(pay, account), account)
                assert not after.due("EUR")
                assert COMMISSION_PAYOUT.decide(pay, after) == []
                self.accounts[owner] = after

    def left(self) -> dict[tuple[UUID, PersonId, UUID], int]:
        """What each payment earns whom by which link, in cents."""
        return {
            (one.payment_id, one.owner, one.link_id): one.amount.minor
            for one in self.buyer.commissions.values()
            if one.amount
        }

    def earned(self, payment_id: UUID) -> int:
        return sum(minor for (of, _, _), minor in self.left().items() if of == payment_id)


def settled(history: list[News]) -> Books:
    """All of it heard, and all days over."""
    books = Books()
    for news in history:
        books.hear(news)
    for news in history:
        if isinstance(news, PurchaseCounted):
            books.end_hold(news, HOLD_DAYS)
    while books.underway:
        books.book(0)
    return books


@settings(max_examples=cases(300), deadline=None)
@given(histories(), st.randoms(use_true_random=False))
def test_whatever_is_heard_first_it_comes_to_the_same(history: list[News], chance: Random) -> None:
    shuffled = [*history, *history]
    chance.shuffle(shuffled)
    one, other = settled(history), settled(shuffled)
    assert one.left() == other.left()
    for owner in (bob, cleo):
        assert one.accounts[owner].due("EUR") == other.accounts[owner].due("EUR")


@settings(max_examples=cases(300), deadline=None)
@given(histories(), st.data())
def test_no_more_is_paid_than_the_share_of_what_was_kept(
    history: list[News], data: st.DataObject
) -> None:
    books, todo = Books(), list(data.draw(st.permutations([*history, *history])))
    purchases = [one for one in history if isinstance(one, PurchaseCounted)]
    while todo:
        books.hear(todo.pop())
        if data.draw(st.booleans()):
            books.book(data.draw(st.integers(0, 9)))
        if data.draw(st.booleans()):
            books.end_hold(data.draw(st.sampled_from(purchases)), HOLD_DAYS)
            books.pay_all()
        for purchase in purchases:
            assert books.earned(purchase.payment_id) <= _most(purchase, [])
    for purchase in purchases:
        assert books.earned(purchase.payment_id) <= _most(purchase, history)
        books.end_hold(purchase, HOLD_DAYS)
    while books.underway:
        books.book(data.draw(st.integers(0, 9)))
    books.pay_all()
    for owner, account in books.accounts.items():
        paid = sum(amount.minor for amount in account.paid.values())
        kept = sum(minor for (_, of, _), minor in books.left().items() if of == owner)
        # More was paid only where it was lost afterwards; that is taken off what comes.
        assert account.due("EUR").minor == kept - paid <= 0


def _most(purchase: PurchaseCounted, history: list[News]) -> int:
    """The most that a payment may earn, after what went back of it."""
    assert purchase.terms
    (rule,) = purchase.terms.rules
    gone: dict[object, int] = {}
    for news in history:
        match news:
            case ReturnCounted(payment_id=purchase.payment_id, lines=lines):
                gone[news.refund_id] = sum(line.amount.minor for line in lines)
            case DisputeCounted(payment_id=purchase.payment_id, lost=lines):
                gone[news.dispute] = sum(line.amount.minor for line in lines)
    paid = sum(line.amount.minor for line in purchase.lines)
    kept = max(0, paid - sum(gone.values()))
    fixed = sum(amount.minor for amount in rule.fixed)
    if fixed:
        return min(kept, fixed)
    return rounded(Fraction(kept * (rule.basis_points or 0), 10_000))
