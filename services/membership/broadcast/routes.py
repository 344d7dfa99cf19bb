"""Announcements: write, see who would get what, say when, stop, and see what became of each copy."""

import json
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, BaseModel, Field, model_validator

from services.membership.announcement.events import NotSentReason
from services.membership.audience.projections import reach_of
from services.membership.branding import look_of
from services.membership.broadcast import commands
from services.membership.broadcast.decider import BROADCAST, Broadcast, author_of
from services.membership.broadcast.events import Access, Segment, Text
from services.membership.broadcast.projections import (
    BroadcastRow,
    Copy,
    broadcast_now,
    broadcast_of,
    broadcasts_of,
    copies_of,
    outcomes_of,
    words_in,
)
from services.membership.community.projections import CommunityPage, page_of
from services.membership.direct.projections import CopiesBy, copies_by_channel
from services.membership.gateways.gateway import Letter, WayOut
from services.membership.gateways.pages import drawn
from services.membership.member.events import Language
from services.membership.preference.events import Channel, OptOutChannel
from services.membership.tier.events import TierId
from services.membership.tier.projections import tiers_of
from shared.decider import NotFound
from shared.event_store import Unavailable
from shared.http import Body, Caller, Page, Written, by_moment, listing, needs, paging
from shared.ids import Code, derive
from shared.problem import Problem, error
from shared.reaction import Ask

router = APIRouter()

MOST_BYTES = 21_000  # Two languages, sealed, fit an event.


class AnnouncementText(Body):
    """`text` is Markdown: paragraphs, emphasis, headings, lists, quotes and links; HTML in it is shown as it stands."""

    language: Language
    subject: str = Field(min_length=1, max_length=200, pattern=r"^[^\r\n]*$")
    text: str = Field(min_length=1, max_length=MOST_BYTES)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if len(self.as_json().encode()) > MOST_BYTES:
            raise ValueError("is too long")
        return self

    def as_json(self) -> str:
        words = {"subject": self.subject, "text": self.text}
        return json.dumps(words, ensure_ascii=False)


class AnnouncementSegment(Body):
    """All members, or all holders of a ticket of a gathering; each condition leaves out who does not meet it.

    `at_risk` are those whose subscription is past due or going to end, and who do far less than usual where the
    community wants to know (analytics' `risk-watch`); nothing in the letter says so.
    """

    tiers: list[UUID] = Field(default=[], max_length=50)
    access: Access = "any"
    joined_from: AwareDatetime | None = None
    joined_before: AwareDatetime | None = None
    gathering_id: UUID | None = None
    at_risk: bool = False


class WriteAnnouncement(Body):
    """In one language or in both; who reads neither more easily gets the one there is."""

    texts: list[AnnouncementText] = Field(min_length=1, max_length=2)
    segment: AnnouncementSegment = AnnouncementSegment()

    @model_validator(mode="after")
    def _each_language_once(self) -> Self:
        if len({text.language for text in self.texts}) < len(self.texts):
            raise ValueError("has a language twice")
        return self


class Drafted(Written):
    announcement_id: UUID


@router.post("/announcements", status_code=201, operation_id="draft_announcement")
async def draft_announcement(
    body: WriteAnnouncement, caller: Annotated[Caller, needs("announcements.write", strict=True)]
) -> Drafted:
    """Nobody is written to before it is scheduled."""
    announcement_id = caller.new_id("announcement")
    draft = commands.DraftBroadcast(
        await _texts(caller, announcement_id, body), await _segment(caller, body)
    )
    written = await caller.ask(Ask(BROADCAST, announcement_id, draft))
    return Drafted(**written.model_dump(), announcement_id=announcement_id)


@router.put("/announcements/{announcement_id}", operation_id="revise_announcement")
async def revise_announcement(
    announcement_id: UUID,
    body: WriteAnnouncement,
    caller: Annotated[Caller, needs("announcements.write", strict=True)],
) -> Written:
    """As long as it has not begun to go out."""
    await broadcast_now(caller.service, caller.community_id, announcement_id)
    revise = commands.ReviseBroadcast(
        await _texts(caller, announcement_id, body), await _segment(caller, body)
    )
    return await caller.ask(Ask(BROADCAST, announcement_id, revise))


