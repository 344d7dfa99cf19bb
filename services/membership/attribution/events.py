"""What is known of how a person came; the stream is derived from the person."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from services.membership.link.events import LinkId, LinkKind
from shared.ids import PersonId

Why = Literal[
    "not_a_visit",
    "link_not_found",
    "visit_too_long_ago",
    "own_link",
    "sent_in_a_circle",
    "known_before",
    "withdrawn_since",
]


@dataclass(frozen=True, slots=True)
class PersonAttributed:
    """They agreed to be counted as sent by this link, `until` then; `visit_id` is that of the visit.

    They said so at the moment `since`; of old that was not kept, and is the moment of this fact.
    """

    UNTOLD: ClassVar[tuple[str, ...]] = ("owner",)

    person_id: PersonId
    link_id: LinkId
    kind: LinkKind
    owner: PersonId | None
    visit_id: UUID
    until: datetime
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class AttributionWithdrawn:
    """From now on, which is `at` a moment, they are counted as sent by nobody."""

    person_id: PersonId
    link_id: LinkId
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CheckoutNotAttributed:
    """What was handed in as this checkout was opened counts for nobody; what was known before stays known."""

    person_id: PersonId
    checkout_id: UUID
    why: Why


AttributionEvent = PersonAttributed | AttributionWithdrawn | CheckoutNotAttributed
