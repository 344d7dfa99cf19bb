from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from services.billing.prepaid.commands import (
    HearPrepaid,
    LetPrepaidGo,
    OpenPrepaidCheckout,
    PayPrepaidCheckout,
    Standing,
    TellPrepaid,
    WritePrepaid,
)
from services.billing.prepaid.decider import AHEAD, PREPAID, SOON
from services.billing.prepaid.events import (
    PlannedLetter,
    PrepaidCheckoutOpened,
    PrepaidHeard,
    PrepaidLetGo,
    PrepaidLetterDue,
    PrepaidTold,
)
from shared.ids import Code, Label, PersonId
from shared.testing import given

noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
until, later = noon + timedelta(days=60), noon + timedelta(days=90)
ada, monthly, yearly, checkout = PersonId(UUID(int=1)), UUID(int=2), UUID(int=3), UUID(int=4)
hear = HearPrepaid(ada, monthly, until, at_once=False, at=noon)
before, over = PlannedLetter("ahead", until - AHEAD), PlannedLetter("over", until)
heard = PrepaidHeard(ada, monthly, until, (before, over), noon)
write = WritePrepaid("ahead", until)
due = PrepaidLetterDue(ada, monthly, until, "ahead")
tell = TellPrepaid("ahead", until, Label("Gold"), Code("link"), "none")
told = PrepaidTold(ada, "ahead", Label("Gold"), until, Code("link"))
go, gone = LetPrepaidGo(ada, later), PrepaidLetGo(ada, later)
begin = OpenPrepaidCheckout(checkout, "none", last=None)
begun = PrepaidCheckoutOpened(ada, checkout)
other = UUID(int=5)
another = PrepaidCheckoutOpened(ada, other)
pay = PayPrepaidCheckout("open", last=checkout)


def test_who_paid_elsewhere_is_to_be_told_before_that_runs_out_and_after() -> None:
    given(PREPAID).when(hear).then(heard)
    given(PREPAID, heard).when(hear).then_nothing()


def test_at_once_as_well_where_staff_ask_for_it() -> None:
    brought = PlannedLetter("brought", noon + SOON)
    given(PREPAID).when(replace(hear, at_once=True)).then(
        replace(heard, letters=(brought, before, over))
    )


@pytest.mark.parametrize("at_once", [True, False])
def test_so_close_to_the_end_it_is_one_letter(at_once: bool) -> None:  # noqa: FBT001
    soon = noon + timedelta(days=3)
    letters = PlannedLetter("ahead", noon + SOON), PlannedLetter("over", soon)
    given(PREPAID).when(replace(hear, until=soon, at_once=at_once)).then(
        PrepaidHeard(ada, monthly, soon, letters, noon)
    )


def test_what_has_run_out_meanwhile_is_told_as_over() -> None:
    letters = (PlannedLetter("over", until + SOON),)
    given(PREPAID).when(replace(hear, at=until)).then(replace(heard, letters=letters, at=until))


def test_the_last_file_counts() -> None:
    again = PrepaidHeard(
        ada,
        yearly,
        later,
        (PlannedLetter("ahead", later - AHEAD), PlannedLetter("over", later)),
        noon,
    )
    given(PREPAID, heard).when(replace(hear, offer_id=yearly, until=later)).then(again)
    given(PREPAID, heard, again).when(write).then_nothing()
    given(PREPAID, heard, due, again).when(tell).then_nothing()


def test_a_letter_is_due_and_told_once() -> None:
    given(PREPAID, heard).when(write).then(due)
    given(PREPAID, heard, due).when(write).then_nothing()
    given(PREPAID, heard, due).when(tell).then(told)
    given(PREPAID, heard, due, told).when(tell).then_nothing()
    given(PREPAID).when(write).then_nothing()
    given(PREPAID).when(tell).then_nothing()


@pytest.mark.parametrize("standing", ["underway", "subscribed"])
def test_who_has_subscribed_is_told_nothing(standing: Standing) -> None:
    given(PREPAID, heard, due).when(replace(tell, standing=standing)).then_nothing()


def test_nobody_is_led_to_what_is_not_sold_any_more() -> None:
    given(PREPAID, heard, due).when(replace(tell, offer=None)).then_nothing()


def test_who_is_gone_is_told_nothing_and_subscribes_to_nothing() -> None:
    given(PREPAID).when(go).then_nothing()
    given(PREPAID, heard).when(go).then(gone)
    given(PREPAID, heard, gone).when(go).then_nothing()
    given(PREPAID, heard, gone).when(write).then_nothing()
    given(PREPAID, heard, due, gone).when(tell).then_nothing()
    given(PREPAID, heard, gone).when(begin).then_rejected("prepaid_not_found")
    given(PREPAID, heard, begun, gone).when(pay).then_rejected("prepaid_not_found")
    given(PREPAID, heard, gone).when(replace(hear, at=later)).then_nothing()
    back = replace(hear, at=later + timedelta(days=1), until=later + timedelta(days=60))
    letters = (
        PlannedLetter("ahead", back.until - AHEAD),
        PlannedLetter("over", back.until),
    )
    given(PREPAID, heard, gone).when(back).then(
        PrepaidHeard(ada, monthly, back.until, letters, back.at)
    )


def test_a_checkout_is_opened_again_until_a_card_is_looked_at_or_it_is_subscribed_to() -> None:
    given(PREPAID).when(begin).then_rejected("prepaid_not_found")
    given(PREPAID, heard).when(begin).then(begun)
    again = OpenPrepaidCheckout(other, "open", last=checkout)
    given(PREPAID, heard, begun).when(again).then(another)
    given(PREPAID, heard, begun).when(replace(again, standing="underway")).then_rejected(
        "payment_underway"
    )
    given(PREPAID, heard, begun).when(replace(again, standing="subscribed")).then_rejected(
        "already_subscribed"
    )


def test_nobody_opens_or_pays_beside_what_was_opened_meanwhile() -> None:
    given(PREPAID, heard, another).when(begin).then_rejected("opened_meanwhile")
    given(PREPAID, heard, begun, another).when(pay).then_rejected("opened_meanwhile")


def test_a_card_is_given_for_what_was_opened_and_not_subscribed_to_meanwhile() -> None:
    unopened = PayPrepaidCheckout("none", last=None)
    given(PREPAID, heard).when(unopened).then_rejected("checkout_not_opened")
    given(PREPAID, heard, begun).when(pay).then_nothing()
    given(PREPAID, heard, begun).when(replace(pay, standing="subscribed")).then_rejected(
        "already_subscribed"
    )


@pytest.mark.parametrize(
    ("since", "gone"),
    [(None, False), (noon - timedelta(days=1), False), (noon, True), (later, True)],
)
def test_who_went_since_they_were_brought_is_gone_whichever_was_heard_of_first(
    since: datetime | None,
    gone: bool,  # noqa: FBT001
) -> None:
    prepaid = PREPAID.evolve(None, heard)
    assert prepaid is not None
    assert prepaid.is_gone_by(since) is gone
    let_go = PREPAID.evolve(prepaid, PrepaidLetGo(ada, later))
    assert let_go is not None
    assert let_go.is_gone_by(since)
