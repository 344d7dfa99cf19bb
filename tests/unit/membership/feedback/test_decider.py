from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest

from services.membership.feedback.commands import GiveFeedback, WithdrawFeedback
from services.membership.feedback.decider import (
    FEEDBACK,
    FEWEST,
    LATEST,
    SETTLES,
    Heard,
    feedback_stream,
    insist_on_known,
    shown,
)
from services.membership.feedback.events import (
    Delivered,
    FeedbackChanged,
    FeedbackGiven,
    FeedbackWithdrawn,
    Occasion,
    Standing,
)
from services.membership.feedback.publications import PUBLICATIONS
from services.membership.member.events import StandingNow
from shared.decider import NotFound
from shared.ids import Code, PersonId
from shared.personal_value import Sealed
from shared.testing import given
from tests.unit.membership.facts import fact, noon

ada, bob, taken = (PersonId(UUID(int=n)) for n in (1, 2, 3))
dinner = Delivered("gathering", UUID(int=4))
article = Delivered("content", UUID(int=5))
minute = timedelta(minutes=1)
words = Sealed(ada, "profile", Code("sealed"))
was_there = Occasion("delivered", noon, is_theirs=True)
later = noon + timedelta(days=1)

give = GiveFeedback(dinner, was_there, (ada,), "joined", 4, words, named=False, at=later)
was_given = FeedbackGiven(
    dinner, ada, 4, words, named=False, settles_at=later + SETTLES, closes_at=noon + LATEST
)


def test_who_was_there_says_how_it_was() -> None:
    given(FEEDBACK).when(give).then(was_given)
    given(FEEDBACK, was_given).when(replace(give, people=(bob,))).then(
        replace(was_given, person_id=bob)
    )


def test_of_content_it_may_be_said_as_long_as_it_is_open() -> None:
    at = noon + 10 * LATEST
    read = replace(give, delivered=article, at=at)
    settles_at = at + SETTLES
    given(FEEDBACK).when(read).then(
        replace(was_given, delivered=article, settles_at=settles_at, closes_at=None)
    )


@pytest.mark.parametrize("member", ["left", "banned", "erased", "unknown"])
def test_it_is_the_members_own(member: StandingNow) -> None:
    given(FEEDBACK).when(replace(give, member=member)).then_rejected("not_a_member")
    given(FEEDBACK, was_given).when(replace(give, member=member)).then_rejected("not_a_member")


@pytest.mark.parametrize(
    ("standing", "code"),
    [
        ("unknown", "delivery_not_found"),
        ("to_come", "delivery_to_come"),
        ("missed", "delivery_missed"),
        ("cancelled", "delivery_cancelled"),
    ],
)
def test_what_was_not_delivered_was_not_good_nor_bad(standing: Standing, code: str) -> None:
    occasion = replace(was_there, standing=standing)
    given(FEEDBACK).when(replace(give, occasion=occasion)).then_rejected(code)


def test_it_is_said_by_whom_it_was_for() -> None:
    others = Occasion("delivered", noon)
    given(FEEDBACK).when(replace(give, occasion=others)).then_rejected("delivery_of_others")


@pytest.mark.parametrize("rating", [0, 6, -1])
def test_a_rating_is_from_one_to_five(rating: int) -> None:
    given(FEEDBACK).when(replace(give, rating=rating)).then_rejected("rating_out_of_range")
    given(FEEDBACK, was_given).when(replace(give, rating=rating)).then_rejected(
        "rating_out_of_range"
    )


def test_it_is_said_in_time() -> None:
    end = noon + LATEST
    given(FEEDBACK).when(replace(give, at=end)).then_rejected("feedback_too_late")
    last = end - minute
    given(FEEDBACK).when(replace(give, at=last)).then(replace(was_given, settles_at=last + SETTLES))


def test_it_is_said_once_and_may_be_changed_for_a_while() -> None:
    plain, was_plain = replace(give, words=None), replace(was_given, words=None)
    given(FEEDBACK, was_plain).when(plain).then_nothing()
    changed = FeedbackChanged(dinner, ada, 2, None, named=True, before=4)
    again = replace(plain, rating=2, named=True)
    given(FEEDBACK, was_plain).when(again).then(changed)
    given(FEEDBACK, was_plain, changed).when(again).then_nothing()
    settled = replace(again, at=was_given.settles_at)
    given(FEEDBACK, was_plain).when(settled).then_rejected("feedback_settled")
    given(FEEDBACK, was_plain).when(replace(plain, at=was_given.settles_at)).then_nothing()
    given(FEEDBACK, was_plain).when(give).then(
        FeedbackChanged(dinner, ada, 4, words, named=False, before=4)
    )


