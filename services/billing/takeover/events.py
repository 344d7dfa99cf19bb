"""What happened to a subscription on its way from the creator's own billing to ours."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.billing.elsewhere import Theirs
from services.billing.payer.events import Instrument
from services.billing.subscription.events import Brought, Period, Terms
from shared.ids import Code, derive


def takeover_of(community_id: UUID, subscription: Code) -> UUID:
    """The one takeover of a subscription there, whoever reads it and however often."""
    return derive(community_id, "takeover", subscription)


NOT_OVER_YET = Code("not_over_yet")
"""A processor ends what is due some minutes late: nobody need do anything."""


@dataclass(frozen=True, slots=True)
class TheirsSeen:
    """It stands so there; nothing has been done."""

    theirs: Theirs
    account: Code


@dataclass(frozen=True, slots=True)
class TakeoverBegun:
    """Ours begins as `brought` and charges nothing; theirs is to end with the period that runs."""

    subscription_id: UUID
    terms: Terms
    instrument: Instrument
    brought: Brought
    good_until: date | None


@dataclass(frozen=True, slots=True)
class TheirsSetToEnd:
    """The processor was asked again, and says that theirs charges nothing from `ends_at` on."""

    ends_at: datetime


@dataclass(frozen=True, slots=True)
class TheirsRenewed:
    """Theirs has charged another period, and so ours does not."""

    subscription_id: UUID
    period: Period


@dataclass(frozen=True, slots=True)
class TheirsEnded:
    """It is ours alone: what begins at `ends_at` is charged here."""

    subscription_id: UUID
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class TheirsHeldUp:
    """Ours waits and charges nothing: staff look at theirs, and so do we at `look_at`. It is so `again` if it was."""

    subscription: Code
    code: Code
    look_at: datetime
    again: bool = False


@dataclass(frozen=True, slots=True)
class TheirsDue:
    """It is time to look at how theirs stands."""


@dataclass(frozen=True, slots=True)
class ReversalAsked:
    """Theirs is to go on, as long as ours has charged nothing."""


@dataclass(frozen=True, slots=True)
class ReversalMissed:
    """Theirs had ended before it could be told to go on."""


@dataclass(frozen=True, slots=True)
class TakeoverReverted:
    """Theirs goes on; ours ends without ever having charged."""

    subscription_id: UUID


@dataclass(frozen=True, slots=True)
class TakeoverFailed:
    """Somebody ended theirs before its time, so nobody charges it: ours ends as well."""

    subscription_id: UUID


TakeoverEvent = (
    TheirsSeen
    | TakeoverBegun
    | TheirsSetToEnd
    | TheirsRenewed
    | TheirsEnded
    | TheirsHeldUp
    | TheirsDue
    | ReversalAsked
    | ReversalMissed
    | TakeoverReverted
    | TakeoverFailed
)
