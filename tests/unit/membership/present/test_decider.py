from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given as supposing
from hypothesis import strategies as st

from services.membership.agreed import NOTHING
from services.membership.member.events import StandingNow
from services.membership.periods import until_of
from services.membership.present import commands, events
from services.membership.present.decider import (
    FURTHEST,
    GOOD_FOR,
    KEPT_UNPAID,
    MOST_ADDRESSES,
    MOST_LETTERS,
    PRESENT,
    Present,
)
from services.membership.seat.events import Claimant
from services.membership.tier.events import TierId
from shared.decider import Refused
from shared.ids import AccountId, Code, PersonId
from shared.personal_value import Sealed
from shared.testing import given
from tests.unit.membership.documents import silent

noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
day = timedelta(days=1)
petra, eve, ada = PersonId(UUID(int=1)), PersonId(UUID(int=2)), PersonId(UUID(int=3))
account = AccountId(UUID(int=4))
box = Sealed(ada, "profile", Code("box"))
months = events.Thing(TierId(UUID(int=5)), None, "month", 3)
claimant = Claimant(ada, box, box, "en")

paid = events.PresentPaid(petra, months)


def addressing(person: PersonId = petra, **more: Any) -> commands.AddressPresent:
    asked = commands.AddressPresent(person, box, box, "fr", None, is_banned=False, at=noon)
    return replace(asked, **more)


def addressed(
    number: int = 1, at: datetime | None = None, by: PersonId = petra
) -> events.PresentAddressed:
    kept = (at or noon) + KEPT_UNPAID
    return events.PresentAddressed(by, number, box, box, "fr", at, kept)


def due(letter: int = 1, *, reminds: bool = False) -> events.PresentDue:
    return events.PresentDue(letter, noon + GOOD_FOR, reminds)


sent = (paid, addressed(), due(), events.PresentPosted(1))
accept = commands.AcceptPresent(
    1, account, ada, claimant, "unknown", email_is_own=True, agreement=NOTHING, at=noon
)
accepted = events.PresentAccepted(
    petra, 1, account, ada, months, datetime(2026, 6, 1, 12, tzinfo=UTC), claimant
)
deliver = commands.DeliverPresent(noon)


def test_it_is_sent_once_it_is_paid_and_addressed_in_whatever_order() -> None:
    given(PRESENT).when(addressing()).then(addressed())
    given(PRESENT, addressed()).when(deliver).then_nothing()
    given(PRESENT, addressed(), paid).when(deliver).then(due())
    given(PRESENT, paid).when(deliver).then_nothing()
    given(PRESENT, paid, addressed()).when(deliver).then(due())
    given(PRESENT, *sent).when(deliver).then_nothing()


def test_it_is_paid_once() -> None:
    given(PRESENT, paid).when(commands.PayPresent(petra, months)).then_nothing()


def test_it_is_delivered_on_its_day() -> None:
    later = noon + 7 * day
    given(PRESENT, paid).when(addressing(deliver_at=later)).then(addressed(at=later))
    given(PRESENT, paid, addressed(at=later)).when(deliver).then_nothing()
    on_its_day = commands.DeliverPresent(later)
    expected = events.PresentDue(1, later + GOOD_FOR)
    given(PRESENT, paid, addressed(at=later)).when(on_its_day).then(expected)


@pytest.mark.parametrize("at", [noon - timedelta(seconds=1), noon + FURTHEST + day])
def test_its_day_is_to_come_and_not_too_far(at: datetime) -> None:
    refused = given(PRESENT, paid).when(addressing(deliver_at=at))
    refused.then_rejected("delivery_out_of_range")


def test_only_its_giver_says_whom_it_is_for() -> None:
    given(PRESENT, paid).when(addressing(eve)).then_rejected("present_not_found")
    given(PRESENT, addressed()).when(addressing(eve)).then_rejected("present_not_found")
    given(PRESENT, *sent).when(commands.ResendPresent(eve, noon)).then_rejected("present_not_found")


def test_what_a_stranger_said_before_it_was_paid_counts_for_nothing() -> None:
    dropped = events.PresentUnclaimed(eve, 1, paid=False)
    by_eve = given(PRESENT, addressed(by=eve)).when(commands.PayPresent(petra, months))
    by_eve.then(dropped, paid)
    given(PRESENT, addressed(by=eve), dropped, paid).when(deliver).then_nothing()
    given(PRESENT, addressed(by=eve), dropped, paid).when(addressing()).then(addressed(2))


def test_while_nobody_has_it_it_may_be_for_somebody_else_whose_letter_alone_is_good() -> None:
    given(PRESENT, *sent).when(addressing()).then(addressed(2))
    given(PRESENT, *sent, addressed(2)).when(deliver).then(due(2))
    to_another = (*sent, addressed(2), due(2))
    given(PRESENT, *to_another).when(accept).then_rejected("present_letter_over")
    given(PRESENT, *to_another).when(replace(accept, number=2)).then(replace(accepted, number=2))


