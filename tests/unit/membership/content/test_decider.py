from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.membership.content.commands import (
    DraftContent,
    OpenContent,
    PublishContent,
    ReviseContent,
    WithdrawContent,
)
from services.membership.content.decider import (
    CONTENT,
    OPENING,
    Reader,
    changed_at,
    opens_at,
)
from services.membership.content.events import (
    Audience,
    ContentDrafted,
    ContentId,
    ContentOpened,
    ContentPublished,
    ContentRevised,
    ContentWithdrawn,
    Early,
    Item,
    Part,
    Text,
    Words,
)
from services.membership.content.rules.items import EARLIEST, MOST_LANGUAGES, MOST_PARTS
from services.membership.file.events import FileId
from services.membership.text.events import TextId
from services.membership.tier.events import TierId
from shared.ids import Code, Label, PersonId
from shared.testing import given

ada = PersonId(UUID(int=1))
gold, silver = TierId(UUID(int=2)), TierId(UUID(int=3))
this = ContentId(UUID(int=4))
noon = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
day = timedelta(days=1)


def part(number: int = 5) -> Part:
    name, media_type = Label("lesson.md"), Code("text/markdown")
    return Part(FileId(UUID(int=number)), name, media_type, 10, Code("ab" * 32))


def words(language: str = "en") -> Words:
    return Words(Code(language), Label("How to lose well"), Label("Ten games, ten lessons."))


def article(
    audience: Audience = "members",
    tiers: tuple[TierId, ...] = (),
    early: tuple[Early, ...] = (),
) -> Item:
    return Item("article", (words(),), (part(),), audience, tiers, early)


drafted = ContentDrafted(article())
published = ContentPublished("article", "members", noon)


def test_content_begins_as_a_draft() -> None:
    given(CONTENT).when(DraftContent(article())).then(drafted)
    given(CONTENT, drafted).when(DraftContent(article())).then_nothing()


def test_a_draft_may_have_no_file_yet_but_what_is_published_has_one() -> None:
    empty = replace(article(), parts=())
    given(CONTENT).when(DraftContent(empty), PublishContent(None, noon)).then_rejected(
        "nothing_to_open"
    )
    given(CONTENT, drafted, published).when(ReviseContent(empty)).then_rejected("nothing_to_open")


def written(number: int = 1, language: str = "en", **more: Any) -> Text:
    return Text(Code(language), TextId(UUID(int=number)), 10, noon, **more)


def with_texts(*texts: Text, **more: Any) -> Item:
    return replace(article(), parts=(), texts=texts, **more)


def test_what_is_to_be_read_needs_no_file() -> None:
    news = with_texts(written(), kind="news")
    given(CONTENT).when(DraftContent(news)).then(ContentDrafted(news))
    given(CONTENT, ContentDrafted(with_texts(written()))).when(PublishContent(None, noon)).then(
        published
    )
    given(CONTENT, ContentDrafted(news), published).when(
        ReviseContent(with_texts(kind="news"))
    ).then_rejected("nothing_to_open")


@pytest.mark.parametrize("kind", ["video", "podcast", "document", "download"])
def test_what_is_a_file_has_no_text(kind: Any) -> None:
    given(CONTENT).when(DraftContent(with_texts(written(), kind=kind))).then_rejected(
        "text_of_a_file"
    )


def test_each_language_has_one_text_and_a_title() -> None:
    twice = with_texts(written(), written(2))
    given(CONTENT).when(DraftContent(twice)).then_rejected("text_twice")
    untitled = with_texts(written(), written(2, "fr"))
    given(CONTENT).when(DraftContent(untitled)).then_rejected("text_without_title")
    titled = replace(untitled, words=(words(), words("fr")))
    given(CONTENT).when(DraftContent(titled)).then(ContentDrafted(titled))


def test_a_correction_is_the_next_version_and_the_same_words_are_none() -> None:
    begun = given(CONTENT, ContentDrafted(with_texts(written())), published)
    again = replace(written(), written_at=noon + day)
    begun.when(ReviseContent(with_texts(again))).then_nothing()
    other = replace(written(2), written_at=noon + day)
    corrected = ContentRevised(with_texts(replace(other, version=2)))
    begun.when(ReviseContent(with_texts(other))).then(corrected)
    third = replace(written(), written_at=noon + 2 * day)
    given(CONTENT, ContentDrafted(with_texts(written())), published, corrected).when(
        ReviseContent(with_texts(third))
    ).then(ContentRevised(with_texts(replace(third, version=3))))


def test_a_reader_is_told_of_changes_since_it_opened_to_them() -> None:
    text = written()
    assert changed_at(text, noon - day) == noon
    assert changed_at(text, noon) is None
    assert changed_at(text, noon + day) is None


def test_content_is_published_at_once_or_for_a_moment_to_come() -> None:
    given(CONTENT, drafted).when(PublishContent(None, noon)).then(published)
    given(CONTENT, drafted).when(PublishContent(noon + day, noon)).then(
        replace(published, visible_from=noon + day)
    )


def test_what_is_open_is_not_published_again() -> None:
    given(CONTENT, drafted, published).when(PublishContent(None, noon + day)).then_nothing()
    given(CONTENT, drafted, published).when(PublishContent(noon, noon + day)).then_nothing()


