"""What happened to an invitation, an address that somebody is expected from."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from services.membership.member.events import Language
from services.membership.sponsorship.events import SponsorshipId
from services.membership.tier.events import TierId
from shared.ids import AccountId, Code, Label, PersonId
from shared.personal_value import Sealed

# Only an owner makes owners, and only of those who are there.
InvitedRole = Literal[
    "admin",
    "moderator",
    "event_manager",
    "accountant",
    "partner_manager",
    "read_only",
    "sponsor_contact",
    "affiliate",
]
NotPostedReason = Literal[
    "unknown_template", "incomplete_values", "refused_by_mail_server", "address_refused"
]


@dataclass(frozen=True, slots=True)
class PromisedLink:
    """What people will be sent by, to the credit of whoever accepts."""

    name: Label
    target: Code
    days: int


@dataclass(frozen=True, slots=True)
class PersonInvited:
    """To work in a role, or to be a member, perhaps with a tier as a gift until a date.

    Who sees only their own is told what that is: an affiliate a link, a sponsor's contact a sponsorship.
    """

    email: Sealed
    language: Language
    invited_by: AccountId
    expires_at: datetime
    role: InvitedRole | None = None
    tier_id: TierId | None = None
    until: datetime | None = None
    link: PromisedLink | None = None
    sponsorship_id: SponsorshipId | None = None


@dataclass(frozen=True, slots=True)
class InvitationResent:
    """The letter of this number is due, and there is time again."""

    letter: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class InvitationPosted:
    letter: int


@dataclass(frozen=True, slots=True)
class InvitationNotPosted:
    letter: int
    reason: NotPostedReason


@dataclass(frozen=True, slots=True)
class InvitationAccepted:
    """Whoever signs in with the address came. To work one need not be a person here, but an affiliate is."""

    account_id: AccountId
    invited_by: AccountId
    language: Language
    role: InvitedRole | None = None
    tier_id: TierId | None = None
    until: datetime | None = None
    person_id: PersonId | None = None
    name: Sealed | None = None
    email: Sealed | None = None
    free_tiers: tuple[TierId, ...] = ()
    link: PromisedLink | None = None
    sponsorship_id: SponsorshipId | None = None


@dataclass(frozen=True, slots=True)
class InvitationWithdrawn:
    pass


@dataclass(frozen=True, slots=True)
class InvitationExpired:
    pass


InvitationEvent = (
    PersonInvited
    | InvitationResent
    | InvitationPosted
    | InvitationNotPosted
    | InvitationAccepted
    | InvitationWithdrawn
    | InvitationExpired
)
