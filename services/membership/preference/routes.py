"""Saying what one does not want to be sent, and by which channels the rest: signed in, by staff, or by a link."""

from datetime import datetime
from typing import Annotated, get_args
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from services.membership.announcement.projections import bounced_since
from services.membership.arriving import opened_by
from services.membership.branding import BrandShown, brand_of
from services.membership.community.projections import community_now, page_of
from services.membership.direct.projections import linked_channels
from services.membership.member.projections import member_now
from services.membership.preference import commands
from services.membership.preference.decider import PREFERENCE, Preferences, ordered, stream_of
from services.membership.preference.events import Channel, Kind, Mail, OptionalKind, OptOutChannel
from services.membership.preference.projections import preferences_now
from shared.decider import NotFound
from shared.http import Body, Caller, Written, needs
from shared.ids import PersonId
from shared.reaction import Ask

router = APIRouter()

CHANNEL: OptOutChannel = "email"


class Preference(BaseModel):
    """`fixed` is what cannot be turned off."""

    channel: OptOutChannel
    kind: Kind
    wanted: bool
    fixed: bool


class KindOfMessage(BaseModel):
    """`channels` were chosen, `others` of them are open; by `mail` it comes too, only where none took it, or never."""

    kind: Kind
    channels: list[Channel]
    others: list[Channel]
    mail: Mail


class PreferencesNow(BaseModel):
    """`linked` can be chosen. `bounced_since`: from then on the mail server of the person's address has refused it."""

    person_id: UUID
    preferences: list[Preference]
    channels: list[KindOfMessage]
    linked: list[Channel]
    bounced_since: datetime | None


@router.get("/people/{person_id}/preferences", operation_id="read_preferences")
async def read_preferences(
    person_id: PersonId, caller: Annotated[Caller, needs("members.read", or_self=True)]
) -> PreferencesNow:
    await member_now(caller.service, caller.community_id, person_id)
    now = await preferences_now(caller.service, caller.community_id, person_id)
    async with caller.read() as connection:
        bounced = await bounced_since(connection, person_id)
    linked = await linked_channels(caller.service, caller.community_id, person_id)
    return PreferencesNow(
        person_id=person_id,
        preferences=_preferences(now),
        channels=[_kind(kind, now, linked) for kind in get_args(Kind)],
        linked=list(ordered(linked)),
        bounced_since=bounced,
    )


def _kind(kind: Kind, now: Preferences, linked: frozenset[Channel]) -> KindOfMessage:
    ways, chosen = now.ways(kind, linked), list(ordered(now.channels(kind)))
    return KindOfMessage(kind=kind, channels=chosen, others=list(ways.others), mail=ways.mail)


def _preferences(now: Preferences) -> list[Preference]:
    return [
        Preference(
            channel=CHANNEL,
            kind=kind,
            wanted=now.wants(CHANNEL, kind),
            fixed=kind == "transactional",
        )
        for kind in get_args(Kind)
    ]


class ChosenPreference(Body):
    channel: OptOutChannel
    kind: Kind
    wanted: bool


class ChoosePreferences(Body):
    preferences: list[ChosenPreference] = Field(min_length=1, max_length=20)


@router.put("/people/{person_id}/preferences", operation_id="choose_preferences")
async def choose_preferences(
    person_id: PersonId,
    body: ChoosePreferences,
    caller: Annotated[Caller, needs("members.write", strict=True, or_self=True)],
) -> Written:
    """Staff may opt somebody out who asked them to; back in comes nobody but by their own word."""
    await member_now(caller.service, caller.community_id, person_id)
    principal = caller.principal
    choose = commands.ChoosePreferences(
        person_id=person_id,
        choices=tuple(
            commands.Choice(chosen.channel, chosen.kind, chosen.wanted)
            for chosen in body.preferences
        ),
        by="person" if principal and principal.person_id == person_id else "staff",
    )
    return await caller.ask(Ask(PREFERENCE, stream_of(person_id), choose))


class ChooseChannels(Body):
    """Without `email`, mail comes only where no other channel takes a message; what is transactional has it always."""

    channels: list[Channel] = Field(max_length=5)


@router.put("/me/channels/{message_kind}", operation_id="choose_channels")
async def choose_channels(
    message_kind: Kind, body: ChooseChannels, caller: Annotated[Caller, needs("person")]
) -> Written:
    """By which channels messages of this kind come: nobody but the person says so."""
    person_id = PersonId(caller.person_id)
    linked = await linked_channels(caller.service, caller.community_id, person_id)
    choose = commands.ChooseChannels(person_id, message_kind, frozenset(body.channels), linked)
    return await caller.ask(Ask(PREFERENCE, stream_of(person_id), choose))


class Unsubscription(BaseModel):
    """What the link is about, for the page that asks whether it is meant."""

    community_id: UUID
    community: str
    colour: str
    logo: str | None
    brand: BrandShown
    channel: OptOutChannel
    kind: OptionalKind
    wanted: bool


@router.get("/public/unsubscriptions/{message_kind}/{link}", operation_id="read_unsubscription")
async def read_unsubscription(
    message_kind: OptionalKind, link: str, caller: Annotated[Caller, needs("public")]
) -> Unsubscription:
    """Looking changes nothing: programs that follow every link of a letter opt nobody out."""
    door = opened_by(caller, link, "unsubscribe")
    async with caller.read(door.community_id) as connection:
        page = await page_of(connection, door.community_id)
    if page is None:
        raise NotFound("community_not_found", "There is no such community.")
    now = await preferences_now(caller.service, door.community_id, door.subject)
    return Unsubscription(
        community_id=page.community_id,
        community=page.name,
        colour=page.colour,
        logo=page.logo,
        brand=brand_of(page),
        channel=CHANNEL,
        kind=message_kind,
        wanted=now.wants(CHANNEL, message_kind),
    )


@router.post("/public/unsubscriptions/{message_kind}/{link}", operation_id="unsubscribe_person")
async def unsubscribe_person(
    message_kind: OptionalKind,
    link: str,
    caller: Annotated[Caller, needs("public", idempotent=False)],
) -> Written:
    """RFC 8058: a mail program posts `List-Unsubscribe=One-Click` here, without cookies or keys; twice is once."""
    door = opened_by(caller, link, "unsubscribe")
    person_id = PersonId(door.subject)
    community = await community_now(caller.service, door.community_id)
    out = commands.Choice(CHANNEL, message_kind, wanted=False)
    choose = commands.ChoosePreferences(person_id, (out,), by="link")
    return await caller.ask(
        Ask(PREFERENCE, stream_of(person_id), choose),
        community_id=door.community_id,
        mode=community.mode,
    )
