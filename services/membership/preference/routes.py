"""Saying what one does not want to be sent: signed in, by staff, or by the link in a letter."""

from datetime import datetime
from typing import Annotated, get_args
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from services.membership.announcement.projections import bounced_since
from services.membership.community.projections import community_now, page_of
from services.membership.member.projections import member_now
from services.membership.preference import commands
from services.membership.preference.decider import PREFERENCE, Preferences, stream_of
from services.membership.preference.events import Channel, Kind, OptionalKind
from services.membership.preference.projections import preferences_now
from shared.auth import ExpiredLink, Link
from shared.decider import NotFound
from shared.http import Body, Caller, Written, needs
from shared.ids import PersonId
from shared.problem import Problem
from shared.reaction import Ask

router = APIRouter()

CHANNEL: Channel = "email"


class Preference(BaseModel):
    """`fixed` is what cannot be turned off."""

    channel: Channel
    kind: Kind
    wanted: bool
    fixed: bool


class PreferencesNow(BaseModel):
    """`bounced_since`: from then on the mail server of the person's address has refused it."""

    person_id: UUID
    preferences: list[Preference]
    bounced_since: datetime | None


@router.get("/people/{person_id}/preferences", operation_id="read_preferences")
async def read_preferences(
    person_id: PersonId, caller: Annotated[Caller, needs("members.read", or_self=True)]
) -> PreferencesNow:
    await member_now(caller.service, caller.community_id, person_id)
    now = await preferences_now(caller.service, caller.community_id, person_id)
    async with caller.read() as connection:
        bounced = await bounced_since(connection, person_id)
    return PreferencesNow(person_id=person_id, preferences=_preferences(now), bounced_since=bounced)


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
    channel: Channel
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


class Unsubscription(BaseModel):
    """What the link is about, for the page that asks whether it is meant."""

    community_id: UUID
    community: str
    colour: str
    logo: str | None
    channel: Channel
    kind: OptionalKind
    wanted: bool


@router.get("/public/unsubscriptions/{message_kind}/{link}", operation_id="read_unsubscription")
async def read_unsubscription(
    message_kind: OptionalKind, link: str, caller: Annotated[Caller, needs("public")]
) -> Unsubscription:
    """Looking changes nothing: programs that follow every link of a letter opt nobody out."""
    door = _door(caller, link)
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
    door = _door(caller, link)
    person_id = PersonId(door.subject)
    community = await community_now(caller.service, door.community_id)
    out = commands.Choice(CHANNEL, message_kind, wanted=False)
    choose = commands.ChoosePreferences(person_id, (out,), by="link")
    return await caller.ask(
        Ask(PREFERENCE, stream_of(person_id), choose),
        community_id=door.community_id,
        mode=community.mode,
    )


def _door(caller: Caller, link: str) -> Link:
    try:
        return caller.service.links.check(link, "unsubscribe", now=caller.now)
    except ExpiredLink as stale:
        raise Problem(403, "bad_link", "This link opens nothing.") from stale
