import pytest

from services.membership.languages import chosen, preferred


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("fr", "fr"),
        ("FR-ca", "fr"),
        ("de, fr;q=0.8, en;q=0.5", "fr"),
        ("en;q=0.5, fr;q=0.8", "fr"),
        ("fr, en", "fr"),
        ("en, fr", "en"),
        ("de", "en"),
        ("fr;q=0", "en"),
        ("fr;q=much, en;q=0.1", "en"),
        ("*", "en"),
        (";;,=", "en"),
    ],
)
def test_the_language_that_is_preferred_of_those_that_letters_have(
    header: str, language: str
) -> None:
    assert preferred(header) == language


@pytest.mark.parametrize(
    ("asked", "header", "language"),
    [
        ("fr", "en", "fr"),
        ("FR", "", "fr"),
        ("fr-CA", "", "fr"),
        ("pt", "", "pt-BR"),
        ("pt-PT", "", "pt-BR"),
        ("de", "fr", "fr"),
        (None, "de, fr;q=0.8, en;q=0.9", "en"),
        (None, "fr;q=0, en;q=0.1", "en"),
        (None, "en;q=much, fr;q=0.1", "fr"),
        (None, "", "fr"),
        (None, "*", "fr"),
        (None, ";;,=", "fr"),
    ],
)
def test_the_language_that_is_preferred_of_those_that_are_there(
    asked: str | None, header: str, language: str
) -> None:
    assert chosen(["en", "fr", "pt-BR"], asked, header, ["fr"]) == language


def test_where_nobody_asks_for_what_is_there_it_is_the_first() -> None:
    assert chosen(["en", "fr"], "de", "it", ["nl"]) == "en"
    assert chosen(["en", "en-GB"], "en-GB", "", []) == "en-GB"
