"""What happened to a present: what somebody bought for somebody else. The stream is billing's order."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from services.membership.content.events import ContentId
from services.membership.grace.events import Over
from services.membership.invitation.events import NotPostedReason
from services.membership.member.events import Language
from services.membership.seat.events import Claimant
from services.membership.tier.events import TierId
from shared.ids import AccountId, PersonId
from shared.personal_value import Sealed

Interval = Literal["week", "month", "quarter", "year", "once"]


@dataclass(frozen=True, slots=True)
class Thing:
    """What is given, for so many intervals from the moment it is accepted; `once` is for good."""

    tier_id: TierId | None
    content_id: ContentId | None
    interval: Interval
    count: int


@dataclass(frozen=True, slots=True)
class PresentAddressed:
    """Its giver has said whom it is for, and from when on they may know; `number` counts how often, from 1.

    It is forgotten at `expires_at`, unless it has gone out by then.
    """

    person_id: PersonId
    number: int
    email: Sealed
    words: Sealed
    language: Language
    deliver_at: datetime | None
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class PresentPaid:
    person_id: PersonId
    thing: Thing


@dataclass(frozen=True, slots=True)
class PresentDue:
    """The letter of this number is due, and there is time to accept until `expires_at`."""

    letter: int
    expires_at: datetime
    reminds: bool = False


@dataclass(frozen=True, slots=True)
class PresentPosted:
    letter: int


@dataclass(frozen=True, slots=True)
class PresentNotPosted:
    letter: int
    reason: NotPostedReason


@dataclass(frozen=True, slots=True)
class PresentUnclaimed:
    """Nobody has accepted it in time: it is its giver's to address again, who is told if it is `paid`."""

    person_id: PersonId
    number: int
    paid: bool


@dataclass(frozen=True, slots=True)
class PresentUnaddressed:
    """It is paid, and its giver has not said whom it is for."""

    person_id: PersonId


@dataclass(frozen=True, slots=True)
class PresentAccepted:
    """Whoever had the letter has it now, until a time or for good; who was no member `joins` by it."""

    giver_id: PersonId
    number: int
    account_id: AccountId
    person_id: PersonId
    thing: Thing
    until: datetime | None
    joins: Claimant | None = None


@dataclass(frozen=True, slots=True)
class PresentWithheld:
    """A bank is asked whether it is paid for; `person_id` is who has it, if anybody does."""

    person_id: PersonId | None


@dataclass(frozen=True, slots=True)
class PresentRestored:
    person_id: PersonId | None
    thing: Thing
    until: datetime | None


@dataclass(frozen=True, slots=True)
class PresentEnded:
    """Its money went back; who has it has the community's grace where it is `over` in a way that has one.

    `number` is whom it was for, 0 for nobody yet.
    """

    person_id: PersonId | None
    number: int
    over: Over | None


PresentEvent = (
    PresentAddressed
    | PresentPaid
    | PresentDue
    | PresentPosted
    | PresentNotPosted
    | PresentUnclaimed
    | PresentUnaddressed
    | PresentAccepted
    | PresentWithheld
    | PresentRestored
    | PresentEnded
)
