from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from services.membership.agreed import Named
from services.membership.document.commands import (
    AcceptDocument,
    PublishDocument,
    Reader,
    RecordAcceptance,
    TellReaders,
)
from services.membership.document.decider import (
    ACCEPTANCE,
    DOCUMENT,
    MOST_TRANSLATIONS,
    NOTICE,
    Document,
)
from services.membership.document.events import (
    DocumentAccepted,
    DocumentPublished,
    ReadersTold,
    Text,
)
from services.membership.member.events import StandingNow
from shared.ids import Code, Label, PersonId
from shared.testing import given

ada, bob, cy = (PersonId(UUID(int=number)) for number in (1, 2, 3))
today = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
soon, later = today + timedelta(days=14), today + timedelta(days=30)
text = Code("https://club.example/terms.pdf")


def published(number: int, effective_at: datetime = today, **more: object) -> DocumentPublished:
    told = DocumentPublished(
        kind="terms",
        number=number,
        url=text,
        sha256=Code(f"{number:064x}"),
        language=Code("en"),
        effective_at=effective_at,
        must_accept=True,
        changes=None,
    )
    return replace(told, **more)  # type: ignore[arg-type]


def publish(number: int, effective_at: datetime = today) -> PublishDocument:
    told = published(number)
    return PublishDocument(
        "terms", text, told.sha256, Code("en"), effective_at, True, None, today  # noqa: FBT003
    )  # fmt: skip


def test_versions_are_numbered_from_one() -> None:
    given(DOCUMENT).when(publish(1)).then(published(1))
    given(DOCUMENT, published(1)).when(publish(2, soon)).then(published(2, soon))
    given(DOCUMENT, published(1), published(2)).when(publish(3)).then(published(3))


def test_what_changed_is_said_in_public_words() -> None:
    told = replace(publish(1), changes=Label("Plain words"), must_accept=False)
    minor = published(1, changes=Label("Plain words"), must_accept=False)
    given(DOCUMENT).when(told).then(minor)


def test_nothing_holds_before_it_is_published() -> None:
    past = publish(1, today - timedelta(seconds=1))
    given(DOCUMENT).when(past).then_rejected("effective_in_the_past")


def test_a_version_holds_no_earlier_than_the_one_it_replaces() -> None:
    history = (published(1), published(2, later))
    given(DOCUMENT, *history).when(publish(3, soon)).then_rejected("effective_before_the_last")
    given(DOCUMENT, *history).when(publish(3, later)).then(published(3, later))


def test_the_same_text_is_no_new_version() -> None:
    again = replace(publish(2), sha256=published(1).sha256)
    given(DOCUMENT, published(1)).when(again).then_rejected("nothing_changed")


french = Text(Code("fr"), Code("https://club.example/conditions.pdf"), Code("f" * 64))


def test_a_version_may_be_read_in_other_languages_than_the_one_that_binds() -> None:
    both = replace(publish(1), translations=(french,))
    given(DOCUMENT).when(both).then(published(1, translations=(french,)))
    texts = published(1, translations=(french,)).texts
    assert [one.language for one in texts] == ["en", "fr"]


def test_each_language_has_one_text_and_there_are_not_too_many() -> None:
    again = replace(french, language=Code("en"))
    given(DOCUMENT).when(replace(publish(1), translations=(again,))).then_rejected("language_twice")
    given(DOCUMENT).when(replace(publish(1), translations=(french, french))).then_rejected(
        "language_twice"
    )
    many = tuple(
        replace(french, language=Code(f"x{letter}")) for letter in "abcdefghij"[:MOST_TRANSLATIONS]
    )
    given(DOCUMENT).when(replace(publish(1), translations=many)).then(
        published(1, translations=many)
    )
    too_many = replace(publish(1), translations=(*many, french))
    given(DOCUMENT).when(too_many).then_rejected("languages_out_of_range")


def test_another_translation_or_another_that_binds_is_another_version() -> None:
    told = published(1)
    more = replace(publish(2), sha256=told.sha256, translations=(french,))
    version = published(2, sha256=told.sha256, translations=(french,))
    given(DOCUMENT, told).when(more).then(version)
    third = replace(more, sha256=told.sha256)
    given(DOCUMENT, told, version).when(third).then_rejected("nothing_changed")
    swapped = replace(
        more,
        language=french.language,
        sha256=french.sha256,
        translations=(Text(told.language, told.url, told.sha256),),
    )
    given(DOCUMENT, told, version).when(swapped).then(
        published(
            3,
            language=french.language,
            sha256=french.sha256,
            translations=(Text(told.language, told.url, told.sha256),),
        )
    )


def test_a_version_is_in_force_until_the_next_one_is() -> None:
    document = Document((published(1, today), published(2, soon)))
    assert document.in_force(today - timedelta(seconds=1)) is None
    assert document.in_force(today) == published(1, today)
    assert document.in_force(soon) == published(2, soon)


def test_people_are_asked_for_the_latest_version_that_asks() -> None:
    minor = published(2, soon, must_accept=False)
    document = Document((published(1), minor, published(3, later)))
    moments = (today - timedelta(seconds=1), today, soon, later)
    assert [document.asks_for(moment) for moment in moments] == [0, 1, 1, 3]


def accept(number: int, in_force: int = 2, latest: int = 3) -> AcceptDocument:
    return AcceptDocument(ada, Named("terms", number, in_force, latest, Code("/version")))


