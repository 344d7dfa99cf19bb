"""The end of the fourteenth day, and what goes back before it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from services.billing.checkout.events import OfferLine, QuoteLine
from services.billing.payment.events import MoneyLine
from services.billing.subscription.events import Period
from services.billing.withdrawals import Return, Spell, ends_at, kept, returns_of
from shared.money import Money
from tests.unit.billing.cast import euros, noon

first, second = UUID(int=50), UUID(int=51)
gold = OfferLine(UUID(int=10), UUID(int=20), euros(30), "month", 0, 1)
course = OfferLine(UUID(int=11), None, euros(40), "once", 0, 1, content_id=UUID(int=60))
lifetime = OfferLine(UUID(int=12), UUID(int=20), euros(90), "once", 0, 1)
gift = OfferLine(UUID(int=13), None, euros(5), "once", 0, 1, donation=True)
seats = QuoteLine(UUID(int=30), 1, euros(15), noon)
month = Period(noon, noon + timedelta(days=30))
spell = Spell(UUID(int=70), month, euros(30), ((first, euros(30)),), euros(0))


@pytest.mark.parametrize(
    ("concluded", "zone", "ends"),
    [
        # A Tuesday: the Tuesday two weeks later counts whole.
        ("2026-03-03T09:00:00+00:00", "UTC", "2026-03-18T00:00:00+00:00"),
        # Late on Monday in UTC is Tuesday in Paris.
        ("2026-03-02T23:30:00+00:00", "Europe/Paris", "2026-03-18T00:00:00+01:00"),
        ("2026-03-02T23:30:00+00:00", "UTC", "2026-03-17T00:00:00+00:00"),
        # The clocks go forward meanwhile: it is the day that counts, not the hours.
        ("2026-03-17T12:00:00+00:00", "Europe/Paris", "2026-04-01T00:00:00+02:00"),
        # The last day would be a Saturday, a Sunday.
        ("2026-02-28T12:00:00+00:00", "UTC", "2026-03-17T00:00:00+00:00"),
        ("2026-03-01T12:00:00+00:00", "UTC", "2026-03-17T00:00:00+00:00"),
        # Good Friday 2026 is 3 April: the next working day is the Tuesday after Easter Monday.
        ("2026-03-20T12:00:00+00:00", "UTC", "2026-04-08T00:00:00+00:00"),
        # 1 January 2027 is a Friday; 25 December 2026 as well.
        ("2026-12-18T12:00:00+00:00", "UTC", "2027-01-05T00:00:00+00:00"),
        ("2026-12-11T12:00:00+00:00", "UTC", "2026-12-29T00:00:00+00:00"),
        # Ascension Day and Whit Monday 2026.
        ("2026-04-30T12:00:00+00:00", "UTC", "2026-05-16T00:00:00+00:00"),
        ("2026-05-11T12:00:00+00:00", "UTC", "2026-05-27T00:00:00+00:00"),
    ],
)
def test_the_fourteenth_day_counts_whole_and_a_day_off_is_no_last_day(
    concluded: str, zone: str, ends: str
) -> None:
    assert ends_at(datetime.fromisoformat(concluded), zone) == datetime.fromisoformat(ends)


def test_it_is_never_less_than_fourteen_days() -> None:
    for day in range(400):
        concluded = datetime(2026, 1, 1, 23, 59, tzinfo=UTC) + timedelta(days=day)
        assert timedelta(14) < ends_at(concluded, "UTC") - concluded < timedelta(20)


def test_the_law_excepts_seats_for_a_date_and_what_was_waived() -> None:
    for begun in (True, False):
        assert kept(seats, begun_at_once=begun) == "exempt"
        assert kept(gift, begun_at_once=begun) == "exempt"
        assert kept(gold, begun_at_once=begun) is None
        assert kept(lifetime, begun_at_once=begun) is None
    assert kept(course, begun_at_once=True) == "waived"
    assert kept(course, begun_at_once=False) is None


def back(*lines: OfferLine, at: datetime | None = None, spell: Spell = spell) -> list[object]:
    spells = {gold.offer_id: spell}
    return [
        (one.payment_id, [(line.charged_for, line.amount.minor) for line in one.lines])
        for one in returns_of(lines, spells, first, at)
    ]


@pytest.mark.parametrize(
    ("used", "left"),
    [
        (timedelta(), 3000),
        (timedelta(days=10), 2000),
        (timedelta(days=10, seconds=1), 2000),
        (timedelta(days=10, minutes=10), 1999),
        (timedelta(days=40), 0),
    ],
)
def test_who_asked_for_it_at_once_pays_for_what_was_used_by_the_second(
    used: timedelta, left: int
) -> None:
    expected = [(first, [("subscription", left)])] if left else []
    assert back(gold, at=noon + used) == expected


def test_who_did_not_ask_has_all_of_it_back_renewals_as_well() -> None:
    renewed = replace(spell, payments=((second, euros(30)), (first, euros(30))))
    assert back(gold, spell=renewed) == [
        (second, [("subscription", 3000)]),
        (first, [("subscription", 3000)]),
    ]


def test_what_is_left_goes_back_from_what_was_paid_last() -> None:
    dearer = replace(spell, worth=euros(60), payments=((second, euros(30)), (first, euros(30))))
    assert back(gold, at=noon + timedelta(days=10), spell=dearer) == [
        (second, [("subscription", 3000)]),
        (first, [("subscription", 1000)]),
    ]


def test_what_a_change_gave_back_was_not_had_and_goes_back_as_well() -> None:
    """A year of 120 euros became a month of 10 after a day: of what was paid, a day and a part of a month was had."""
    credited = replace(
        spell,
        worth=euros(10),
        payments=((first, euros(120)),),
        balance=Money(-10_967, "EUR"),
    )
    assert back(gold, at=noon + timedelta(days=3), spell=credited) == [
        (first, [("subscription", 900 + 10_967)])
    ]


def test_what_a_change_left_to_be_billed_was_had_without_being_paid() -> None:
    later = replace(spell, worth=euros(60), balance=euros(20))
    assert back(gold, at=noon + timedelta(days=15), spell=later) == [
        (first, [("subscription", 1000)])
    ]
    assert back(gold, at=noon + timedelta(days=25), spell=later) == []


def test_nothing_is_used_of_what_is_paused() -> None:
    paused = replace(spell, paused_at=noon + timedelta(days=3))
    assert back(gold, at=noon + timedelta(days=12), spell=paused) == [
        (first, [("subscription", 2700)])
    ]


def test_the_fee_for_setting_up_goes_back_in_the_same_part_and_whole_from_a_trial() -> None:
    with_fee = replace(gold, setup_fee=euros(9))
    assert back(with_fee, at=noon + timedelta(days=10)) == [
        (first, [("subscription", 2000), ("purchase", 600)])
    ]
    trial = Spell(spell.subscription_id, Period(noon, noon), euros(0), (), euros(0))
    assert back(with_fee, at=noon, spell=trial) == [(first, [("purchase", 900)])]


def test_what_was_bought_once_goes_back_whole_and_is_one_line_by_kind() -> None:
    both = [(first, [("purchase", 13_000)])]
    assert back(course, lifetime) == both
    assert returns_of([course], {}, first, None) == (
        Return(first, (MoneyLine("purchase", Money(4000, "EUR")),)),
    )
