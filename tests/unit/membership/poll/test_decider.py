from dataclasses import replace
from datetime import timedelta
from typing import Literal
from uuid import UUID

import pytest
from hypothesis import given as hypothesis_given
from hypothesis import strategies

from services.membership.marks import read, texts_on, written
from services.membership.poll import reactions
from services.membership.poll.commands import (
    BeginCount,
    CancelPoll,
    ClosePoll,
    CloseWhenDue,
    CountPoll,
    OpenPoll,
)
from services.membership.poll.decider import (
    FEWEST,
    POLL,
    Poll,
    counts_of,
    may_see_counts,
)
from services.membership.poll.events import (
    Answer,
    CountBegun,
    PollCancelled,
    PollClosed,
    PollCounted,
    PollOpened,
    PollWordsKept,
    Question,
    Terms,
)
from services.membership.remarks import remarks_on, sheets
from shared.ids import AccountId, Code, Label, PersonId
from shared.personal_value import Sealed
from shared.testing import given
from tests.unit.membership.facts import fact, noon

olga = AccountId(UUID(int=4))
options = (Label("Yes"), Label("No"))
moving = Question("one", Label("Do we move?"), options)
days = Question("many", Label("Which days suit you?"), (*options, Label("Perhaps")))
mood = Question("scale", Label("How are we doing?"))
terms = Terms(
    Label("The hall"), (moving, days, mood), noon + timedelta(days=7), "anonymous", "after_close"
)
named = replace(terms, secrecy="named", shown="after_ballot")
opened, closed, begun = PollOpened(terms, olga), PollClosed("due"), CountBegun()
count = CountPoll(6, ((4, 2), (1, 2, 3), (0,) * 11))
counted = PollCounted("anonymous", 6, ((4, 2), (1, 2, 3), (0,) * 11))


def opening(wanted: Terms) -> OpenPoll:
    return OpenPoll(wanted, olga, noon)


def test_a_poll_is_opened_once() -> None:
    given(POLL).when(opening(terms)).then(opened)
    given(POLL, opened).when(opening(terms)).then_nothing()


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        (replace(terms, closes_at=noon), "not_in_time"),
        (replace(terms, closes_at=noon + timedelta(days=367)), "not_in_time"),
        (replace(terms, shown="after_ballot"), "shown_too_early"),
        (replace(terms, questions=(replace(moving, options=options[:1]),)), "wrong_options"),
        (replace(terms, questions=(replace(moving, options=()),)), "wrong_options"),
        (
            replace(terms, questions=(replace(days, options=(*options, options[0])),)),
            "wrong_options",
        ),
        (replace(terms, questions=(replace(mood, options=options),)), "wrong_options"),
    ],
)
def test_what_cannot_be_asked_is_refused(wanted: Terms, code: str) -> None:
    given(POLL).when(opening(wanted)).then_rejected(code)


def test_it_closes_when_it_is_due_or_before_and_is_counted_once() -> None:
    given(POLL, opened).when(CloseWhenDue()).then(closed)
    given(POLL, opened).when(ClosePoll()).then(PollClosed("early"))
    given(POLL, opened, closed).when(ClosePoll()).then_nothing()
    given(POLL, opened, PollClosed("early")).when(CloseWhenDue()).then_nothing()
    given(POLL, opened).when(BeginCount()).then_nothing()
    given(POLL, opened, closed).when(BeginCount()).then(begun)
    given(POLL, opened, closed, begun).when(BeginCount()).then_nothing()
    given(POLL, opened, closed).when(count).then_nothing()
    given(POLL, opened, closed, begun).when(count).then(counted)
    given(POLL, opened, closed, begun, counted).when(count).then_nothing()


def test_what_is_cancelled_is_never_counted() -> None:
    gone = PollCancelled("anonymous")
    given(POLL, opened).when(CancelPoll()).then(gone)
    given(POLL, opened, gone).when(CancelPoll()).then_nothing()
    given(POLL, opened, gone).when(CloseWhenDue()).then_nothing()
    given(POLL, opened, gone).when(ClosePoll()).then_rejected("poll_cancelled")
    given(POLL, opened, closed, begun, gone).when(count).then_nothing()
    given(POLL, opened, closed, begun, counted).when(CancelPoll()).then_rejected("poll_counted")


def test_of_no_poll_nothing_can_be_asked() -> None:
    for command in (CloseWhenDue(), ClosePoll(), CancelPoll(), BeginCount(), count):
        given(POLL).when(command).then_rejected("poll_not_found")


def ballot(*chosen: tuple[int, ...]) -> tuple[Answer, ...]:
    return tuple(map(Answer, chosen))


def test_of_too_few_anonymous_ballots_no_count_is_told() -> None:
    cast = [ballot((0,), (0, 2), (10,))] * (FEWEST - 1)
    assert counts_of(terms, cast) == ()
    assert counts_of(replace(terms, secrecy="named"), cast)[0] == (4, 0)
    cast.append(ballot((1,), (), ()))
    assert counts_of(terms, cast) == ((4, 1), (4, 0, 4), (0,) * 10 + (4,))


