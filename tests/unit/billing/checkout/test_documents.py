"""Nothing is charged and nothing free is had before what must be agreed to is."""

from dataclasses import replace

from services.billing.agreements import Agreed, Agreements, Version
from services.billing.checkout import commands, events
from services.billing.checkout.decider import CHECKOUT
from services.billing.payer.events import BY_HAND
from shared.ids import Code
from shared.testing import given
from tests.unit.billing.cast import ada, bob, euros, noon
from tests.unit.billing.checkout.test_decider import (
    authenticates,
    basket,
    book,
    book_opened,
    complete,
    opened,
    opening,
    passing,
    pay,
    timed_out,
)

terms, privacy = Version("terms", 2, noon, True), Version("privacy", 1, noon, True)  # noqa: FBT003
asked = Agreements((terms, privacy), (Agreed("privacy", 1),))
second = (Agreed("terms", 2),)
accepted = events.DocumentsAccepted(ada, second)
paying = replace(pay, agreements=asked)
agreeing = replace(paying, agreed=second)
book_charged = events.ChargeAsked(ada, 1, passing, euros(40), book_opened.basket.charges)
gratis = replace(book, price=euros(0))
free = replace(opening(gratis), agreements=asked)


def test_what_is_not_agreed_to_is_not_paid_and_the_refusal_lists_it() -> None:
    refusal = given(CHECKOUT, book_opened).when(paying).refusal
    assert refusal is not None
    assert (refusal.code, refusal.pointer) == ("documents_not_accepted", "/accepted_documents")
    assert refusal.params["documents"] == [{"kind": "terms", "version": 2}]
    by_hand = replace(paying, payment_method=BY_HAND, by_hand=True)
    given(CHECKOUT, book_opened).when(by_hand).then_rejected("documents_not_accepted")


def test_what_is_agreed_to_is_recorded_before_it_is_charged_and_with_what_was_bought() -> None:
    given(CHECKOUT, book_opened).when(agreeing).then(accepted, book_charged)
    bought = events.CheckoutCompleted(book_opened.basket, passing, second)
    given(CHECKOUT, book_opened, accepted, book_charged).when(complete).then(bought)


def test_it_may_be_agreed_to_as_it_is_opened_and_once_is_enough() -> None:
    begun = replace(opening(book), agreements=asked, agreed=second)
    given(CHECKOUT).when(begun).then(book_opened, accepted)
    given(CHECKOUT, book_opened, accepted).when(paying).then(book_charged)
    given(CHECKOUT, book_opened, accepted).when(agreeing).then(book_charged)
    given(CHECKOUT).when(replace(opening(book), agreements=asked)).then(book_opened)


def test_what_is_being_charged_is_not_asked_about_again() -> None:
    charged = (book_opened, accepted, book_charged, authenticates)
    given(CHECKOUT, *charged).when(paying).then_nothing()


def test_a_version_that_does_not_hold_is_refused_by_name() -> None:
    old, unknown = (Agreed("terms", 1),), (Agreed("conduct", 1),)
    before = replace(terms, number=1)
    known = replace(asked, versions=(before, terms, privacy))
    late = replace(pay, agreements=known, agreed=old)
    given(CHECKOUT, book_opened).when(late).then_rejected("document_replaced")
    wrong = replace(paying, agreed=unknown)
    given(CHECKOUT, book_opened).when(wrong).then_rejected("document_unknown")
    given(CHECKOUT).when(replace(free, agreed=unknown)).then_rejected("document_unknown")


def test_a_version_that_came_while_it_was_open_is_agreed_to_before_it_is_paid() -> None:
    third = replace(terms, number=3)
    later = replace(pay, agreements=replace(asked, versions=(terms, third, privacy)))
    given(CHECKOUT, book_opened, accepted).when(later).then_rejected("documents_not_accepted")
    both = replace(later, agreed=(Agreed("terms", 3),))
    told = events.DocumentsAccepted(ada, (Agreed("terms", 3),))
    given(CHECKOUT, book_opened, accepted).when(both).then(told, book_charged)


def test_what_is_free_is_had_once_it_is_agreed_to() -> None:
    nothing = basket(gratis, due=euros(0), charges=())
    given(CHECKOUT).when(free).then_rejected("documents_not_accepted")
    given(CHECKOUT).when(replace(free, agreed=second)).then(
        opened(nothing), accepted, events.CheckoutCompleted(nothing, None, second)
    )


def test_it_may_be_agreed_to_by_itself_whichever_way_is_paid_then() -> None:
    accept = commands.AcceptDocuments(ada, asked, second, noon)
    given(CHECKOUT, book_opened).when(accept).then(accepted)
    given(CHECKOUT, book_opened, accepted).when(accept).then_nothing()
    bought = events.CheckoutCompleted(book_opened.basket, passing, second)
    given(CHECKOUT, book_opened, accepted, book_charged, bought).when(accept).then_nothing()
    given(CHECKOUT, book_opened, timed_out).when(accept).then_rejected("checkout_expired")
    stranger = replace(accept, person_id=bob)
    given(CHECKOUT, book_opened).when(stranger).then_rejected("checkout_not_found")


def test_who_asks_for_it_at_once_says_so_once_and_it_stays_with_what_was_bought() -> None:
    first = Code("2026-01")
    begun = events.BeginningAsked(ada, first)
    given(CHECKOUT).when(replace(opening(book), begin_by=first)).then(book_opened, begun)
    given(CHECKOUT, book_opened).when(replace(pay, begin_by=first)).then(begun, book_charged)
    again = commands.AcceptDocuments(ada, asked, (), noon, Code("2026-02"))
    given(CHECKOUT, book_opened, begun).when(again).then_nothing()
    bought = events.CheckoutCompleted(book_opened.basket, passing, (), first)
    given(CHECKOUT, book_opened, begun, book_charged).when(complete).then(bought)
