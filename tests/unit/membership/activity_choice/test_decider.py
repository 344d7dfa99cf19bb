from uuid import UUID

from services.membership.activity_choice.commands import ChooseActivity
from services.membership.activity_choice.decider import ACTIVITY_CHOICE
from services.membership.activity_choice.events import ActivityDeclined, ActivityWelcomed
from shared.ids import PersonId
from shared.testing import given

ada, bob = PersonId(UUID(int=1)), PersonId(UUID(int=2))


def test_everybody_is_in_until_they_decline() -> None:
    given(ACTIVITY_CHOICE).when(ChooseActivity(ada, recorded=True)).then_nothing()
    given(ACTIVITY_CHOICE).when(ChooseActivity(ada, recorded=False)).then(ActivityDeclined(ada))


def test_saying_it_twice_says_it_once() -> None:
    declined = given(ACTIVITY_CHOICE, ActivityDeclined(ada))
    declined.when(ChooseActivity(ada, recorded=False)).then_nothing()


def test_each_decides_for_themselves_and_may_think_again() -> None:
    declined = given(ACTIVITY_CHOICE, ActivityDeclined(ada))
    declined.when(ChooseActivity(bob, recorded=False)).then(ActivityDeclined(bob))
    declined = given(ACTIVITY_CHOICE, ActivityDeclined(ada), ActivityDeclined(bob))
    declined.when(ChooseActivity(ada, recorded=True)).then(ActivityWelcomed(ada))
    back = given(ACTIVITY_CHOICE, ActivityDeclined(ada), ActivityWelcomed(ada))
    back.when(ChooseActivity(ada, recorded=True)).then_nothing()