async def _texts(
    caller: Caller, announcement_id: UUID, body: WriteAnnouncement
) -> tuple[Text, ...]:
    author = author_of(announcement_id)
    return tuple(
        [Text(text.language, await caller.seal(author, text.as_json())) for text in body.texts]
    )


async def _segment(caller: Caller, body: WriteAnnouncement) -> Segment:
    wanted = body.segment
    async with caller.read() as connection:
        tiers = {tier.tier_id for tier in await tiers_of(connection, caller.community_id)}
    if not tiers.issuperset(map(TierId, wanted.tiers)):
        wrong = error("tier_not_found", "There is no such tier.", "/segment/tiers")
        raise Problem(422, "invalid_request", wrong["detail"], errors=[wrong])
    return Segment(
        tiers=tuple(TierId(tier_id) for tier_id in dict.fromkeys(wanted.tiers)),
        access=wanted.access,
        joined_from=wanted.joined_from,
        joined_before=wanted.joined_before,
        gathering_id=wanted.gathering_id,
        at_risk=wanted.at_risk,
    )


class ChannelCount(BaseModel):
    channel: OptOutChannel
    recipients: int


class OtherCount(BaseModel):
    channel: Channel
    recipients: int


class LeftOut(BaseModel):
    reason: NotSentReason
    people: int


class Rendered(BaseModel):
    """As it would be read, but for the link by which a reader opts out."""

    language: Language
    subject: str
    plain: str
    html: str


class Preview(BaseModel):
    """Whom it would go to if it were due now; `others` chose another channel than mail, or one beside it."""

    audience: int
    channels: list[ChannelCount]
    others: list[OtherCount]
    left_out: list[LeftOut]
    rendered: list[Rendered]


@router.post("/announcements/{announcement_id}/preview", operation_id="preview_announcement")
async def preview_announcement(
    announcement_id: UUID,
    caller: Annotated[Caller, needs("announcements.write", idempotent=False)],
) -> Preview:
    broadcast = await broadcast_now(caller.service, caller.community_id, announcement_id)
    async with caller.read() as connection:
        page = await page_of(connection, caller.community_id)
        reach = await reach_of(connection, caller.community_id, broadcast.segment)
    if page is None:
        raise Unavailable("The community's page is not there yet.")
    mailed, others = reach.by_channel.pop("email"), sorted(reach.by_channel.items())
    left_out = sorted(reach.left_out.items())
    return Preview(
        audience=reach.audience,
        channels=[ChannelCount(channel="email", recipients=mailed)],
        others=[OtherCount(channel=channel, recipients=people) for channel, people in others],
        left_out=[LeftOut(reason=reason, people=people) for reason, people in left_out],
        rendered=await _rendered(caller, announcement_id, broadcast, page),
    )


async def _rendered(
    caller: Caller, announcement_id: UUID, broadcast: Broadcast, page: CommunityPage
) -> list[Rendered]:
    rendered = []
    for text in broadcast.texts:
        found = await words_in(caller.service, broadcast, text.language)
        if found is None:
            continue
        letter = Letter(
            key=derive(announcement_id, "preview"),
            to="",
            sender=page.name,
            template=Code("announcement"),
            language=text.language,
            values={},
            look=look_of(page),
            words=found[1],
            way_out=WayOut("announcement", one_click="#", page="#"),
        )
        rendered.append(Rendered(language=text.language, **asdict(drawn(letter))))
    return rendered


class ScheduleAnnouncement(Body):
    """At once when no time is given."""

    at: AwareDatetime | None = None


@router.post("/announcements/{announcement_id}/schedule", operation_id="schedule_announcement")
async def schedule_announcement(
    announcement_id: UUID,
    body: ScheduleAnnouncement,
    caller: Annotated[Caller, needs("announcements.write", strict=True)],
) -> Written:
    """Again for another time, until it begins to go out."""
    schedule = commands.ScheduleBroadcast(body.at or caller.now, caller.now)
    return await caller.ask(Ask(BROADCAST, announcement_id, schedule))


