"""What an item of content may be: its titles, its files or its text, and to whom it opens."""

from collections.abc import Sequence
from dataclasses import replace

from services.membership.content.events import Item, Kind, Text
from shared.decider import Rejected

MOST_LANGUAGES = 10
MOST_PARTS = 20
EARLIEST = 24 * 90
READ: tuple[Kind, ...] = ("news", "article")
"""What may have a text of its own."""


def counted(item: Item, before: Item) -> Item:
    """The item with its texts in their versions: what says the same as before stays as it was."""
    known = {text.language: text for text in before.texts}
    return replace(
        item, texts=tuple(_counted(text, known.get(text.language)) for text in item.texts)
    )


def _counted(text: Text, before: Text | None) -> Text:
    if before is None:
        return text
    return before if text.text_id == before.text_id else replace(text, version=before.version + 1)


def check_whole(item: Item) -> None:
    """What everybody it opens to finds something in."""
    if not item.parts and not item.texts:
        why = "What is published has a file, or a text where it is to be read."
        raise Rejected("nothing_to_open", why, pointer="/files")


def check(item: Item) -> None:
    languages = [words.language for words in item.words]
    if not 1 <= len(languages) <= MOST_LANGUAGES:
        raise Rejected(
            "languages_out_of_range", "It has a title.", pointer="/words", most=MOST_LANGUAGES
        )
    if len(set(languages)) < len(languages):
        raise Rejected("language_twice", "Each language has one title.", pointer="/words")
    if len(item.parts) > MOST_PARTS:
        raise Rejected("files_out_of_range", "Not so many.", pointer="/files", most=MOST_PARTS)
    if len({part.file_id for part in item.parts}) < len(item.parts):
        raise Rejected("file_twice", "Each file is named once.", pointer="/files")
    if (item.audience == "tiers") != bool(item.tiers):
        raise Rejected(
            "audience_and_tiers", "Tiers are named for their audience alone.", pointer="/tiers"
        )
    _check_texts(item, languages)
    _check_early(item)


def _check_texts(item: Item, titled: Sequence[str]) -> None:
    texts = [text.language for text in item.texts]
    if texts and item.kind not in READ:
        raise Rejected("text_of_a_file", "Of its kind there are files alone.", pointer="/texts")
    if len(set(texts)) < len(texts):
        raise Rejected("text_twice", "Each language has one text.", pointer="/texts")
    if not set(texts) <= set(titled):
        raise Rejected("text_without_title", "It has a title in each language.", pointer="/texts")


def _check_early(item: Item) -> None:
    early = [one.tier_id for one in item.early]
    if len(set(early)) < len(early):
        raise Rejected("early_twice", "Each tier is early once.", pointer="/early")
    if any(not 1 <= one.hours <= EARLIEST for one in item.early):
        raise Rejected("early_out_of_range", "Not so early.", pointer="/early", most=EARLIEST)
    is_for_none = item.audience == "buyers" and early
    if is_for_none or (item.audience == "tiers" and not set(early) <= set(item.tiers)):
        raise Rejected(
            "early_to_outsiders", "Early are some of those it opens to.", pointer="/early"
        )