@pytest.mark.parametrize(
    ("shown", "standing", "has_voted", "member", "staff"),
    [
        ("never", "counted", True, False, True),
        ("after_close", "open", True, False, True),
        ("after_close", "closed", False, True, True),
        ("after_ballot", "open", False, False, True),
        ("after_ballot", "open", True, True, True),
        ("after_ballot", "counted", False, True, True),
        ("after_ballot", "cancelled", True, False, False),
    ],
)
def test_who_sees_the_counts_of_a_poll_by_name(
    shown: Literal["after_ballot", "after_close", "never"],
    standing: Literal["open", "closed", "counted", "cancelled"],
    has_voted: bool,  # noqa: FBT001  A row of the table above.
    member: bool,  # noqa: FBT001
    staff: bool,  # noqa: FBT001
) -> None:
    poll = Poll(standing, replace(named, shown=shown))
    assert may_see_counts(poll, has_voted=has_voted, is_staff=False) is member
    assert may_see_counts(poll, has_voted=has_voted, is_staff=True) is staff


def test_of_an_anonymous_poll_nobody_sees_anything_before_it_is_counted() -> None:
    for standing in ("open", "closed", "counting"):
        poll = Poll(standing, terms)
        assert not may_see_counts(poll, has_voted=True, is_staff=True)
    assert may_see_counts(Poll("counted", terms), has_voted=False, is_staff=False)


def test_the_key_of_an_urn_is_destroyed_and_a_poll_by_name_has_none() -> None:
    assert len(reactions.when_poll_over_forget(fact(counted))) == 1
    assert len(reactions.when_poll_over_forget(fact(PollCancelled("anonymous")))) == 1
    assert reactions.when_poll_over_forget(fact(replace(counted, secrecy="named"))) == []


answers = strategies.lists(
    strategies.sets(strategies.integers(0, 19)).map(lambda chosen: Answer(tuple(sorted(chosen)))),
    min_size=1,
    max_size=10,
)


@hypothesis_given(answers)
def test_a_ballot_is_read_as_it_was_written_and_always_as_long(cast: list[Answer]) -> None:
    text = written(cast)
    assert read(text) == tuple(cast)
    assert len(text) == len(written([Answer(())] * len(cast)))


why = Question("text", Label("What else?"))
asking = replace(terms, questions=(moving, why))


def test_what_is_asked_in_words_has_no_options_and_is_not_asked_too_often() -> None:
    given(POLL).when(opening(asking)).then(PollOpened(asking, olga))
    wrong = replace(terms, questions=(replace(why, options=options),))
    given(POLL).when(opening(wrong)).then_rejected("wrong_options")
    many = replace(terms, questions=(why,) * 6)
    given(POLL).when(opening(many)).then_rejected("too_many_texts")
    assert counts_of(asking, [(Answer((0,)), Answer(()))] * 5) == ((5, 0), ())


def test_what_was_written_is_kept_once_with_the_count() -> None:
    sheet = Sealed(PersonId(UUID(int=9)), "profile", Code("sheet"))
    with_words = replace(count, words=(sheet, sheet))
    asked = PollOpened(asking, olga)
    kept = PollWordsKept(sheet)
    given(POLL, asked, closed, begun).when(with_words).then(kept, kept, counted)
    given(POLL, asked, closed, begun, kept, kept, counted).when(with_words).then_nothing()


texts = strategies.text(
    strategies.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=500
)


@hypothesis_given(
    strategies.lists(strategies.lists(texts, min_size=2, max_size=2), min_size=2, max_size=9)
)
def test_a_ballot_is_as_long_whatever_is_written_on_it(ballots: list[list[str]]) -> None:
    chosen = (Answer((1,)), Answer(()), Answer(()))
    sheets_written = [written(chosen, both) for both in ballots]
    assert len({len(sheet.encode()) for sheet in sheets_written}) == 1
    assert [texts_on(sheet) for sheet in sheets_written] == ballots
    assert all(read(sheet) == chosen for sheet in sheets_written)


@hypothesis_given(strategies.lists(strategies.lists(texts, min_size=2, max_size=2), max_size=60))
def test_remarks_tell_nothing_of_the_order_they_came_in_nor_of_what_belongs_together(
    ballots: list[list[str]],
) -> None:
    told = list(sheets(ballots))
    assert told == list(sheets(reversed(ballots)))
    apart = [[one, ""] for one, _ in ballots] + [["", other] for _, other in ballots]
    assert told == list(sheets(apart))
    remarks = remarks_on(told)
    said = [(n, text.strip()) for both in ballots for n, text in enumerate(both) if text.strip()]
    assert [(one.question, one.text) for one in remarks] == sorted(said)
    assert all(len(sheet) < 48_000 for sheet in told)