def test_what_is_open_is_not_closed_by_another_moment() -> None:
    given(CONTENT, drafted, published).when(
        PublishContent(noon + 2 * day, noon + day)
    ).then_rejected("content_open_already")


def test_what_is_scheduled_may_be_moved_or_published_at_once() -> None:
    scheduled = replace(published, visible_from=noon + day)
    given(CONTENT, drafted, scheduled).when(PublishContent(noon + 2 * day, noon)).then(
        replace(published, visible_from=noon + 2 * day)
    )
    given(CONTENT, drafted, scheduled).when(PublishContent(None, noon)).then(published)
    given(CONTENT, drafted, scheduled).when(PublishContent(noon + day, noon)).then_nothing()


def test_content_is_withdrawn_once_and_may_come_back() -> None:
    given(CONTENT, drafted, published).when(WithdrawContent()).then(ContentWithdrawn())
    given(CONTENT, drafted, published, ContentWithdrawn()).when(WithdrawContent()).then_nothing()
    given(CONTENT, drafted).when(WithdrawContent()).then_nothing()
    given(CONTENT, drafted, published, ContentWithdrawn()).when(
        PublishContent(noon + day, noon)
    ).then(replace(published, visible_from=noon + day))


def test_a_revision_replaces_what_was_said_of_it() -> None:
    other = replace(article(), audience="public")
    given(CONTENT, drafted, published).when(ReviseContent(other)).then(ContentRevised(other))
    given(CONTENT, drafted).when(ReviseContent(article())).then_nothing()


def test_what_was_never_drafted_is_not_there() -> None:
    given(CONTENT).when(PublishContent(None, noon)).then_rejected("content_not_found")
    given(CONTENT).when(ReviseContent(article())).then_rejected("content_not_found")
    given(CONTENT).when(WithdrawContent()).then_rejected("content_not_found")


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (replace(article(), words=()), "languages_out_of_range"),
        (
            replace(article(), words=tuple(words(f"l{n}") for n in range(MOST_LANGUAGES + 1))),
            "languages_out_of_range",
        ),
        (replace(article(), words=(words(), words())), "language_twice"),
        (
            replace(article(), parts=tuple(part(n) for n in range(MOST_PARTS + 1))),
            "files_out_of_range",
        ),
        (replace(article(), parts=(part(), part())), "file_twice"),
        (article("tiers"), "audience_and_tiers"),
        (article("members", (gold,)), "audience_and_tiers"),
        (article("members", (), (Early(gold, 1), Early(gold, 2))), "early_twice"),
        (article("members", (), (Early(gold, 0),)), "early_out_of_range"),
        (article("members", (), (Early(gold, EARLIEST + 1),)), "early_out_of_range"),
        (article("buyers", (), (Early(gold, 1),)), "early_to_outsiders"),
        (article("tiers", (silver,), (Early(gold, 1),)), "early_to_outsiders"),
    ],
)
def test_what_makes_no_sense_is_refused(wrong: Item, code: str) -> None:
    given(CONTENT).when(DraftContent(wrong)).then_rejected(code)
    given(CONTENT, drafted).when(ReviseContent(wrong)).then_rejected(code)


nobody, member = Reader(), Reader(is_member=True)
golden = Reader(is_member=True, tiers=frozenset({gold}))
buyer = Reader(bought=frozenset({this}))
never = None


@pytest.mark.parametrize(
    ("item", "reader", "moment"),
    [
        (article("public"), nobody, noon),
        (article("members"), nobody, never),
        (article("members"), member, noon),
        (article("tiers", (gold,)), member, never),
        (article("tiers", (gold,)), golden, noon),
        (article("tiers", (silver,)), golden, never),
        (article("buyers"), golden, never),
        (article("buyers"), buyer, noon),
        (article("tiers", (gold,)), buyer, noon),
        (article("members", (), (Early(gold, 48),)), golden, noon - 2 * day),
        (article("members", (), (Early(gold, 48),)), member, noon),
        (article("public", (), (Early(gold, 24),)), nobody, noon),
        (article("tiers", (gold, silver), (Early(gold, 24),)), golden, noon - day),
    ],
)
def test_content_opens_to_its_audience_early_to_some_and_to_who_bought_it(
    item: Item, reader: Reader, moment: datetime | None
) -> None:
    assert opens_at(item, noon, this, reader) == moment


def opening(opens: datetime | None, at: datetime) -> OpenContent:
    return OpenContent(ada, this, "article", opens, at)


opened = ContentOpened(ada, this, "article", noon.date())


def test_who_may_open_it_opens_it_and_that_counts_once_a_day() -> None:
    given(OPENING).when(opening(noon, noon)).then(opened)
    given(OPENING, opened).when(opening(noon, noon + timedelta(hours=1))).then_nothing()
    given(OPENING, opened).when(opening(noon, noon + day)).then(
        replace(opened, on=(noon + day).date())
    )


def test_who_wants_nothing_recorded_opens_it_all_the_same() -> None:
    given(OPENING).when(replace(opening(noon, noon), recorded=False)).then_nothing()


def test_what_is_closed_or_not_open_yet_is_not_opened() -> None:
    given(OPENING, opened).when(opening(None, noon)).then_rejected("content_closed")
    given(OPENING).when(opening(noon, noon - timedelta(seconds=1))).then_rejected(
        "content_not_open_yet"
    )
