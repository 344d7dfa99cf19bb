"""What may be asked of how a person came."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.membership.link.events import LinkId, LinkKind
from shared.ids import PersonId


@dataclass(frozen=True, slots=True)
class AttributePerson:
    """`sent_by` are who sent the owner, who sent that one, and so on; `member_since` is when they first came."""

    person_id: PersonId
    link_id: LinkId
    kind: LinkKind
    owner: PersonId | None
    visit_id: UUID
    visited_at: datetime
    until: datetime
    at: datetime
    member_since: datetime | None
    sent_by: tuple[PersonId, ...]


@dataclass(frozen=True, slots=True)
class WithdrawAttribution:
    person_id: PersonId


AttributionCommand = AttributePerson | WithdrawAttribution
