"""Content opens to whom its audience names, from its moment on, to some tiers earlier; to who bought it in any case."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal, assert_never
from uuid import UUID

from services.membership.content import commands, events
from services.membership.content.events import ContentId, Item, Text
from services.membership.content.rules.items import check, check_whole, counted
from services.membership.tier.events import TierId
from shared.decider import Decider, NotFound, Rejected
from shared.ids import PersonId, derive

Standing = Literal["draft", "published", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Content:
    item: Item
    standing: Standing = "draft"
    visible_from: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks: by default somebody nobody knows."""

    is_member: bool = False
    tiers: frozenset[TierId] = frozenset()
    bought: frozenset[ContentId] = frozenset()


def opens_at(
    item: Item, visible_from: datetime, content_id: ContentId, reader: Reader
) -> datetime | None:
    """When published content opens to this reader; None when it never does."""
    is_for_reader = (
        item.audience == "public"
        or (item.audience == "members" and reader.is_member)
        or not reader.tiers.isdisjoint(item.tiers)
        or content_id in reader.bought
    )
    moments = [visible_from] if is_for_reader else []
    moments += [
        visible_from - timedelta(hours=early.hours)
        for early in item.early
        if early.tier_id in reader.tiers
    ]
    return min(moments, default=None)


def changed_at(text: Text, opening: datetime) -> datetime | None:
    """When it was corrected, for somebody to whom it had opened before."""
    return text.written_at if text.written_at > opening else None


def check_open(opening: datetime | None, at: datetime) -> None:
    if opening is None:
        raise Rejected("content_closed", "It is not open to this person.")
    if at < opening:
        raise Rejected("content_not_open_yet", "It opens later.", opens_at=opening.isoformat())


def decide(command: commands.ContentCommand, content: Content | None) -> list[events.ContentEvent]:
    match command:
        case commands.DraftContent() if content is not None:
            return []
        case commands.DraftContent(item):
            check(item)
            return [events.ContentDrafted(item)]
        case _ if content is None:
            raise NotFound("content_not_found", "There is no such content.")
        case commands.ReviseContent(item):
            return _revise(content, item)
        case commands.PublishContent(visible_from, at):
            return _publish(content, visible_from, at)
        case commands.WithdrawContent():
            return [events.ContentWithdrawn()] if content.standing == "published" else []
        case _:
            assert_never(command)


def _revise(content: Content, asked: Item) -> list[events.ContentEvent]:
    item = counted(asked, content.item)
    if item == content.item:
        return []
    check(item)
    if content.standing == "published":
        check_whole(item)
    return [events.ContentRevised(item)]


def _publish(content: Content, asked: datetime | None, at: datetime) -> list[events.ContentEvent]:
    before = content.visible_from if content.standing == "published" else None
    is_open = before is not None and before <= at
    if before is not None and asked in (before, None) and (asked or is_open):
        return []
    if is_open:
        raise Rejected("content_open_already", "It is open; withdraw it first.")
    check_whole(content.item)
    item = content.item
    return [events.ContentPublished(item.kind, item.audience, asked or at)]


def evolve(content: Content | None, event: events.ContentEvent) -> Content | None:
    match event:
        case events.ContentDrafted(item):
            return Content(item)
        case events.ContentRevised(item):
            return content and replace(content, item=item)
        case events.ContentPublished(visible_from=visible_from):
            return content and replace(content, standing="published", visible_from=visible_from)
        case events.ContentWithdrawn():
            return content and replace(content, standing="withdrawn")
        case _:
            assert_never(event)


CONTENT: Decider[commands.ContentCommand, Content | None, events.ContentEvent] = Decider(
    "content",
    initial=None,
    decide=decide,
    evolve=evolve,
    commands=commands.ContentCommand,
    events=events.ContentEvent,
)


@dataclass(frozen=True, slots=True)
class Opened:
    """The last day on which the person opened it."""

    on: date | None = None


def opening_of(content_id: ContentId, person_id: PersonId) -> UUID:
    return derive(person_id, "opening", str(content_id))


def decide_opening(command: commands.OpenContent, opened: Opened) -> list[events.ContentOpened]:
    check_open(command.opens_at, command.at)
    if not command.recorded or opened.on == command.at.date():
        return []
    return [
        events.ContentOpened(command.person_id, command.content_id, command.kind, command.at.date())
    ]


def evolve_opening(_: Opened, event: events.ContentOpened) -> Opened:
    return Opened(event.on)


OPENING: Decider[commands.OpenContent, Opened, events.ContentOpened] = Decider(
    "opening",
    initial=Opened(),
    decide=decide_opening,
    evolve=evolve_opening,
    commands=commands.OpenContent,
    events=events.ContentOpened,
)
