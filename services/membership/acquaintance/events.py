"""Whom a person has to do with through introductions; the stream is derived from the person."""

from dataclasses import dataclass
from uuid import UUID

from services.membership.introduction.events import EndedBecause


@dataclass(frozen=True, slots=True)
class WishOpened:
    """They asked for this introduction, and it waits."""

    introduction_id: UUID


@dataclass(frozen=True, slots=True)
class WishClosed:
    introduction_id: UUID


@dataclass(frozen=True, slots=True)
class WishHeard:
    """Somebody else asked for it."""

    introduction_id: UUID


@dataclass(frozen=True, slots=True)
class AcquaintancesLeft:
    """The person is no member any more, and all of these end."""

    cause: EndedBecause
    introductions: tuple[UUID, ...]


AcquaintanceEvent = WishOpened | WishClosed | WishHeard | AcquaintancesLeft
