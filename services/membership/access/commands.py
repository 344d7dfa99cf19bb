"""What may be asked of a person's access."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.membership.access.events import Barred, Cause, Moved, ReasonKind, Why
from services.membership.content.events import ContentId
from services.membership.grace.events import Over
from services.membership.tier.events import TierId
from shared.ids import Label, PersonId


@dataclass(frozen=True, slots=True)
class StartReason:
    """What `kind` and `reason_id` name (a subscription, an order) opens these tiers, and this content.

    Who comes from elsewhere with it is not welcomed.
    """

    person_id: PersonId
    tiers: tuple[TierId, ...]
    kind: ReasonKind
    reason_id: UUID
    until: datetime | None = None
    contents: tuple[ContentId, ...] = ()
    migrated: bool = False


@dataclass(frozen=True, slots=True)
class MoveReason:
    """It lives on, and opens these from now on instead of those before; none while it rests."""

    person_id: PersonId
    tiers: tuple[TierId, ...]
    kind: ReasonKind
    reason_id: UUID
    cause: Moved
    contents: tuple[ContentId, ...] = ()


@dataclass(frozen=True, slots=True)
class EndReason:
    """It is over; `until` is how long the community's grace lets it open what it opens, None: no longer."""

    person_id: PersonId
    kind: ReasonKind
    reason_id: UUID
    cause: Cause
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class ConsultGrace:
    """An action: what is over `at` that moment ends as the community's grace says."""

    person_id: PersonId
    kind: ReasonKind
    reason_id: UUID
    cause: Cause
    over: Over
    at: datetime


@dataclass(frozen=True, slots=True)
class LookAhead:
    """What is to end `until` then ends soon, unless it ends otherwise by now."""

    person_id: PersonId
    kind: ReasonKind
    reason_id: UUID
    until: datetime


@dataclass(frozen=True, slots=True)
class TellOfEnd:
    """They are told, once, which tiers close then; `names` are those of all that the person may enter."""

    person_id: PersonId
    until: datetime
    why: Why
    names: tuple[tuple[TierId, Label], ...]
    kind: ReasonKind | None = None
    reason_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class NameEnd:
    """An action: how the tiers are called that somebody is to be told of."""

    person_id: PersonId
    until: datetime
    why: Why
    kind: ReasonKind | None = None
    reason_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class GiveAccess:
    """Staff let a person in for nothing, until a time or until it is withdrawn."""

    person_id: PersonId
    tier_id: TierId
    gift_id: UUID
    until: datetime | None
    at: datetime
    is_retired: bool = False


@dataclass(frozen=True, slots=True)
class WithdrawGift:
    person_id: PersonId
    gift_id: UUID


@dataclass(frozen=True, slots=True)
class EndGiven:
    """The person left: what the community gave ends, what they bought does not."""

    person_id: PersonId


@dataclass(frozen=True, slots=True)
class BarAccess:
    """Everything ends, at once or `until` then, and nothing begins again."""

    person_id: PersonId
    cause: Barred
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class CompleteBar:
    """What was to last until then ends, unless nobody is to be barred then any more."""

    person_id: PersonId
    until: datetime


@dataclass(frozen=True, slots=True)
class LiftBar:
    """The ban is lifted: what it left open is as with who leaves."""

    person_id: PersonId


@dataclass(frozen=True, slots=True)
class HandOver:
    """The person is `into` from now on: what lives is theirs, and what is said of it later."""

    person_id: PersonId
    into: PersonId


AccessCommand = (
    StartReason
    | MoveReason
    | EndReason
    | LookAhead
    | TellOfEnd
    | GiveAccess
    | WithdrawGift
    | EndGiven
    | BarAccess
    | CompleteBar
    | LiftBar
    | HandOver
)
