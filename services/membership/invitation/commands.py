"""What may be asked of an invitation, and of the post."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from services.membership.agreed import NOTHING, Agreement
from services.membership.invitation.events import InvitedRole, NotPostedReason, PromisedLink
from services.membership.member.events import Language, StandingNow
from services.membership.sponsorship.events import SponsorshipId
from services.membership.tier.events import TierId
from shared.ids import AccountId, Label, PersonId
from shared.personal_value import Sealed

Invitee = Literal["unknown", "member", "staff", "banned"]
"""What the invited are already, as far as it matters for what they are invited to."""


@dataclass(frozen=True, slots=True)
class InvitePerson:
    """`sponsor` is whose sponsorship it is, None where there is none; `tier_retired`: nobody new gets that tier."""

    email: Sealed
    language: Language
    by: AccountId
    invitee: Invitee
    role: InvitedRole | None
    expires_at: datetime
    at: datetime
    tier_id: TierId | None = None
    until: datetime | None = None
    link: PromisedLink | None = None
    sponsorship_id: SponsorshipId | None = None
    sponsor: Label | None = None
    tier_retired: bool = False


@dataclass(frozen=True, slots=True)
class ResendInvitation:
    expires_at: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class RecordPosted:
    letter: int


@dataclass(frozen=True, slots=True)
class RecordNotPosted:
    letter: int
    reason: NotPostedReason


@dataclass(frozen=True, slots=True)
class AcceptInvitation:
    """`email_is_own`: the account signs in with the invited address; `inviter_may`: who invited still may do so.

    `agreement` is asked of who comes as a person and is no member yet.
    """

    account_id: AccountId
    email_is_own: bool
    inviter_may: bool
    member: StandingNow
    language: Language
    at: datetime
    person_id: PersonId | None = None
    name: Sealed | None = None
    email: Sealed | None = None
    free_tiers: tuple[TierId, ...] = ()
    agreement: Agreement = NOTHING


@dataclass(frozen=True, slots=True)
class WithdrawInvitation:
    pass


@dataclass(frozen=True, slots=True)
class ExpireInvitation:
    """The time that was given at `expires_at` is over; whoever was given more since has it."""

    expires_at: datetime


InvitationCommand = (
    InvitePerson
    | ResendInvitation
    | RecordPosted
    | RecordNotPosted
    | AcceptInvitation
    | WithdrawInvitation
    | ExpireInvitation
)


@dataclass(frozen=True, slots=True)
class SendInvitation:
    """A call to the post; the address is opened when the letter is written."""

    invitation_id: UUID
    letter: int