def test_it_is_for_so_many_people_at_most() -> None:
    history = [addressed(number + 1) for number in range(MOST_ADDRESSES)]
    refused = given(PRESENT, paid, *history).when(addressing())
    refused.then_rejected("addressed_often_enough")


def test_who_may_not_be_let_in_is_given_nothing() -> None:
    given(PRESENT, paid).when(addressing(is_banned=True)).then_rejected("banned")
    given(PRESENT, *sent).when(replace(accept, member="banned")).then_rejected("banned")


def test_it_is_sent_again_until_the_address_has_had_enough() -> None:
    again = commands.ResendPresent(petra, noon)
    given(PRESENT, *sent).when(again).then(due(2))
    given(PRESENT, paid, addressed()).when(again).then_rejected("present_not_sent")
    letters = [due(number) for number in range(2, MOST_LETTERS + 1)]
    given(PRESENT, *sent, *letters).when(again).then_rejected("sent_often_enough")


def test_who_does_not_answer_is_reminded_once_unless_written_to_again() -> None:
    remind = commands.RemindOfPresent(1)
    given(PRESENT, *sent).when(remind).then(due(2, reminds=True))
    given(PRESENT, *sent, due(2, reminds=True)).when(remind).then_nothing()
    given(PRESENT, *sent, due(2)).when(remind).then_nothing()
    given(PRESENT, *sent, addressed(2), due(2)).when(remind).then_nothing()
    given(PRESENT, *sent, accepted).when(remind).then_nothing()


def test_what_nobody_accepts_in_time_is_its_givers_to_give_again() -> None:
    expire = commands.ExpirePresent(noon + GOOD_FOR)
    unclaimed = events.PresentUnclaimed(petra, 1, paid=True)
    given(PRESENT, *sent).when(expire).then(unclaimed)
    given(PRESENT, *sent, accepted).when(expire).then_nothing()
    over = (*sent, unclaimed)
    given(PRESENT, *over).when(expire).then_nothing()
    given(PRESENT, *over).when(accept).then_rejected("present_letter_over")
    given(PRESENT, *over).when(addressing()).then(addressed(2))
    sooner = commands.ExpirePresent(noon + KEPT_UNPAID)
    given(PRESENT, *sent).when(sooner).then_nothing()


def test_whom_it_was_for_is_forgotten_if_it_is_never_paid() -> None:
    expire = commands.ExpirePresent(noon + KEPT_UNPAID)
    given(PRESENT, addressed()).when(expire).then(events.PresentUnclaimed(petra, 1, paid=False))


def test_who_paid_and_says_nothing_is_asked_whom_it_is_for() -> None:
    remind = commands.RemindGiver()
    given(PRESENT, paid).when(remind).then(events.PresentUnaddressed(petra))
    given(PRESENT, paid, addressed()).when(remind).then_nothing()
    given(PRESENT).when(remind).then_nothing()
    given(PRESENT, paid, events.PresentEnded(None, 0, None)).when(remind).then_nothing()


def test_it_is_accepted_once() -> None:
    given(PRESENT, *sent).when(accept).then(accepted)
    given(PRESENT, *sent, accepted).when(accept).then_nothing()
    by_another = replace(accept, account_id=AccountId(UUID(int=9)))
    given(PRESENT, *sent, accepted).when(by_another).then_rejected("present_accepted")
    given(PRESENT, *sent, accepted).when(addressing()).then_rejected("present_accepted")


def test_it_is_accepted_in_time() -> None:
    late = replace(accept, at=noon + GOOD_FOR)
    given(PRESENT, *sent).when(late).then_rejected("present_letter_over")
    given(PRESENT, paid, addressed()).when(accept).then_rejected("present_letter_over")
    given(PRESENT).when(accept).then_rejected("present_letter_over")


def test_who_is_a_member_is_known_already_and_agrees_to_nothing() -> None:
    member = replace(accept, joins=None, member="joined", email_is_own=False, agreement=silent)
    given(PRESENT, *sent).when(member).then(replace(accepted, joins=None))


def test_who_becomes_a_member_by_it_proves_their_address_and_agrees() -> None:
    given(PRESENT, *sent).when(replace(accept, email_is_own=False)).then_rejected("not_your_email")
    by_silence = replace(accept, agreement=silent)
    given(PRESENT, *sent).when(by_silence).then_rejected("documents_not_accepted")


