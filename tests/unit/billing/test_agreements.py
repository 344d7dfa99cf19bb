"""Which versions of which documents a buyer has still to accept, and which they may."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from services.billing.agreements import Agreed, Agreements, Version
from shared.decider import Rejected
from shared.ids import Code
from tests.unit.billing.cast import noon

soon, later = noon + timedelta(days=1), noon + timedelta(days=2)
first = Version("terms", 1, noon, must_accept=True)
minor = Version("terms", 2, soon, must_accept=False)
major = Version("terms", 3, later, must_accept=True)
notice = Version("privacy", 1, noon, must_accept=False)
published = (first, minor, major, notice)


def terms(version: int) -> Agreed:
    return Agreed("terms", version)


@pytest.mark.parametrize(
    ("has", "at", "missing"),
    [
        (0, noon - timedelta(seconds=1), []),
        (0, noon, [1]),
        (0, soon, [2]),
        (1, soon, []),
        (1, later, [3]),
        (2, later, [3]),
        (3, later, []),
    ],
)
def test_the_version_in_force_is_asked_for_where_the_latest_that_asks_was_not_accepted(
    has: int, at: datetime, missing: list[int]
) -> None:
    agreements = Agreements(published, (terms(has),) if has else ())
    assert agreements.missing(at) == tuple(terms(number) for number in missing)


def test_versions_may_be_heard_of_in_any_order() -> None:
    agreements = Agreements(tuple(reversed(published)), ())
    assert agreements.missing(later) == (terms(3),)


def test_where_nothing_is_published_nothing_is_asked() -> None:
    assert Agreements().missing(noon) == ()
    Agreements().demand((), noon, "/accepted_documents")


def refusal(*named: Agreed, at: datetime = soon) -> Rejected:
    with pytest.raises(Rejected) as refused:
        Agreements(published).accepting(named, (), at, "/accepted_documents")
    return refused.value


def test_what_was_replaced_or_never_was_is_refused_where_it_is_named() -> None:
    replaced = refusal(Agreed("privacy", 1), terms(1))
    assert (replaced.code, replaced.pointer) == (
        "document_replaced",
        "/accepted_documents/1/version",
    )
    assert refusal(terms(4)).code == "document_unknown"
    assert refusal(Agreed("conduct", 1)).code == "document_unknown"


def test_it_is_accepted_in_a_language_that_it_can_be_read_in() -> None:
    both = replace(first, languages=(Code("en"), Code("fr")))
    in_french = Agreed("terms", 1, Code("fr"))
    agreements = Agreements((both,))
    assert agreements.accepting((in_french,), (), noon, "") == (in_french,)
    assert agreements.accepting((terms(1),), (), noon, "") == (terms(1),)
    with pytest.raises(Rejected) as refused:
        agreements.accepting((Agreed("terms", 1, Code("de")),), (), noon, "/accepted_documents")
    assert refused.value.code == "document_not_in_language"
    assert refused.value.pointer == "/accepted_documents/0/language"
    unsaid = Agreements((first,)).accepting((in_french,), (), noon, "")
    assert unsaid == (in_french,), "of versions told before, nobody knows their languages"


def test_what_is_announced_may_be_accepted_and_what_was_accepted_before_is_no_news() -> None:
    agreements = Agreements(published)
    named = (terms(2), terms(3))
    assert agreements.accepting(named, (), soon, "") == (terms(3),)
    assert agreements.accepting(named, (terms(3),), soon, "") == ()