def test_who_has_lost_the_way_in_may_still_change_what_they_said() -> None:
    gone = Occasion("delivered", noon)
    again = replace(give, rating=1, words=None, occasion=gone)
    given(FEEDBACK, was_given).when(again).then(
        FeedbackChanged(dinner, ada, 1, None, named=False, before=4)
    )


def test_it_may_be_taken_back_at_any_time_and_then_said_anew_in_time() -> None:
    withdraw = WithdrawFeedback(dinner, (ada,))
    withdrawn = FeedbackWithdrawn(dinner, ada, 4)
    given(FEEDBACK, was_given).when(withdraw).then(withdrawn)
    given(FEEDBACK, was_given, withdrawn).when(withdraw).then_rejected("feedback_not_found")
    given(FEEDBACK).when(withdraw).then_rejected("feedback_not_found")
    given(FEEDBACK, was_given, withdrawn).when(give).then(was_given)
    late = replace(give, at=noon + LATEST)
    given(FEEDBACK, was_given, withdrawn).when(late).then_rejected("feedback_too_late")


def test_who_took_somebody_in_does_not_say_it_twice() -> None:
    merged = replace(give, people=(bob, ada), rating=5, words=None)
    given(FEEDBACK, was_given).when(merged).then(
        FeedbackChanged(dinner, ada, 5, None, named=False, before=4)
    )
    taken_back = WithdrawFeedback(dinner, (bob, ada, taken))
    given(FEEDBACK, was_given).when(taken_back).then(FeedbackWithdrawn(dinner, ada, 4))


def test_each_delivery_has_a_stream_that_tells_of_no_person() -> None:
    days = [Delivered("ritual", UUID(int=6), date(2026, 5, day)) for day in (1, 8)]
    streams = {feedback_stream(one) for one in (dinner, article, *days)}
    assert len(streams) == 4
    assert feedback_stream(days[0]) == feedback_stream(replace(days[0]))


def test_staff_read_of_what_there_is_or_was() -> None:
    unknown = Occasion("unknown")
    insist_on_known([], was_there)
    insist_on_known(heard(1), unknown)
    with pytest.raises(NotFound):
        insist_on_known([], unknown)


def heard(
    count: int, *, named: bool = False, closes_at: datetime | None = noon + LATEST
) -> list[Heard]:
    return [
        Heard(PersonId(UUID(int=n)), 1 + n % 5, None, named, noon + n * minute, closes_at)
        for n in range(count)
    ]


def test_without_a_name_five_are_shown_together() -> None:
    for said, seen in ((0, 0), (FEWEST - 1, 0), (FEWEST, FEWEST), (2 * FEWEST - 1, FEWEST)):
        assert shown(heard(said), noon) == heard(seen)
    assert shown(heard(2 * FEWEST), noon) == heard(2 * FEWEST)


def test_the_last_are_shown_once_nobody_can_say_or_change_anything() -> None:
    over = noon + LATEST + SETTLES
    assert len(shown(heard(7), over - minute)) == 5
    assert len(shown(heard(7), over)) == 7
    assert shown(heard(4), over) == []
    assert len(shown(heard(7, closes_at=None), over)) == 5


def test_who_stands_by_it_is_shown_at_once_and_hides_nobody() -> None:
    (olga,) = heard(1, named=True)
    assert shown([olga, *heard(4)], noon) == [olga]
    assert shown([olga, *heard(5)], noon) == [olga, *heard(5)]


def test_the_others_hear_how_good_it_was_and_not_by_whom() -> None:
    changed = FeedbackChanged(dinner, ada, 2, words, named=True, before=4)
    said = [was_given, changed, FeedbackWithdrawn(dinner, ada, 2)]
    told = {one.of: one.map for one in PUBLICATIONS}
    records = [told[type(event)](fact(event)).model_dump() for event in said]  # type: ignore[union-attr]  # None only of a change that changed nothing.
    figures = [
        {name: record[name] for name in ("rating", "before", "after") if name in record}
        for record in records
    ]
    assert figures == [{"rating": 4}, {"before": 4, "after": 2}, {"rating": 2}]
    assert all(record["about_id"] == dinner.about_id for record in records)
    assert str(ada) not in str(records)
    assert "words" not in str(records)
    assert told[FeedbackChanged](fact(replace(changed, rating=4))) is None
