"""What may be asked of how a person came."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.membership.attribution.events import Why
from services.membership.link.events import LinkId, LinkKind
from shared.ids import Code, PersonId


@dataclass(frozen=True, slots=True)
class AttributePerson:
    """`sent_by` are who sent the owner, who sent that one, and so on; `known_since` is when they first came.

    `others` are who the person is as well, or who acts for them.
    """

    person_id: PersonId
    link_id: LinkId
    kind: LinkKind
    owner: PersonId | None
    visit_id: UUID
    visited_at: datetime
    until: datetime
    at: datetime
    known_since: datetime | None
    sent_by: tuple[PersonId, ...]
    others: tuple[PersonId, ...] = ()


@dataclass(frozen=True, slots=True)
class AttributeBuyer:
    """What was handed in as a checkout was opened, once that is paid: nobody is there to be refused any more."""

    person: AttributePerson
    checkout_id: UUID


@dataclass(frozen=True, slots=True)
class RecordNoVisit:
    """What was handed in is no visit to a link of this community."""

    person_id: PersonId
    checkout_id: UUID
    why: Why


@dataclass(frozen=True, slots=True)
class WithdrawAttribution:
    person_id: PersonId
    at: datetime


AttributionCommand = AttributePerson | AttributeBuyer | RecordNoVisit | WithdrawAttribution


@dataclass(frozen=True, slots=True)
class ReadVisit:
    """A call to read what was handed in with a checkout."""

    person_id: PersonId
    checkout_id: UUID
    visit: Code
    at: datetime
