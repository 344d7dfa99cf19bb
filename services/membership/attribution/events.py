"""What is known of how a person came; the stream is derived from the person."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from services.membership.link.events import LinkId, LinkKind
from shared.ids import PersonId


@dataclass(frozen=True, slots=True)
class PersonAttributed:
    """They agreed to be counted as sent by this link, `until` then; `visit_id` is that of the visit."""

    UNTOLD: ClassVar[tuple[str, ...]] = ("owner",)

    person_id: PersonId
    link_id: LinkId
    kind: LinkKind
    owner: PersonId | None
    visit_id: UUID
    until: datetime


@dataclass(frozen=True, slots=True)
class AttributionWithdrawn:
    """From now on they are counted as sent by nobody."""

    person_id: PersonId
    link_id: LinkId


AttributionEvent = PersonAttributed | AttributionWithdrawn
