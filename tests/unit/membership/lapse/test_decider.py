from dataclasses import replace
from datetime import timedelta
from typing import Any, get_args
from uuid import UUID

import pytest

from services.membership.announcement.commands import SendMail
from services.membership.announcement.reactions import when_lapse_foretold_send_mail
from services.membership.lapse.commands import Absence, LookAtAbsence
from services.membership.lapse.decider import LAPSE
from services.membership.lapse.events import Holding, LapseCalledOff, LapseForetold, PersonLapsed
from services.membership.lapse.reactions import looked_at
from services.membership.member.commands import ForgetLapsed
from services.membership.member.decider import MEMBER
from services.membership.member.events import MemberJoined, MemberLeft, PersonErased
from services.membership.member.reactions import when_person_lapsed_forget
from services.membership.retention_rules.events import KeepingRules
from shared.ids import AccountId, Code, Label, PersonId
from shared.personal_value import Sealed
from shared.testing import given
from tests.unit.membership.facts import fact, noon

DAY = timedelta(days=1)
ada = PersonId(UUID(int=1))
rules = KeepingRules(left_days=365, unclaimed_days=90, notice_days=30)
gone = Absence("left", noon)
look = LookAtAbsence(ada, gone, None, rules, 1, noon + 335 * DAY)
told = LapseForetold(ada, "left", noon, noon + 365 * DAY, 1)
lapsed = PersonLapsed(ada, "left", noon, 1)
sealed = Sealed(ada, "profile", Code("sealed words"))
account = AccountId(UUID(int=2))


def at(days: float, **more: Any) -> LookAtAbsence:
    return replace(look, at=noon + days * DAY, **more)


def test_who_left_is_told_in_time_and_forgotten_when_it_is_over() -> None:
    given(LAPSE).when(at(334.9)).then_nothing()
    given(LAPSE).when(at(335)).then(told)
    given(LAPSE, told).when(at(336)).then_nothing()
    given(LAPSE, told).when(at(364.9)).then_nothing()
    given(LAPSE, told).when(at(365)).then(lapsed)
    given(LAPSE, told, lapsed).when(at(366)).then_nothing()


def test_who_was_brought_and_never_came_in_has_a_time_of_their_own() -> None:
    brought = Absence("unclaimed", noon)
    soon = LapseForetold(ada, "unclaimed", noon, noon + 90 * DAY, 1)
    given(LAPSE).when(at(59, absence=brought)).then_nothing()
    given(LAPSE).when(at(60, absence=brought)).then(soon)
    given(LAPSE, soon).when(at(90, absence=brought)).then(PersonLapsed(ada, "unclaimed", noon, 1))


def test_nobody_is_forgotten_who_was_not_told_as_long_before_as_the_rules_say() -> None:
    late = LapseForetold(ada, "left", noon, noon + 1030 * DAY, 1)
    given(LAPSE).when(at(1000)).then(late)
    given(LAPSE, late).when(at(1029)).then_nothing()
    given(LAPSE, late).when(at(1030)).then(lapsed)


@pytest.mark.parametrize("holding", get_args(Holding))
def test_whom_something_keeps_is_kept(holding: Holding) -> None:
    called_off = LapseCalledOff(ada, holding, 1)
    given(LAPSE).when(at(1000, held_by=holding)).then_nothing()
    given(LAPSE, told).when(at(365, held_by=holding)).then(called_off)
    given(LAPSE, told, called_off).when(at(366, held_by=holding)).then_nothing()
    anew = LapseForetold(ada, "left", noon, noon + 430 * DAY, 1)
    given(LAPSE, told, called_off).when(at(400)).then(anew)


def test_who_comes_back_is_here_and_begins_anew_when_they_leave() -> None:
    given(LAPSE).when(at(365, absence=None)).then_nothing()
    called_off = LapseCalledOff(ada, "back", 1)
    given(LAPSE, told).when(at(365, absence=None)).then(called_off)
    later = Absence("left", noon + 350 * DAY)
    given(LAPSE, told, called_off).when(at(365, absence=later)).then_nothing()
    anew = LapseForetold(ada, "left", later.since, later.since + 365 * DAY, 1)
    given(LAPSE, told).when(at(685, absence=later)).then(anew)


def test_without_rules_and_by_longer_ones_it_is_called_off() -> None:
    never = KeepingRules(None, None, 30)
    longer = replace(rules, left_days=730)
    for changed in (never, longer):
        given(LAPSE).when(at(1, rules=changed, version=2)).then_nothing()
        off = LapseCalledOff(ada, "rules", 2)
        given(LAPSE, told).when(at(365, rules=changed, version=2)).then(off)


def test_by_shorter_rules_the_time_that_was_told_is_still_theirs() -> None:
    shorter = replace(rules, left_days=60)
    given(LAPSE, told).when(at(364, rules=shorter, version=2)).then_nothing()
    given(LAPSE, told).when(at(365, rules=shorter, version=2)).then(replace(lapsed, rules=2))


def test_a_round_that_comes_days_late_counts_from_now() -> None:
    assert looked_at(noon, noon + DAY / 2) == noon
    assert looked_at(noon, noon + DAY) == noon + DAY


def test_they_are_told_until_when() -> None:
    (call,) = when_lapse_foretold_send_mail(fact(told))
    assert isinstance(call.action, SendMail)
    assert call.action.template == "forgotten_soon_left"
    assert dict(call.action.values) == {"until": Label(told.ends_at.isoformat())}


def test_whose_time_is_over_is_erased_unless_they_came_back_meanwhile() -> None:
    (ask,) = when_person_lapsed_forget(fact(lapsed))
    assert ask.command == ForgetLapsed(ada, "left")
    joined = MemberJoined(account, sealed, sealed, "en", ())
    brought = MemberJoined(None, sealed, sealed, "en", ())
    left, unclaimed = ForgetLapsed(ada, "left"), ForgetLapsed(ada, "unclaimed")
    given(MEMBER, joined, MemberLeft()).when(left).then(PersonErased(ada, account))
    given(MEMBER, brought).when(unclaimed).then(PersonErased(ada))
    given(MEMBER).when(left).then_nothing()
    given(MEMBER, joined).when(left).then_nothing()
    given(MEMBER, joined).when(unclaimed).then_nothing()
    given(MEMBER, joined, MemberLeft(), joined).when(left).then_nothing()
    given(MEMBER, brought, PersonErased(ada)).when(unclaimed).then_nothing()
