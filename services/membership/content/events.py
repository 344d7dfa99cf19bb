"""What happened to an item of content, and who opened it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, NewType
from uuid import UUID

from services.membership.file.events import FileId
from services.membership.text.events import TextId
from services.membership.tier.events import TierId
from shared.ids import Code, Label, PersonId

ContentId = NewType("ContentId", UUID)

Kind = Literal["news", "article", "video", "podcast", "document", "download"]
Audience = Literal["public", "members", "tiers", "buyers"]


@dataclass(frozen=True, slots=True)
class Words:
    """What everybody may read of it, in one language."""

    language: Code
    title: Label
    teaser: Label | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """A file of it: the pictures of an article, one episode, a workbook; in one language, or in none."""

    file_id: FileId
    name: Label
    media_type: Code
    size: int
    sha256: Code
    language: Code | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """What there is to read of it in one language, `size` bytes; `version` counts its corrections from 1."""

    language: Code
    text_id: TextId
    size: int
    written_at: datetime
    version: int = 1


@dataclass(frozen=True, slots=True)
class Early:
    """Who has the tier may open it so many hours before the others."""

    tier_id: TierId
    hours: int


@dataclass(frozen=True, slots=True)
class Item:
    """What it is, and who may open it; whoever bought it may in any case."""

    kind: Kind
    words: tuple[Words, ...]
    parts: tuple[Part, ...]
    audience: Audience
    tiers: tuple[TierId, ...] = ()
    early: tuple[Early, ...] = ()
    texts: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class ContentDrafted:
    item: Item


@dataclass(frozen=True, slots=True)
class ContentRevised:
    item: Item


@dataclass(frozen=True, slots=True)
class ContentPublished:
    """From `visible_from` on it may be opened, by some earlier; `kind` and `audience` are those of that moment."""

    kind: Kind
    audience: Audience
    visible_from: datetime


@dataclass(frozen=True, slots=True)
class ContentWithdrawn:
    """Nobody opens it any more, until it is published again."""


ContentEvent = ContentDrafted | ContentRevised | ContentPublished | ContentWithdrawn


@dataclass(frozen=True, slots=True)
class ContentOpened:
    """A person opened it, for the first time on this day."""

    person_id: PersonId
    content_id: ContentId
    kind: Kind
    on: date
