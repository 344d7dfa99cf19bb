"""What happened to a person's access; the stream is derived from the person."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from services.membership.content.events import ContentId
from services.membership.tier.events import TierId
from shared.ids import Label, PersonId

ReasonKind = Literal[
    "joined",
    "subscription",
    "purchase",
    "ticket",
    "programme",
    "gift",
    "staff",
    "sponsor_seat",
    "seat",
    "recognition",
]
Barred = Literal["banned", "erased"]
Why = Literal["time", "grace", "ban"]
Moved = Literal["changed", "paused", "suspended"]
Cause = Literal[
    "ended", "refunded", "expired", "withdrawn", "left", "banned", "erased", "merged", Moved
]


@dataclass(frozen=True, slots=True)
class AccessGranted:
    """A reason began; `first` when the tier was closed to this person before. A gift may have an end.

    Who had it elsewhere until now is `migrated`, and is not welcomed.
    """

    person_id: PersonId
    tier_id: TierId
    kind: ReasonKind
    reason_id: UUID
    first: bool
    until: datetime | None = None
    migrated: bool = False


@dataclass(frozen=True, slots=True)
class AccessRevoked:
    """A reason ended, is suspended, or opens another tier; `last` when this one is closed to the person from now on."""

    person_id: PersonId
    tier_id: TierId
    kind: ReasonKind
    reason_id: UUID
    cause: Cause
    last: bool


@dataclass(frozen=True, slots=True)
class ReasonInGrace:
    """What the reason was is over, and what it opens stays open until then."""

    person_id: PersonId
    kind: ReasonKind
    reason_id: UUID
    cause: Cause
    until: datetime


@dataclass(frozen=True, slots=True)
class EndNear:
    """The reason was given until a time, which comes soon."""

    person_id: PersonId
    kind: ReasonKind
    reason_id: UUID
    until: datetime


@dataclass(frozen=True, slots=True)
class EndForetold:
    """These tiers close then by all that is known, and the person is told; `kind` and `reason_id` of what ends.

    There is neither where everything ends, as they are shut out.
    """

    person_id: PersonId
    until: datetime
    why: Why
    tiers: tuple[Label, ...]
    kind: ReasonKind | None = None
    reason_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class ReasonClosedEarly:
    """A reason will never begin: its end came before it, or the person had been barred."""

    person_id: PersonId
    kind: ReasonKind
    reason_id: UUID
    cause: Cause


@dataclass(frozen=True, slots=True)
class BarForetold:
    """Everything will end then at the latest, and nothing begins again from now on."""

    person_id: PersonId
    cause: Barred
    until: datetime


@dataclass(frozen=True, slots=True)
class AccessBarred:
    """`holds`: what they pay for themselves is kept in mind, and opens again when the bar is lifted before its end."""

    person_id: PersonId
    cause: Barred
    holds: bool = False


@dataclass(frozen=True, slots=True)
class HeldMoved:
    """What is held for who is barred would open this by now; nothing, while it is paused or suspended."""

    person_id: PersonId
    kind: ReasonKind
    reason_id: UUID
    tiers: tuple[TierId, ...] = ()
    contents: tuple[ContentId, ...] = ()


@dataclass(frozen=True, slots=True)
class BarLifted:
    """Reasons may begin again, and what was held does; those that ended, or never began, do not."""

    person_id: PersonId


@dataclass(frozen=True, slots=True)
class ContentGranted:
    """The person bought an item of content, a digital product: it opens to them whatever their tiers."""

    person_id: PersonId
    content_id: ContentId
    kind: ReasonKind
    reason_id: UUID
    first: bool


@dataclass(frozen=True, slots=True)
class ContentRevoked:
    """`last` when no other reason opens it to them."""

    person_id: PersonId
    content_id: ContentId
    kind: ReasonKind
    reason_id: UUID
    cause: Cause
    last: bool


@dataclass(frozen=True, slots=True)
class AccessHandedOver:
    """The person is another from now on, who has what they had."""

    person_id: PersonId
    into: PersonId


@dataclass(frozen=True, slots=True)
class ReasonPassedOn:
    """What was said of the person is for who they are now: a reason began, or was `moved`, or `ended`.

    `until` is its planned end, or how long its grace lasts.
    """

    person_id: PersonId
    into: PersonId
    kind: ReasonKind
    reason_id: UUID
    tiers: tuple[TierId, ...] = ()
    contents: tuple[ContentId, ...] = ()
    until: datetime | None = None
    migrated: bool = False
    moved: Moved | None = None
    ended: Cause | None = None


AccessEvent = (
    AccessGranted
    | AccessRevoked
    | ReasonInGrace
    | EndNear
    | EndForetold
    | ReasonClosedEarly
    | BarForetold
    | AccessBarred
    | HeldMoved
    | BarLifted
    | ContentGranted
    | ContentRevoked
    | AccessHandedOver
    | ReasonPassedOn
)