def test_what_holds_or_is_announced_can_be_accepted_once() -> None:
    accepted = DocumentAccepted(ada, "terms", 2)
    given(ACCEPTANCE).when(accept(2)).then(accepted)
    given(ACCEPTANCE, accepted).when(accept(2)).then_nothing()
    given(ACCEPTANCE, accepted).when(accept(3)).then(DocumentAccepted(ada, "terms", 3))
    announced = DocumentAccepted(ada, "terms", 3)
    given(ACCEPTANCE, announced).when(accept(2)).then_nothing()


def test_one_document_says_nothing_of_another() -> None:
    privacy = DocumentAccepted(ada, "privacy", 3)
    given(ACCEPTANCE, privacy).when(accept(2)).then(DocumentAccepted(ada, "terms", 2))


def shown_in(language: str | None, *there: str) -> AcceptDocument:
    languages = tuple(Code(one) for one in there)
    asked = Code(language) if language else None
    return AcceptDocument(ada, Named("terms", 2, 2, 3, Code("/version"), asked, languages))


def test_it_is_known_in_which_language_it_was_shown() -> None:
    in_french = DocumentAccepted(ada, "terms", 2, Code("fr"))
    given(ACCEPTANCE).when(shown_in("fr", "en", "fr")).then(in_french)
    given(ACCEPTANCE).when(shown_in(None, "fr")).then(in_french)
    given(ACCEPTANCE).when(shown_in(None, "en", "fr")).then(DocumentAccepted(ada, "terms", 2))
    given(ACCEPTANCE, in_french).when(shown_in("en", "en", "fr")).then_nothing()
    elsewhere = RecordAcceptance(ada, "terms", 2, Code("fr"))
    given(ACCEPTANCE).when(elsewhere).then(in_french)


def test_it_is_not_accepted_in_a_language_that_it_is_not_in() -> None:
    given(ACCEPTANCE).when(shown_in("de", "en", "fr")).then_rejected("document_not_in_language")


def test_what_was_replaced_or_never_was_is_not_accepted() -> None:
    given(ACCEPTANCE).when(accept(1)).then_rejected("document_replaced")
    given(ACCEPTANCE).when(accept(4)).then_rejected("document_not_found")
    given(ACCEPTANCE).when(accept(0)).then_rejected("document_not_found")
    given(ACCEPTANCE).when(accept(1, in_force=0, latest=0)).then_rejected("document_not_found")


def test_the_refusal_points_at_where_the_request_names_the_version() -> None:
    where = Code("/accepted_documents/0/version")
    joining = AcceptDocument(ada, replace(accept(1).named, pointer=where))
    for command in (accept(1), joining):
        refusal = given(ACCEPTANCE).when(command).refusal
        assert refusal is not None
        assert refusal.pointer == command.named.pointer


def test_what_was_accepted_elsewhere_counts_whatever_holds_by_now() -> None:
    told = RecordAcceptance(ada, "terms", 1)
    accepted = DocumentAccepted(ada, "terms", 1)
    given(ACCEPTANCE).when(told).then(accepted)
    given(ACCEPTANCE, accepted).when(told).then_nothing()
    given(ACCEPTANCE, DocumentAccepted(ada, "terms", 2)).when(told).then_nothing()


def reader(who: PersonId, member: StandingNow = "joined", accepted: int = 1) -> Reader:
    return Reader(who, member, accepted)


def told(*people: PersonId) -> ReadersTold:
    version = published(2, soon, changes=Label("Plain words"))
    return ReadersTold("terms", 2, version.url, soon, version.changes, people)


def tell(*readers: Reader) -> TellReaders:
    return TellReaders(published(2, soon, changes=Label("Plain words")), readers)


def test_members_who_have_not_accepted_a_version_are_told_of_it() -> None:
    both = tell(reader(bob), reader(ada, accepted=0))
    given(NOTICE).when(both).then(told(ada, bob))


def test_who_has_accepted_it_or_a_later_one_is_not_told() -> None:
    accepted = tell(reader(ada, accepted=2), reader(bob, accepted=3))
    given(NOTICE).when(accepted).then_nothing()


def test_who_is_no_member_is_not_told() -> None:
    standings: tuple[StandingNow, ...] = ("unknown", "left", "banned", "taken_in", "erased")
    gone = [reader(ada, standing) for standing in standings]
    given(NOTICE).when(tell(*gone, reader(bob))).then(told(bob))


def test_nobody_is_told_of_a_version_twice() -> None:
    history = (told(ada), told(bob))
    given(NOTICE, *history).when(tell(reader(ada), reader(bob))).then_nothing()
    given(NOTICE, *history).when(tell(reader(bob), reader(cy))).then(told(cy))


def test_a_correction_is_no_news() -> None:
    document = Document((published(1), published(2, must_accept=False)))
    assert document.is_news(1, today)
    assert not document.is_news(2, today)
    assert not Document((published(1, must_accept=False),)).is_news(1, today)


def test_what_another_version_has_replaced_by_then_is_no_news() -> None:
    at_once = Document((published(1), published(2, today + timedelta(minutes=1))))
    looks = [at_once.is_news(1, today + timedelta(minutes=minute)) for minute in (0, 1)]
    assert looks == [True, False]
    of_one_day = Document((published(1), published(2, soon), published(3, soon)))
    assert [of_one_day.is_news(number, today) for number in (2, 3)] == [False, True]
    each_its_day = Document((published(1), published(2, soon), published(3, later)))
    assert [each_its_day.is_news(number, today) for number in (2, 3)] == [True, True]
