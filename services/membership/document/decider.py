"""A version never changes and none goes back in time; who accepted the latest that asks is not asked or told again."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import assert_never
from uuid import UUID

from services.membership.agreed import insist_on_versions
from services.membership.document import commands, events
from services.membership.document.events import DocumentPublished, Kind
from shared.decider import Decider, Rejected
from shared.ids import PersonId, derive

MOST_TRANSLATIONS = 9


def document_stream(community_id: UUID, kind: Kind) -> UUID:
    """The stream of a community's one document of a kind."""
    return derive(community_id, "document", kind)


def acceptance_stream(person_id: PersonId) -> UUID:
    """The stream of what a person accepted."""
    return derive(person_id, "documents")


def notice_stream(community_id: UUID, kind: Kind, number: int) -> UUID:
    """The stream of who was told of a version; apart, as whoever joins reads those of the documents."""
    return derive(document_stream(community_id, kind), "notice", str(number))


@dataclass(frozen=True, slots=True)
class Document:
    versions: tuple[DocumentPublished, ...] = ()

    def in_force(self, at: datetime) -> DocumentPublished | None:
        """The version that holds at a moment."""
        begun = [version for version in self.versions if version.effective_at <= at]
        return begun[-1] if begun else None

    def asks_for(self, at: datetime) -> int:
        """The number of the version that everybody must have accepted at a moment, or a later one; 0 for none."""
        asking = [one for one in self.versions if one.must_accept and one.effective_at <= at]
        return asking[-1].number if asking else 0

    def is_news(self, number: int, at: datetime) -> bool:
        """Whether people are to be told: no correction, nor a version that by then another one has replaced."""
        return self.asks_for(max(at, self.versions[number - 1].effective_at)) == number


def decide(command: commands.DocumentCommand, document: Document) -> list[events.DocumentEvent]:
    before = document.versions[-1] if document.versions else None
    if command.effective_at < command.at:
        raise Rejected(
            "effective_in_the_past",
            "Nothing holds before it is published.",
            pointer="/effective_at",
        )
    if before is not None and command.effective_at < before.effective_at:
        raise Rejected(
            "effective_before_the_last",
            "It would hold before the version it replaces.",
            pointer="/effective_at",
        )
    _check_languages(command)
    if before is not None and _said_in(command) == _said_in(before):
        raise Rejected(
            "nothing_changed", "This is the text of the last version.", pointer="/sha256"
        )
    return [
        DocumentPublished(
            kind=command.kind,
            number=len(document.versions) + 1,
            url=command.url,
            sha256=command.sha256,
            language=command.language,
            effective_at=command.effective_at,
            must_accept=command.must_accept,
            changes=command.changes,
            translations=command.translations,
        )
    ]


def _said_in(words: commands.PublishDocument | DocumentPublished) -> tuple[str, dict[str, str]]:
    """Which language binds, and the digest of each language's text."""
    digests: dict[str, str] = {text.language: text.sha256 for text in words.translations}
    return words.language, {words.language: words.sha256, **digests}


def _check_languages(command: commands.PublishDocument) -> None:
    if len(command.translations) > MOST_TRANSLATIONS:
        raise Rejected(
            "languages_out_of_range",
            "Not so many.",
            pointer="/translations",
            most=MOST_TRANSLATIONS,
        )
    _, digests = _said_in(command)
    if len(digests) <= len(command.translations):
        raise Rejected("language_twice", "Each language has one text.", pointer="/translations")


def evolve(document: Document, event: events.DocumentEvent) -> Document:
    return Document((*document.versions, event))


DOCUMENT: Decider[commands.DocumentCommand, Document, events.DocumentEvent] = Decider(
    "document",
    initial=Document(),
    decide=decide,
    evolve=evolve,
    commands=commands.DocumentCommand,
    events=events.DocumentEvent,
)


@dataclass(frozen=True, slots=True)
class Accepted:
    numbers: Mapping[Kind, int] = field(default_factory=dict)


def decide_acceptance(
    command: commands.AcceptanceCommand, accepted: Accepted
) -> list[events.AcceptanceEvent]:
    match command:
        case commands.AcceptDocument(person_id, named):
            insist_on_versions([named])
            kind, number, language = named.kind, named.number, named.shown
        case commands.RecordAcceptance(person_id, kind, number, language):
            pass
        case _:
            assert_never(command)
    if number <= accepted.numbers.get(kind, 0):
        return []
    return [events.DocumentAccepted(person_id, kind, number, language)]


def evolve_acceptance(accepted: Accepted, event: events.AcceptanceEvent) -> Accepted:
    return replace(accepted, numbers={**accepted.numbers, event.kind: event.number})


ACCEPTANCE: Decider[commands.AcceptanceCommand, Accepted, events.AcceptanceEvent] = Decider(
    "document_acceptance",
    initial=Accepted(),
    decide=decide_acceptance,
    evolve=evolve_acceptance,
    commands=commands.AcceptanceCommand,
    events=events.AcceptanceEvent,
)


@dataclass(frozen=True, slots=True)
class Notice:
    """People are told in the order of their ids, so that the last one says who has been."""

    last: PersonId | None = None


def decide_notice(command: commands.NoticeCommand, notice: Notice) -> list[events.NoticeEvent]:
    version = command.version
    people = sorted(
        reader.person_id
        for reader in command.readers
        if reader.member == "joined"
        and reader.accepted < version.number
        and (notice.last is None or reader.person_id > notice.last)
    )
    if not people:
        return []
    return [
        events.ReadersTold(
            kind=version.kind,
            number=version.number,
            url=version.url,
            effective_at=version.effective_at,
            changes=version.changes,
            people=tuple(people),
        )
    ]


def evolve_notice(_: Notice, event: events.NoticeEvent) -> Notice:
    return Notice(event.people[-1])


NOTICE: Decider[commands.NoticeCommand, Notice, events.NoticeEvent] = Decider(
    "document_notice",
    initial=Notice(),
    decide=decide_notice,
    evolve=evolve_notice,
    commands=commands.NoticeCommand,
    events=events.NoticeEvent,
)