def test_a_dispute_withholds_it_and_its_loss_ends_it() -> None:
    withhold, restore = commands.WithholdPresent(), commands.RestorePresent()
    held = events.PresentWithheld(None)
    given(PRESENT, *sent).when(withhold).then(held)
    given(PRESENT, *sent, held).when(withhold).then_nothing()
    given(PRESENT, *sent, held).when(accept).then_rejected("present_withheld")
    given(PRESENT, *sent, held).when(restore).then(events.PresentRestored(None, months, None))
    given(PRESENT, *sent).when(restore).then_nothing()
    theirs = events.PresentWithheld(ada)
    given(PRESENT, *sent, accepted).when(withhold).then(theirs)
    again = events.PresentRestored(ada, months, accepted.until)
    given(PRESENT, *sent, accepted, theirs).when(restore).then(again)
    lost = events.PresentEnded(ada, 1, "disputed")
    given(PRESENT, *sent, accepted, theirs).when(commands.EndPresent("disputed")).then(lost)
    given(PRESENT, *sent, accepted, theirs, lost).when(restore).then_nothing()


def test_what_was_paid_back_is_nobodys() -> None:
    end = commands.EndPresent("refunded")
    ended = events.PresentEnded(None, 1, "refunded")
    given(PRESENT, *sent).when(end).then(ended)
    given(PRESENT, *sent, ended).when(end).then_nothing()
    given(PRESENT, *sent, ended).when(accept).then_rejected("present_ended")
    given(PRESENT, *sent, ended).when(addressing()).then_rejected("present_ended")
    given(PRESENT, *sent, ended).when(commands.RemindOfPresent(1)).then_nothing()


@pytest.mark.parametrize(
    "command", [commands.EndPresent(None), commands.WithholdPresent(), commands.RestorePresent()]
)
def test_of_an_order_that_is_no_present_nothing_is_said(command: Any) -> None:
    given(PRESENT).when(command).then_nothing()


@pytest.mark.parametrize(
    ("interval", "count", "until"),
    [
        ("week", 2, datetime(2026, 2, 14, 12, tzinfo=UTC)),
        ("month", 1, datetime(2026, 2, 28, 12, tzinfo=UTC)),
        ("quarter", 1, datetime(2026, 4, 30, 12, tzinfo=UTC)),
        ("year", 2, datetime(2028, 1, 31, 12, tzinfo=UTC)),
        ("once", 1, None),
    ],
)
def test_a_period_begins_when_it_is_accepted(
    interval: events.Interval, count: int, until: datetime | None
) -> None:
    thing = replace(months, interval=interval, count=count)
    assert until_of(thing, datetime(2026, 1, 31, 12, tzinfo=UTC)) == until


moments = st.integers(0, 60).map(lambda days: noon + days * day)
standings: st.SearchStrategy[StandingNow] = st.sampled_from(["unknown", "joined", "banned"])
anything = st.one_of(
    st.builds(
        addressing,
        st.sampled_from([petra, eve]),
        at=moments,
        deliver_at=st.none() | moments,
        is_banned=st.booleans(),
    ),
    st.just(commands.PayPresent(petra, months)),
    st.builds(commands.DeliverPresent, moments),
    st.builds(commands.ResendPresent, st.sampled_from([petra, eve]), moments),
    st.builds(commands.RemindOfPresent, st.integers(1, 6)),
    st.builds(commands.RecordPosted, st.integers(1, 6)),
    st.builds(lambda at: commands.ExpirePresent(at + GOOD_FOR), moments),
    st.builds(lambda at: commands.ExpirePresent(at + KEPT_UNPAID), moments),
    st.just(commands.RemindGiver()),
    st.builds(
        lambda number, who, member, at: replace(
            accept, number=number, account_id=AccountId(who), member=member, at=at
        ),
        st.integers(0, 3),
        st.sampled_from([UUID(int=4), UUID(int=9)]),
        standings,
        moments,
    ),
    st.just(commands.WithholdPresent()),
    st.just(commands.RestorePresent()),
    st.just(commands.EndPresent("refunded")),
)


@supposing(st.lists(anything, max_size=40))
def test_whatever_is_asked_it_is_accepted_once_while_it_is_paid_for(asked: list[Any]) -> None:
    state, told = Present(), list[events.PresentEvent]()
    for command in asked:
        before = state
        try:
            decided = PRESENT.decide(command, state)
        except Refused:
            continue
        state = PRESENT.fold(decided, state)
        told += decided
        if any(isinstance(one, events.PresentAccepted) for one in decided):
            assert (before.standing, before.withheld) == ("sent", False)
            assert command.number == before.addresses
    taken = [one for one in told if isinstance(one, events.PresentAccepted)]
    assert len(taken) <= 1
    letters = [one.letter for one in told if isinstance(one, events.PresentDue)]
    assert letters == list(range(1, len(letters) + 1))
    if any(isinstance(one, events.PresentEnded) for one in told):
        end = next(n for n, one in enumerate(told) if isinstance(one, events.PresentEnded))
        after = told[end + 1 :]
        assert not any(isinstance(one, events.PresentAccepted | events.PresentDue) for one in after)
