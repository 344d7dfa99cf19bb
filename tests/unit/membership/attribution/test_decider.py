from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.membership.attribution.commands import (
    AttributeBuyer,
    AttributePerson,
    RecordNoVisit,
    WithdrawAttribution,
)
from services.membership.attribution.decider import ATTRIBUTION
from services.membership.attribution.events import (
    AttributionWithdrawn,
    CheckoutNotAttributed,
    PersonAttributed,
    Why,
)
from services.membership.link.events import LinkId
from shared.ids import PersonId
from shared.testing import given
from tests.unit.membership.facts import noon

ada, bob, cleo = (PersonId(UUID(int=n)) for n in (1, 2, 3))
bobs, spring = LinkId(UUID(int=4)), LinkId(UUID(int=5))
first_visit, second_visit = UUID(int=6), UUID(int=7)
until = noon + timedelta(days=30)

attribute = AttributePerson(
    person_id=ada,
    link_id=bobs,
    kind="affiliate",
    owner=bob,
    visit_id=first_visit,
    visited_at=noon,
    until=until,
    at=noon + timedelta(hours=1),
    known_since=noon + timedelta(minutes=1),
    sent_by=(cleo,),
)
attributed = PersonAttributed(ada, bobs, "affiliate", bob, first_visit, until, attribute.at)
basket, later = UUID(int=8), noon + timedelta(hours=2)
bought = AttributeBuyer(attribute, basket)


def test_who_comes_by_a_link_and_agrees_is_counted_once() -> None:
    given(ATTRIBUTION).when(attribute).then(attributed)
    given(ATTRIBUTION, attributed).when(attribute).then_nothing()


def test_the_last_link_counts() -> None:
    later = replace(attribute, link_id=spring, kind="campaign", owner=None, visit_id=second_visit)
    given(ATTRIBUTION, attributed).when(later).then(
        PersonAttributed(ada, spring, "campaign", None, second_visit, until, attribute.at)
    )


def test_a_visit_counts_for_so_long() -> None:
    given(ATTRIBUTION).when(replace(attribute, at=until)).then_rejected("visit_too_long_ago")


def test_nobody_sends_themselves_or_whoever_sent_them() -> None:
    given(ATTRIBUTION).when(replace(attribute, owner=ada)).then_rejected("own_link")
    given(ATTRIBUTION).when(replace(attribute, sent_by=(cleo, ada))).then_rejected(
        "sent_in_a_circle"
    )


def test_who_was_here_before_was_not_sent() -> None:
    known = replace(attribute, known_since=noon - timedelta(days=1))
    given(ATTRIBUTION).when(known).then_rejected("known_before")
    campaign = replace(known, kind="campaign", owner=None, link_id=spring)
    given(ATTRIBUTION).when(campaign).then(
        PersonAttributed(ada, spring, "campaign", None, first_visit, until, attribute.at)
    )


def test_who_takes_it_back_is_counted_as_sent_by_nobody() -> None:
    withdrawn = AttributionWithdrawn(ada, bobs, later)
    given(ATTRIBUTION, attributed).when(WithdrawAttribution(ada, later)).then(withdrawn)
    given(ATTRIBUTION, attributed, withdrawn).when(WithdrawAttribution(ada, later)).then_nothing()
    given(ATTRIBUTION).when(WithdrawAttribution(ada, later)).then_nothing()


def test_nor_whom_they_were_merged_with_or_who_acts_for_them() -> None:
    given(ATTRIBUTION).when(replace(attribute, others=(bob,))).then_rejected("own_link")
    given(ATTRIBUTION).when(replace(attribute, others=(cleo,))).then_rejected("sent_in_a_circle")


def test_what_a_buyer_handed_in_counts_from_then_on() -> None:
    given(ATTRIBUTION).when(bought).then(attributed)
    given(ATTRIBUTION, attributed).when(bought).then_nothing()


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"at": until}, "visit_too_long_ago"),
        ({"owner": ada}, "own_link"),
        ({"sent_by": (ada,)}, "sent_in_a_circle"),
        ({"known_since": noon - timedelta(days=1)}, "known_before"),
    ],
)
def test_what_does_not_count_is_told_and_refuses_nobody(changed: dict[str, Any], why: Why) -> None:
    wrong = AttributeBuyer(replace(attribute, **changed), basket)
    given(ATTRIBUTION).when(wrong).then(CheckoutNotAttributed(ada, basket, why))


def test_what_is_no_visit_leaves_what_was_known() -> None:
    told = CheckoutNotAttributed(ada, basket, "not_a_visit")
    given(ATTRIBUTION, attributed).when(RecordNoVisit(ada, basket, "not_a_visit")).then(told)
    given(ATTRIBUTION, attributed, told).when(attribute).then_nothing()


def test_another_link_meanwhile_stays_the_last_though_a_checkout_is_heard_of_later() -> None:
    meanwhile = PersonAttributed(ada, spring, "campaign", None, second_visit, until, later)
    given(ATTRIBUTION, meanwhile).when(bought).then(attributed)
    taken_back = AttributionWithdrawn(ada, spring, until)
    both = given(ATTRIBUTION, meanwhile, attributed)
    both.when(WithdrawAttribution(ada, until)).then(taken_back)


def test_what_was_taken_back_is_not_brought_back_by_a_checkout_opened_before() -> None:
    withdrawn = AttributionWithdrawn(ada, bobs, later)
    told = CheckoutNotAttributed(ada, basket, "withdrawn_since")
    given(ATTRIBUTION, attributed, withdrawn).when(bought).then(told)
    again = AttributeBuyer(replace(attribute, at=later), basket)
    counted = replace(attributed, since=later)
    given(ATTRIBUTION, attributed, withdrawn).when(again).then(counted)


def test_of_old_nobody_kept_when_it_was_said() -> None:
    of_old = replace(attributed, since=None, link_id=spring, visit_id=second_visit)
    given(ATTRIBUTION, of_old).when(bought).then(attributed)
    withdrawn = AttributionWithdrawn(ada, spring)
    given(ATTRIBUTION, of_old, withdrawn).when(bought).then(attributed)
