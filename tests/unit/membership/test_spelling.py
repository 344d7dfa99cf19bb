import pytest

from services.membership.spelling import has_words

TEXT = "Zoë Müller-Straße zoe@example.com"


@pytest.mark.parametrize(
    "words", ["zoe", "ZOË", "muller", "müll", "strasse", "muller zoe", "Zoe@Example.com", " zoë "]
)
def test_capitals_accents_order_and_ends_do_not_matter(words: str) -> None:
    assert has_words(TEXT, words)


@pytest.mark.parametrize("words", ["ada", "zoe ada", "zoemuller"])
def test_a_word_that_is_missing_is_missed(words: str) -> None:
    assert not has_words(TEXT, words)


def test_an_accent_may_be_written_in_two_ways() -> None:
    assert has_words("Zoe\u0308", "zo\u00eb")
