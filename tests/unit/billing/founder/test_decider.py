from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from services.billing.founder.commands import (
    AwaitOffer,
    EndFounderRate,
    LetFounderGo,
    LetWait,
    NameFounder,
    StopAwaitingOffer,
)
from services.billing.founder.decider import AT_ONCE, FOUNDER, OFFER_AWAITED
from services.billing.founder.events import (
    FirstPaymentsPutOff,
    FounderNamed,
    FounderRateLost,
    OfferAwaited,
    OfferNotAwaited,
    SubscriberWaits,
)
from shared.ids import PersonId
from shared.testing import given

noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
day, later = noon + timedelta(days=40), noon + timedelta(days=60)
ada, first, second = PersonId(UUID(int=1)), UUID(int=2), UUID(int=3)
monthly, yearly, one = UUID(int=4), UUID(int=5), UUID(int=6)
wait = AwaitOffer(first, monthly, day)
waits = OfferAwaited(first, monthly, day)
stop, stopped = StopAwaitingOffer(first, monthly), OfferNotAwaited(first, monthly)
name = NameFounder(ada, monthly, first, noon)
named = FounderNamed(ada, monthly, first)
go, gone = LetFounderGo(ada, day), FounderRateLost(ada, None, "gone", day)
end = EndFounderRate(ada, monthly, day)
ended = FounderRateLost(ada, monthly, "subscription_ended", day)


def test_an_offer_is_awaited_until_a_day_that_is_only_put_off() -> None:
    given(OFFER_AWAITED).when(wait).then(waits)
    given(OFFER_AWAITED, waits).when(wait).then_nothing()
    put_off = OfferAwaited(first, monthly, later)
    given(OFFER_AWAITED, waits).when(replace(wait, free_until=later)).then(put_off)
    given(OFFER_AWAITED, waits, put_off).when(wait).then_nothing()
    another = OfferAwaited(second, monthly, day)
    given(OFFER_AWAITED, waits, put_off).when(replace(wait, transition_id=second)).then(another)


def test_who_waits_for_a_day_that_is_put_off_waits_for_the_other() -> None:
    let_wait, waiting = LetWait(monthly, one, day), SubscriberWaits(first, monthly, one)
    given(OFFER_AWAITED, waits).when(let_wait).then(waiting)
    given(OFFER_AWAITED, waits, waiting).when(let_wait).then_nothing()
    put_off = OfferAwaited(first, monthly, later)
    moved = FirstPaymentsPutOff(first, monthly, day, later, (one,))
    asked = replace(wait, free_until=later)
    given(OFFER_AWAITED, waits, waiting).when(asked).then(put_off, moved)
    given(OFFER_AWAITED, waits, put_off).when(let_wait).then(waiting, moved)
    given(OFFER_AWAITED, waits, waiting, put_off, moved).when(asked).then_nothing()
    given(OFFER_AWAITED).when(let_wait).then_nothing()
    given(OFFER_AWAITED, waits, stopped).when(let_wait).then_nothing()
    another = OfferAwaited(second, monthly, day)
    anew = replace(wait, transition_id=second, free_until=later)
    given(OFFER_AWAITED, waits, waiting, another).when(anew).then(
        OfferAwaited(second, monthly, later)
    )


def test_many_who_wait_are_put_off_so_many_at_a_time() -> None:
    many = [UUID(int=1_000 + number) for number in range(AT_ONCE + 1)]
    waiting = [SubscriberWaits(first, monthly, each) for each in many]
    given(OFFER_AWAITED, waits, *waiting).when(replace(wait, free_until=later)).then(
        OfferAwaited(first, monthly, later),
        FirstPaymentsPutOff(first, monthly, day, later, tuple(many[:AT_ONCE])),
        FirstPaymentsPutOff(first, monthly, day, later, tuple(many[AT_ONCE:])),
    )


def test_what_is_called_off_is_awaited_no_more_however_late_its_beginning_is_heard() -> None:
    given(OFFER_AWAITED, waits).when(stop).then(stopped)
    given(OFFER_AWAITED).when(stop).then(stopped)
    for late in (stop, wait, replace(wait, free_until=later)):
        given(OFFER_AWAITED, waits, stopped).when(late).then_nothing()
        given(OFFER_AWAITED, stopped).when(late).then_nothing()
    another = OfferAwaited(second, monthly, day)
    assert given(OFFER_AWAITED, waits, another, stopped).when(wait).state.free_until == day
    given(OFFER_AWAITED, waits, stopped).when(replace(wait, transition_id=second)).then(another)


def test_a_founder_is_named_once_for_an_offer() -> None:
    given(FOUNDER).when(name).then(named)
    given(FOUNDER, named).when(name).then_nothing()
    given(FOUNDER, named).when(replace(name, offer_id=yearly)).then(
        FounderNamed(ada, yearly, first)
    )
    anew = FounderNamed(ada, monthly, second)
    given(FOUNDER, named).when(replace(name, transition_id=second)).then(anew)


def test_who_goes_is_none_whatever_is_heard_first() -> None:
    given(FOUNDER, named).when(go).then(gone)
    given(FOUNDER, named, gone).when(go).then_nothing()
    given(FOUNDER, named, gone).when(name).then_nothing()
    given(FOUNDER, gone).when(name).then_nothing()
    given(FOUNDER, gone).when(replace(name, at=later)).then(named)
    given(FOUNDER, named, gone).when(replace(name, at=later)).then_nothing()
    anew = FounderNamed(ada, monthly, second)
    given(FOUNDER, named, gone).when(replace(name, at=later, transition_id=second)).then(anew)


def test_a_rate_ends_with_the_subscription_and_does_not_come_back() -> None:
    given(FOUNDER, named).when(end).then(ended)
    given(FOUNDER, named, ended).when(end).then_nothing()
    given(FOUNDER, named, ended).when(name).then_nothing()
    given(FOUNDER).when(end).then_nothing()
    given(FOUNDER, named).when(replace(end, offer_id=yearly)).then_nothing()
