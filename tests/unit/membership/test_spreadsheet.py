from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from services.membership.spreadsheet import Row, Rules, read
from shared.decider import Rejected

gold, everybody = UUID(int=1), UUID(int=2)
rules = Rules(
    tiers={"gold": gold, "everybody": everybody, "silver": None},
    paid_tiers=frozenset({gold}),
    time_zone=ZoneInfo("Europe/Paris"),
    now=datetime(2026, 3, 1, 12, 0, tzinfo=UTC),
)
HEADER = "name,email,tier,paid_until,external_id\n"


def reasons(text: str) -> list[tuple[int, str]]:
    return [(row.line, row.reason) for row in read((HEADER + text).encode(), rules)[1]]


def refusal(raw: bytes) -> Rejected:
    with pytest.raises(Rejected) as refused:
        read(raw, rules)
    assert refused.value.pointer is not None
    return refused.value


def test_what_was_paid_for_ends_with_that_day_where_the_community_is() -> None:
    wanted, refused = read((HEADER + "Ada,ada@example.com,GOLD,2026-03-31,7\n").encode(), rules)
    summer_time_began = datetime(2026, 3, 31, 22, 0, tzinfo=UTC)
    assert wanted == [Row(2, "Ada", "ada@example.com", gold, summer_time_began, "7")]
    assert refused == []


def test_today_is_still_paid_for_and_yesterday_is_not() -> None:
    assert reasons("Ada,ada@example.com,Gold,2026-03-01,") == []
    assert reasons("Ada,ada@example.com,Gold,2026-02-28,") == [(2, "already_over")]


@pytest.mark.parametrize(
    "day", ["31/01/2027", "2027-02-30", "2027-1-31", "20270131", "9999-12-31", "soon", "46053"]
)
def test_a_date_is_written_one_way(day: str) -> None:
    assert reasons(f"Ada,ada@example.com,Gold,{day},") == [(2, "not_a_date")]


def test_a_free_tier_needs_no_end_and_a_paid_one_does() -> None:
    assert reasons("Ada,ada@example.com,Everybody,,") == []
    assert reasons("Ada,ada@example.com,Gold,,") == [(2, "paid_until_missing")]
    assert reasons("Ada,ada@example.com,,2027-01-31,") == [(2, "paid_until_without_tier")]
    assert reasons("Ada,ada@example.com,Silver,2027-01-31,") == [(2, "retired_tier")]


@pytest.mark.parametrize("word", ["=1+1", "+33123", "-2", "@SUM(A1)", " =1+1"])
def test_a_formula_is_nobodys_name_or_id(word: str) -> None:
    assert reasons(f"{word},ada@example.com,,,") == [(2, "formula")]
    assert reasons(f"Ada,ada@example.com,,,{word}") == [(2, "formula")]


def test_upper_case_makes_nobody_another_and_the_first_row_counts() -> None:
    assert reasons("Ada,ada@example.com,,,a\nAda,ADA@EXAMPLE.COM,,,\nBob,b@b.example,,,A\n") == [
        (3, "twice_in_file"),
        (4, "twice_in_file"),
    ]


def test_a_row_that_was_refused_does_not_shadow_a_good_one() -> None:
    assert reasons(",ada@example.com,,,1\nAda,ada@example.com,,,1\n") == [(2, "name_missing")]


def test_lines_are_counted_as_an_editor_counts_them() -> None:
    text = '"A\r\nda",ada@example.com,,,\r\n\r\n,none@example.com,,,\r\n'
    assert reasons(text) == [(5, "name_missing")]


def test_missing_cells_at_the_end_are_empty_ones() -> None:
    wanted, refused = read((HEADER + "Ada,ada@example.com\n").encode(), rules)
    assert (len(wanted), refused) == (1, [])


def test_columns_are_found_by_their_names_in_any_order() -> None:
    raw = "Payé jusqu'au;E-mail;Ville;Nom;Formule\n2027-01-31;a@b.example;Arles;Ada;gold\n"
    ((row,), _) = read(raw.encode(), rules)
    assert (row.name, row.email, row.tier_id) == ("Ada", "a@b.example", gold)


@pytest.mark.parametrize(
    "header",
    ["Nom;Prénom;Courriel", "Nom;Pre\u0301nom;E-mail", "LAST NAME;First name;Adresse mail"],
)
def test_first_names_may_have_a_column_of_their_own(header: str) -> None:
    """As the lists of French associations have them."""
    raw = f"{header}\nMoreau;Zoé;z@b.example\nOkafor;;o@b.example\n;Léa;l@b.example\n"
    wanted, refused = read(raw.encode(), rules)
    assert [row.name for row in wanted] == ["Zoé Moreau", "Okafor", "Léa"]
    assert refused == []


@pytest.mark.parametrize(
    "rows",
    [
        "Name,First name,Email\nMarie Claire Moreau,marie claire,m@b.example\n",
        "Name,First name,Last name,Email\nMarie Claire Moreau,Marie,Moreau,m@b.example\n",
        "Full name,Email\nMarie Claire Moreau,m@b.example\n",
    ],
)
def test_a_whole_name_stays_as_it_is(rows: str) -> None:
    ((row,), _) = read(rows.encode(), rules)
    assert row.name == "Marie Claire Moreau"


def test_first_names_alone_are_no_names() -> None:
    assert refusal("Prénom,E-mail\nZoé,z@b.example\n".encode()).code == "missing_columns"


def test_no_part_of_a_name_is_a_formula() -> None:
    raw = "Nom;Prénom;E-mail\n=1+1;Zoé;z@b.example\nMoreau;=1+1;m@b.example\n"
    assert [refusal.reason for refusal in read(raw.encode(), rules)[1]] == ["formula", "formula"]


def test_another_encoding_is_told_and_not_guessed() -> None:
    wrong = refusal("name,email\nAda,a@b.example\nZoë,z@b.example\n".encode("cp1252"))
    assert (wrong.code, wrong.pointer, wrong.params) == ("not_utf8", "line:3", {"line": 3})


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "empty_file"),
        (b"name,email\n", "no_rows"),
        (b"name;mail\n\n;\n", "no_rows"),
        (b"email\na@b.example\n", "missing_columns"),
        (b"name,Nom,email\n", "column_twice"),
        (b'name,email\n"Ada"x,a@b.example\n', "broken_quotes"),
        (b"name,email\n\0,a@b.example\n", "not_text"),
        (b"name,email\nA\x1bda,a@b.example\n", "not_text"),
    ],
)
def test_a_file_that_makes_no_sense_is_refused_as_a_whole(raw: bytes, code: str) -> None:
    assert refusal(raw).code == code


def test_ten_thousand_rows_are_read_and_not_one_more() -> None:
    rows = "".join(f"M{n},m{n}@example.com,Gold,2027-01-31,{n}\n" for n in range(10_000))
    wanted, refused = read((HEADER + rows).encode(), rules)
    assert (len(wanted), refused) == (10_000, [])
    assert refusal((HEADER + rows + "X,x@example.com,,,\n").encode()).code == "too_many_rows"
