from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from services.membership.attribution.commands import AttributePerson, WithdrawAttribution
from services.membership.attribution.decider import ATTRIBUTION
from services.membership.attribution.events import AttributionWithdrawn, PersonAttributed
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
    member_since=noon + timedelta(minutes=1),
    sent_by=(cleo,),
)
attributed = PersonAttributed(ada, bobs, "affiliate", bob, first_visit, until)


def test_who_comes_by_a_link_and_agrees_is_counted_once() -> None:
    given(ATTRIBUTION).when(attribute).then(attributed)
    given(ATTRIBUTION, attributed).when(attribute).then_nothing()


def test_the_last_link_counts() -> None:
    later = replace(attribute, link_id=spring, kind="campaign", owner=None, visit_id=second_visit)
    given(ATTRIBUTION, attributed).when(later).then(
        PersonAttributed(ada, spring, "campaign", None, second_visit, until)
    )


def test_a_visit_counts_for_so_long() -> None:
    given(ATTRIBUTION).when(replace(attribute, at=until)).then_rejected("visit_too_long_ago")


def test_nobody_sends_themselves_or_whoever_sent_them() -> None:
    given(ATTRIBUTION).when(replace(attribute, owner=ada)).then_rejected("own_link")
    given(ATTRIBUTION).when(replace(attribute, sent_by=(cleo, ada))).then_rejected(
        "sent_in_a_circle"
    )


def test_who_was_here_before_was_not_sent() -> None:
    known = replace(attribute, member_since=noon - timedelta(days=1))
    given(ATTRIBUTION).when(known).then_rejected("known_before")
    campaign = replace(known, kind="campaign", owner=None, link_id=spring)
    given(ATTRIBUTION).when(campaign).then(
        PersonAttributed(ada, spring, "campaign", None, first_visit, until)
    )


def test_who_takes_it_back_is_counted_as_sent_by_nobody() -> None:
    withdrawn = AttributionWithdrawn(ada, bobs)
    given(ATTRIBUTION, attributed).when(WithdrawAttribution(ada)).then(withdrawn)
    given(ATTRIBUTION, attributed, withdrawn).when(WithdrawAttribution(ada)).then_nothing()
    given(ATTRIBUTION).when(WithdrawAttribution(ada)).then_nothing()
