"""Who is told that their access ends: once for each end, and nobody who may enter all the same."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given as supposing
from hypothesis import strategies as st

from services.membership.access import commands, events
from services.membership.access.decider import ACCESS, told_at
from services.membership.access.events import AccessGranted, EndForetold, EndNear, ReasonKind, Why
from services.membership.access.reactions import (
    brought,
    when_access_granted_look_ahead,
    when_bar_foretold_tell,
    when_end_near_tell,
    when_reason_in_grace_tell,
)
from services.membership.announcement.commands import SendMail
from services.membership.announcement.reactions import when_end_foretold_send_mail
from services.membership.tier.events import TierId
from shared.ids import Label, PersonId
from shared.reaction import At, Call
from shared.testing import given
from tests.unit.membership.facts import fact, noon

ada = PersonId(UUID(int=1))
gold, silver = TierId(UUID(int=2)), TierId(UUID(int=3))
subscription, gift, other = (UUID(int=number) for number in range(10, 13))
day = timedelta(days=1)
until = noon + 30 * day
NAMES = (gold, Label("Gold")), (silver, Label("Silver"))


def granted(
    tier: TierId, kind: ReasonKind, reason: UUID, end: datetime | None = None
) -> AccessGranted:
    return AccessGranted(ada, tier, kind, reason, first=True, until=end)


def tell(
    kind: ReasonKind | None, reason: UUID | None, why: Why = "time", end: datetime = until
) -> commands.TellOfEnd:
    return commands.TellOfEnd(ada, end, why, NAMES, kind, reason)


given_gold = granted(gold, "gift", gift, until)
subscribed = granted(gold, "subscription", subscription)
in_grace = events.ReasonInGrace(ada, "subscription", subscription, "ended", until)
told = EndForetold(ada, until, "time", (Label("Gold"),), "gift", gift)


def test_what_is_given_for_a_time_is_looked_at_before_it_ends() -> None:
    look = commands.LookAhead(ada, "gift", gift, until)
    given(ACCESS, given_gold).when(look).then(EndNear(ada, "gift", gift, until))
    gone = events.AccessRevoked(ada, gold, "gift", gift, "withdrawn", last=True)
    given(ACCESS, given_gold, gone).when(look).then_nothing()
    given(ACCESS).when(look).then_nothing()


def test_who_may_enter_no_longer_than_that_is_told_once() -> None:
    given(ACCESS, given_gold).when(tell("gift", gift)).then(told)
    given(ACCESS, given_gold, told).when(tell("gift", gift)).then_nothing()


def test_of_another_end_they_are_told_as_well() -> None:
    sooner = noon + 3 * day
    refunded = events.ReasonInGrace(ada, "gift", gift, "refunded", sooner)
    expected = EndForetold(ada, sooner, "grace", (Label("Gold"),), "gift", gift)
    given(ACCESS, given_gold, told, refunded).when(tell("gift", gift, "grace", sooner)).then(
        expected
    )
    given(ACCESS, given_gold, refunded).when(tell("gift", gift)).then_nothing()


@pytest.mark.parametrize("end", [None, until + day])
def test_who_may_enter_for_another_reason_and_longer_is_told_of_nothing(
    end: datetime | None,
) -> None:
    keeps = granted(gold, "purchase", other, end)
    given(ACCESS, given_gold, keeps).when(tell("gift", gift)).then_nothing()
    given(ACCESS, subscribed, in_grace, keeps).when(
        tell("subscription", subscription, "grace")
    ).then_nothing()


def test_what_ends_no_later_keeps_nothing_open() -> None:
    as_short = granted(gold, "purchase", other, until)
    given(ACCESS, given_gold, as_short).when(tell("gift", gift)).then(told)


def test_only_the_tiers_that_close_are_named() -> None:
    both = granted(silver, "gift", gift, until)
    keeps = granted(silver, "subscription", subscription)
    given(ACCESS, given_gold, both, keeps).when(tell("gift", gift)).then(told)


def test_what_has_ended_meanwhile_is_told_of_no_more() -> None:
    over = events.AccessRevoked(ada, gold, "gift", gift, "withdrawn", last=True)
    given(ACCESS, given_gold, over).when(tell("gift", gift)).then_nothing()


def test_who_is_shut_out_is_told_of_that_alone() -> None:
    bar = events.BarForetold(ada, "banned", noon + 3 * day)
    of_bar = tell(None, None, "ban", noon + 3 * day)
    expected = EndForetold(ada, noon + 3 * day, "ban", (Label("Gold"),))
    given(ACCESS, given_gold, bar).when(tell("gift", gift)).then_nothing()
    given(ACCESS, given_gold, bar).when(of_bar).then(expected)
    given(ACCESS, given_gold, bar, expected).when(of_bar).then_nothing()
    given(ACCESS, bar).when(of_bar).then_nothing()
    lifted = events.BarLifted(ada)
    given(ACCESS, given_gold, bar, lifted).when(of_bar).then_nothing()


@supposing(st.integers(1, 400))
def test_they_are_told_in_time_and_not_as_soon_as_they_have_it(days: int) -> None:
    end = noon + days * day
    at = told_at(noon, end)
    if days < 2:
        assert at is None
    else:
        assert at is not None
        assert noon < at < end
        assert end - at == (7 * day if days >= 14 else day)


def test_each_end_is_looked_at_in_its_time() -> None:
    (at,) = when_access_granted_look_ahead(fact(given_gold))
    assert isinstance(at, At)
    assert (at.due, at.ask.command) == (
        until - 7 * day,
        commands.LookAhead(ada, "gift", gift, until),
    )
    assert when_access_granted_look_ahead(fact(subscribed)) == []
    short = granted(gold, "gift", gift, noon + day)
    assert when_access_granted_look_ahead(fact(short)) == []


def test_who_was_brought_from_elsewhere_is_written_to_by_whoever_asks_for_a_card() -> None:
    from_elsewhere = granted(gold, "gift", brought(ada, gold, until), until)
    assert when_access_granted_look_ahead(fact(from_elsewhere)) == []


def test_the_tiers_are_named_before_somebody_is_told() -> None:
    (of_grace,) = when_reason_in_grace_tell(fact(in_grace))
    assert of_grace == Call(commands.NameEnd(ada, until, "grace", "subscription", subscription))
    bar = events.BarForetold(ada, "banned", until)
    assert when_bar_foretold_tell(fact(bar)) == [Call(commands.NameEnd(ada, until, "ban"))]
    near = EndNear(ada, "gift", gift, until)
    (of_time,) = when_end_near_tell(fact(near))
    assert of_time == Call(commands.NameEnd(ada, until, "time", "gift", gift))


@pytest.mark.parametrize(
    ("why", "template"),
    [("time", "access_ends"), ("grace", "access_lasts"), ("ban", "access_lasts_barred")],
)
def test_each_end_has_its_letter(why: Why, template: str) -> None:
    both = EndForetold(ada, until, why, (Label("Gold"), Label("Silver")))
    (call,) = when_end_foretold_send_mail(fact(both))
    assert isinstance(call.action, SendMail)
    assert call.action.template == template
    assert dict(call.action.values) == {"tiers": "Gold, Silver", "until": until.isoformat()}
    assert (call.action.link is None) == (why == "ban")
