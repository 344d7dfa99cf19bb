"""What goes back at the processor counts once, whoever asked for it, however often and in whatever order it is told."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Literal
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from services.billing.comparison import RefundThere
from services.billing.payment import commands, events
from services.billing.payment.decider import PAYMENT, Payment
from services.billing.payment.events import Charge, ChargedFor, MoneyLine
from shared.decider import Refused
from shared.ids import Code, derive
from shared.money import Money
from shared.testing import given
from tests.cases import cases
from tests.unit.billing.cast import ada, euros, noon, visa

CHECKOUT = UUID(int=10)
intent, back = Code("pi_1"), Code("re_there")
refund_id = UUID(int=20)
lines = (MoneyLine("subscription", euros(10)), MoneyLine("ticket", euros(5)))
charge = Charge(ada, euros(15), lines, "checkout", CHECKOUT)
started = events.ChargeStarted(charge, 1, visa, None)
created = events.PaymentIntentCreated(1, intent, None)
succeeded = events.PaymentSucceeded(charge, 1, intent)
paid = (started, created, succeeded)


def told(
    *refunds: RefundThere,
    named: Code = intent,
    status: Literal["succeeded", "failed"] = "succeeded",
) -> commands.RecordRefundsThere:
    return commands.RecordRefundsThere(commands.RecordOutcome(named, status), refunds)


def there(amount: Money, refund: Code = back, mark: UUID | None = None) -> RefundThere:
    return RefundThere(refund, amount, mark)


def parts(subscription: int, ticket: int) -> tuple[MoneyLine, ...]:
    both = MoneyLine("subscription", euros(subscription)), MoneyLine("ticket", euros(ticket))
    return tuple(line for line in both if line.amount)


def made_there(
    amount: int,
    of: tuple[MoneyLine, ...],
    *emptied: ChargedFor,
    refund: Code = back,
) -> tuple[events.RefundedThere, events.RefundIssued]:
    number = derive(CHECKOUT, "refunded there", refund)
    found = events.RefundedThere(number, ada, euros(amount), of, "made_there", refund)
    issued = events.RefundIssued(
        number, ada, euros(amount), of, "made_there", refund, charge, emptied
    )
    return found, issued


def under_way(amount: int, of: tuple[MoneyLine, ...]) -> events.RefundStarted:
    return events.RefundStarted(refund_id, ada, euros(amount), of, "requested", intent, None)


all_of_it = made_there(15, lines, "subscription", "ticket")


def test_what_staff_refunded_there_is_recorded_as_a_refund() -> None:
    given(PAYMENT, *paid).when(told(there(euros(15)))).then(*all_of_it)
    given(PAYMENT, *paid, *all_of_it).when(told(there(euros(15)))).then_nothing()
    some = made_there(6, parts(4, 2))
    given(PAYMENT, *paid).when(told(there(euros(6)))).then(*some)
    rest = made_there(9, parts(6, 3), "subscription", "ticket", refund=Code("re_2"))
    both = told(there(euros(6)), there(euros(9), Code("re_2")))
    given(PAYMENT, *paid).when(both).then(*some, *rest)
    given(PAYMENT, *paid, *some).when(both).then(*rest)


def test_what_was_refunded_there_was_paid_whoever_says_so_first() -> None:
    given(PAYMENT, started, created).when(told(there(euros(15)))).then(succeeded, *all_of_it)
    given(PAYMENT, started, created).when(told(there(euros(15)), status="failed")).then(
        events.PaymentFailed(charge, 1, Code("failed"), final=False)
    )


def test_a_refund_of_what_we_did_not_charge_is_not_ours() -> None:
    given(PAYMENT).when(told(there(euros(15)))).then_nothing()
    given(PAYMENT, *paid).when(told(there(euros(15)), named=Code("pi_2"))).then_nothing()
    given(PAYMENT, *paid).when(told(there(Money(1500, "USD")))).then_nothing()
    given(PAYMENT, *paid).when(told()).then_nothing()


def test_no_more_counts_than_was_kept() -> None:
    given(PAYMENT, *paid).when(told(there(euros(20)))).then(*all_of_it)
    more = told(there(euros(15)), there(euros(1), Code("re_2")))
    given(PAYMENT, *paid, *all_of_it).when(more).then_nothing()


def test_ours_that_is_under_way_counts_once_whoever_tells_of_it_first() -> None:
    ours = under_way(6, parts(4, 2))
    issued = events.RefundIssued(
        refund_id, ada, euros(6), parts(4, 2), "requested", Code("re_ours"), charge
    )
    report = told(there(euros(6), Code("re_ours"), refund_id))
    answer = commands.RecordRefund(refund_id, Code("re_ours"))
    given(PAYMENT, *paid, ours).when(report).then(issued)
    given(PAYMENT, *paid, ours, issued).when(report).then_nothing()
    given(PAYMENT, *paid, ours, issued).when(answer).then_nothing()


def test_ours_that_was_told_without_our_mark_is_known_by_its_id_there() -> None:
    ours = under_way(6, parts(4, 2))
    found = made_there(6, parts(4, 2))
    answer = commands.RecordRefund(refund_id, back)
    given(PAYMENT, *paid, ours).when(told(there(euros(6)))).then(*found)
    over = events.RefundFailed(refund_id, ours.lines, "requested", Code("known_already"))
    given(PAYMENT, *paid, ours, *found).when(answer).then(over)
    again = commands.RefundPayment(UUID(int=21), None)
    left = replace(under_way(9, parts(6, 3)), refund_id=UUID(int=21))
    given(PAYMENT, *paid, ours, *found, over).when(again).then(left)


def test_what_went_back_there_may_be_what_was_promised_here() -> None:
    ours = under_way(12, parts(8, 4))
    taken = made_there(9, parts(6, 3))
    given(PAYMENT, *paid, ours).when(told(there(euros(9)))).then(*taken)
    nothing = commands.ReturnMoney(UUID(int=21), lines[1:], "seat_denied")
    none_left = events.RefundFailed(UUID(int=21), lines[1:], "seat_denied", Code("nothing_left"))
    given(PAYMENT, *paid, ours, *taken).when(nothing).then(none_left)
    failed = events.RefundFailed(refund_id, ours.lines, "requested", Code("no"))
    rest = replace(under_way(6, parts(4, 2)), refund_id=UUID(int=21))
    asked = commands.RefundPayment(UUID(int=21), None)
    given(PAYMENT, *paid, ours, *taken, failed).when(asked).then(rest)


opened = events.DisputeOpened(Code("dp_1"), charge, euros(15), "general", noon)
lost = events.DisputeClosed(Code("dp_1"), charge, euros(15), "lost")


@pytest.mark.parametrize(("back_there", "gone"), [(15, 0), (6, 9)])
def test_what_a_seller_gave_back_to_end_a_dispute_is_not_lost_as_well(
    back_there: int, gone: int
) -> None:
    decided = commands.RecordDispute(Code("dp_1"), intent, euros(15), "general", "lost", noon)
    report = told(there(euros(back_there)))
    found = made_there(15, lines, "subscription", "ticket")
    if gone:
        found = made_there(6, parts(4, 2))
    given(PAYMENT, *paid, opened).when(report).then(*found)
    closed = replace(lost, amount=euros(gone))
    given(PAYMENT, *paid, opened, *found).when(decided).then(closed)
    given(PAYMENT, *paid, opened, lost).when(report).then_nothing()


@dataclass
class Back:
    """A refund as the processor has it."""

    amount: Money
    mark: UUID | None
    status: Literal["pending", "succeeded", "failed"]


amounts = st.integers(1, 9).map(lambda minor: Money(minor, "EUR"))
picks = st.integers(0, 30)


class Refunding(RuleBasedStateMachine):
    """Staff refund here and there; the processor's answers come late or never, what it says of an intent comes old."""

    @initialize(
        subscription=st.integers(0, 8),
        ticket=st.integers(1, 6),
        heard=st.booleans(),
        shows=st.booleans(),
    )
    def is_paid(self, *, subscription: int, ticket: int, heard: bool, shows: bool) -> None:
        both = (
            MoneyLine("subscription", Money(subscription, "EUR")),
            MoneyLine("ticket", Money(ticket, "EUR")),
        )
        of = tuple(line for line in both if line.amount)
        whole = Money(subscription + ticket, "EUR")
        self.charge = Charge(ada, whole, of, "checkout", CHECKOUT)
        self.payment: Payment | None = None
        self.news: list[events.PaymentEvent] = []
        self.refunds: dict[Code, Back] = {}
        self.answers: list[commands.PaymentCommand] = []
        self.reports: list[commands.RecordRefundsThere] = []
        self.shows_marks = shows
        self._happen([events.ChargeStarted(self.charge, 1, visa, None), created])
        if heard:
            self._ask(commands.RecordOutcome(intent, "succeeded"))

    def _happen(self, news: Sequence[events.PaymentEvent]) -> None:
        for event in news:
            self.payment = PAYMENT.evolve(self.payment, event)
            self.news.append(event)

    def _ask(self, command: commands.PaymentCommand) -> None:
        with suppress(Refused):
            self._happen(PAYMENT.decide(command, self.payment))

    def _room(self) -> int:
        stand = [one.amount.minor for one in self.refunds.values() if one.status != "failed"]
        return self.charge.amount.minor - sum(stand)

    def _make(
        self, amount: Money, mark: UUID | None, status: Literal["pending", "succeeded"]
    ) -> Code | None:
        if amount.minor > self._room():
            return None
        name = Code(f"re_{len(self.refunds)}")
        self.refunds[name] = Back(amount, mark, status)
        return name

    @rule(amount=st.none() | amounts, number=picks)
    def staff_refund_here(self, amount: Money | None, number: int) -> None:
        self._ask(commands.RefundPayment(UUID(int=100 + number), amount))

    @rule(number=picks)
    def a_seat_is_denied(self, number: int) -> None:
        self._ask(
            commands.ReturnMoney(UUID(int=100 + number), self.charge.lines[-1:], "seat_denied")
        )

    @rule(pick=picks)
    def a_refund_of_ours_is_made(self, pick: int) -> None:
        """And its answer is on its way; after a crash it is looked for, and answered again."""
        begun = [one for one in self.news if isinstance(one, events.RefundStarted)]
        if begun:
            one = begun[pick % len(begun)]
            self.answers.append(self._answer(one))

    def _answer(self, one: events.RefundStarted) -> commands.PaymentCommand:
        made = [name for name, found in self.refunds.items() if found.mark == one.refund_id]
        name = made[0] if made else self._make(one.amount, one.refund_id, "succeeded")
        if name:
            return commands.RecordRefund(one.refund_id, name)
        return commands.RecordRefundFailure(one.refund_id, Code("refused"))

    @precondition(lambda self: self.answers)
    @rule(pick=picks)
    def an_answer_comes(self, pick: int) -> None:
        """A refund that was refused once is not made later: the action is done with its answer."""
        self._ask(self.answers[pick % len(self.answers)])

    @rule(amount=amounts, status=st.sampled_from(["pending", "succeeded"]))
    def staff_refund_there(self, amount: Money, status: Literal["pending", "succeeded"]) -> None:
        self._make(amount, None, status)

    @rule(pick=picks, status=st.sampled_from(["succeeded", "failed"]))
    def what_was_pending_is_decided(
        self, pick: int, status: Literal["succeeded", "failed"]
    ) -> None:
        pending = [one for one in self.refunds.values() if one.status == "pending"]
        if pending:
            pending[pick % len(pending)].status = status

    @rule()
    def somebody_looks(self) -> None:
        found = tuple(
            RefundThere(name, one.amount, one.mark if self.shows_marks else None)
            for name, one in self.refunds.items()
            if one.status == "succeeded"
        )
        self.reports.append(told(*found))

    @precondition(lambda self: self.reports)
    @rule(pick=picks)
    def what_was_seen_is_told(self, pick: int) -> None:
        self._ask(self.reports[pick % len(self.reports)])
        self._counts_once()

    def _issued(self) -> list[events.RefundIssued]:
        return [one for one in self.news if isinstance(one, events.RefundIssued)]

    def _counts_once(self) -> None:
        issued = self._issued()
        assert len({one.refund for one in issued}) == len(issued)
        assert len({one.refund_id for one in issued}) == len(issued)
        for one in issued:
            assert self.refunds[one.refund].amount == one.amount
            assert self.refunds[one.refund].status == "succeeded"

    def teardown(self) -> None:
        if not hasattr(self, "charge"):
            return
        for one in [one for one in self.news if isinstance(one, events.RefundStarted)]:
            self._ask(self._answer(one))
        self.somebody_looks()
        self._ask(self.reports[-1])
        self._counts_once()
        stand = {name for name, one in self.refunds.items() if one.status == "succeeded"}
        assert {one.refund for one in self._issued()} == stand
        assert self.payment is not None
        if self.payment.status != "succeeded":
            assert not stand
            return
        gone = sum(self.refunds[name].amount.minor for name in stand)
        left = {line.charged_for: line.amount.minor for line in self.payment.left}
        assert sum(left.values()) == self.charge.amount.minor - gone
        # Of two promises of the same money, for different things, it is not known before which one fails.
        assert min(left.values()) >= 0 or self._was_promised_twice()
        emptied = {kind for one in self._issued() for kind in one.emptied}
        assert emptied == {
            kind for kind, amount in left.items() if amount <= 0 or not sum(left.values())
        }

    def _was_promised_twice(self) -> bool:
        return sum(isinstance(one, events.RefundStarted) for one in self.news) > 1


TestRefunding = Refunding.TestCase
TestRefunding.settings = settings(max_examples=cases(200), stateful_step_count=30, deadline=None)
