import pytest

from services.membership.languages import preferred


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
