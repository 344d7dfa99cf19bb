"""What a message says, to whom and in which words: the same whatever carries it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import urljoin
from uuid import UUID

from services.membership.announcement.events import Content
from services.membership.branding import look_of
from services.membership.broadcast.projections import broadcast_now, words_in
from services.membership.community.projections import CommunityPage, page_of
from services.membership.domain.projections import origin_of
from services.membership.gateways.gateway import Language, Letter, Value
from services.membership.gateways.mail_reports import LetterMark
from services.membership.guest.projections import guest_now
from services.membership.member.projections import profile_of
from services.membership.preference.events import Kind
from shared.event_store import Unavailable
from shared.ids import Code, Label, PersonId
from shared.money import Money
from shared.personal_value import Sealed

COPY = Code("announcement")
NEWS = frozenset((
    "level_reached", "improvement_polled", "improvement_leaving", "improvement_spoken", "exit_asked", COPY,
))  # fmt: skip
"""What nobody bought, or needs to know."""


MEMBERS_OWN = frozenset(("idea_answered",))
"""What is no news to who is no member any more."""


class Here(Protocol):
    """Where a message is written: by whoever sends it, or for whoever reads it."""

    @property
    def service(self) -> Any: ...

    @property
    def community_id(self) -> UUID: ...


@dataclass(frozen=True, slots=True)
class Addressee:
    page: CommunityPage
    address: str
    language: Language


def kind_of(template: str) -> Kind:
    """Who asks for a message names the template, and with it whether it may be turned off."""
    if template in NEWS:
        return "announcement"
    return "reminder" if template.endswith("_reminder") else "transactional"


async def addressee_of(
    person_id: PersonId, here: Here, to: Sealed | None = None
) -> Addressee | None:
    """None for who was never known, or is forgotten; `to` an address that was theirs, where that is asked for.

    Unavailable while the read model does not know the community, as after an upgrade: nobody is unknown for that.
    """
    service = here.service
    async with service.pool.acquire() as connection:
        page = await page_of(connection, here.community_id)
    if page is None:
        raise Unavailable("The community's page is not there yet.")
    profile = await profile_of(service, person_id) or await guest_now(
        service, here.community_id, person_id
    )
    address = (await service.vault.open([to or profile.email]))[0] if profile else None
    if profile is None or address is None:
        return None
    return Addressee(page, address, profile.language)


async def letter_of(
    message_id: UUID,
    template: Code,
    content: Content,
    addressee: Addressee,
    here: Here,
) -> Letter:
    """By a template, with its values opened."""
    origin = await origin_of(here.service, here.community_id)
    texts = await here.service.vault.open([value for _, value in content.sealed])
    opened: dict[str, Value] = {
        name: text for (name, _), text in zip(content.sealed, texts, strict=True) if text
    }
    return Letter(
        key=message_id,
        mark=LetterMark(message_id, here.community_id).written(),
        to=addressee.address,
        sender=addressee.page.name,
        template=template,
        language=addressee.language,
        values={**{name: _spoken(value) for name, value in content.values}, **opened},
        link=content.link and urljoin(origin, content.link),
        time_zone=addressee.page.time_zone,
        look=look_of(addressee.page),
    )


async def copy_of(
    message_id: UUID, broadcast_id: UUID, addressee: Addressee, here: Here
) -> Letter | None:
    """One person's copy of what goes to many; None once its text was forgotten."""
    broadcast = await broadcast_now(here.service, here.community_id, broadcast_id)
    found = await words_in(here.service, broadcast, addressee.language)
    if found is None:
        return None
    return Letter(
        key=message_id,
        mark=LetterMark(message_id, here.community_id).written(),
        to=addressee.address,
        sender=addressee.page.name,
        template=COPY,
        language=found[0],
        values={},
        look=look_of(addressee.page),
        words=found[1],
    )


def _spoken(value: Label | int | Money) -> Value:
    """JSON has no times: a text that is a time to the letter, is one."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return value
    return moment if moment is not None and moment.tzinfo is not None else value
