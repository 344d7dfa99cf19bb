import ast
from textwrap import dedent

import pytest

from tools.errors import Entry, Unreadable, _entries


def entries(body: str, place: str = "services/shop/sale/decider.py") -> list[Entry]:
    module = ast.parse("def decide():\n" + dedent(body).replace("\n", "\n    "))
    return list(_entries(module, place))


def only(body: str) -> tuple[str, str, str, tuple[str, ...]]:
    (entry,) = entries(body)
    return entry.code, entry.status, entry.detail, entry.params


@pytest.mark.parametrize(
    ("body", "entry"),
    [
        ('\nraise Rejected("full", "No seat.", most=3)', ("full", "409", "No seat.", ("most",))),
        ('\nraise Rejected("bad", "Wrong.", pointer="/x")', ("bad", "422", "Wrong.", ())),
        ('\nraise NotFound("gone", "Nothing.")', ("gone", "404", "Nothing.", ())),
        ('\nraise Problem(429, "slow", "Wait.", headers={})', ("slow", "429", "Wait.", ())),
        ('\nraise Claimed("claimed", "Taken.")', ("claimed", "409", "Taken.", ())),
        ('\nraise Unavailable("Too many.")', ("unavailable", "503", "Too many.", ())),
        ('\nraise Rejected("n", f"At {most} seats.")', ("n", "409", "At {most} seats.", ())),
        ('\nwhy = "So."\nraise Rejected("n", why)', ("n", "409", "So.", ())),
        ('\nreturn error("odd", "Odd.", "?x")', ("odd", "422, in `errors`", "Odd.", ())),
        ('\nraise Rejected("n", told())', ("n", "409", "…", ())),
    ],
)
def test_a_refusal_is_found_where_it_is_raised(
    body: str, entry: tuple[str, str, str, tuple[str, ...]]
) -> None:
    assert only(body) == entry


def test_a_log_line_is_no_refusal() -> None:
    assert entries('\nlog.error("lost %s", name)') == []


def test_a_code_that_only_running_tells_is_refused() -> None:
    with pytest.raises(Unreadable):
        entries('\nraise Rejected(code, "No.")')


def test_what_carries_refusals_names_none() -> None:
    assert entries("\nreturn Problem(status, code, detail)", "shared/problem.py") == []