@router.post("/announcements/{announcement_id}/cancellation", operation_id="cancel_announcement")
async def cancel_announcement(
    announcement_id: UUID, caller: Annotated[Caller, needs("announcements.write", strict=True)]
) -> Written:
    """Even while it goes out: who has not been written to will not be."""
    return await caller.ask(Ask(BROADCAST, announcement_id, commands.CancelBroadcast()))


@router.post(
    "/announcements/{announcement_id}/erasure", status_code=202, operation_id="erase_announcement"
)
async def erase_announcement(
    announcement_id: UUID, caller: Annotated[Caller, needs("announcements.write", strict=True)]
) -> Written:
    """Its text is forgotten, for whoever is named in it; who was written to stays known."""
    return await caller.ask(Ask(BROADCAST, announcement_id, commands.ForgetText()))


class Announcements(BaseModel):
    items: list[BroadcastRow]
    next: str | None


@router.get("/announcements", operation_id="list_announcements")
async def list_announcements(
    caller: Annotated[Caller, needs("members.read")], page: Annotated[Page, Depends(paging)]
) -> Announcements:
    """The newest first."""
    async with caller.read() as connection:
        rows = await broadcasts_of(
            connection, caller.community_id, before=page.cursor(by_moment), limit=page.limit + 1
        )
    return Announcements(
        **page.answer(rows, lambda last: f"{last.drafted_at.isoformat()} {last.broadcast_id}")
    )


class SavedText(BaseModel):
    language: Language
    subject: str
    text: str


class Announcement(BaseModel):
    """`sent` and `not_sent` are letters, `others` what went by other channels; the rest of the `audience` waits."""

    announcement_id: UUID
    standing: str
    texts: list[SavedText]
    segment: AnnouncementSegment
    drafted_at: datetime
    due: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    audience: int | None
    sent: int
    not_sent: list[LeftOut]
    others: list[CopiesBy]


@router.get("/announcements/{announcement_id}", operation_id="read_announcement")
async def read_announcement(
    announcement_id: UUID, caller: Annotated[Caller, needs("members.read")]
) -> Announcement:
    async with caller.read() as connection:
        row = await broadcast_of(connection, announcement_id)
        outcomes = await outcomes_of(connection, announcement_id)
        others = await copies_by_channel(connection, announcement_id)
    if row is None:
        raise NotFound("announcement_not_found", "There is no such announcement.")
    broadcast = await broadcast_now(caller.service, caller.community_id, announcement_id)
    found = [await words_in(caller.service, broadcast, text.language) for text in broadcast.texts]
    told = {name: getattr(row, name) for name in row.__slots__ if name != "broadcast_id"}
    return Announcement(
        announcement_id=announcement_id,
        texts=[
            SavedText(language=each[0], subject=each[1].subject, text=each[1].text)
            for each in found
            if each
        ],
        segment=AnnouncementSegment(**asdict(broadcast.segment)),
        others=others,
        sent=outcomes.pop(None, 0),
        not_sent=[
            LeftOut(reason=reason, people=copies) for reason, copies in outcomes.items() if reason
        ],
        **told,
    )


class Copies(BaseModel):
    items: list[Copy]
    next: str | None


@router.get("/announcements/{announcement_id}/copies", operation_id="list_announcement_copies")
async def list_announcement_copies(
    announcement_id: UUID,
    caller: Annotated[Caller, needs("members.read")],
    page: Annotated[Page, Depends(listing(filters=("outcome",)))],
) -> Copies:
    """What became of each, by person; `filter[outcome]` is `sent` or the reason why not."""
    async with caller.read() as connection:
        if await broadcast_of(connection, announcement_id) is None:
            raise NotFound("announcement_not_found", "There is no such announcement.")
        rows = await copies_of(
            connection,
            announcement_id,
            outcome=page.filters.get("outcome"),
            after=page.cursor(UUID),
            limit=page.limit + 1,
        )
    return Copies(**page.answer(rows, lambda last: last.person_id))
