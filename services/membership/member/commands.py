"""What may be asked of a member."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from services.membership.admission.events import Way
from services.membership.agreed import NOTHING, Agreement
from services.membership.member.events import Language, Service
from services.membership.retention_rules.events import Ground
from services.membership.tier.events import TierId
from shared.ids import AccountId, Code, PersonId
from shared.personal_value import Sealed

Ownership = Literal["none", "shared", "sole"]
"""Whether the person owns the community: not at all, beside others, or alone."""


@dataclass(frozen=True, slots=True)
class JoinCommunity:
    """`email_is_own`: the account signs in with this very address, so that nobody joins in another's name.

    `way` is how one comes in here, which does not hold for whoever works here; `agreement` holds for everybody.
    """

    account_id: AccountId
    name: Sealed
    email: Sealed
    email_is_own: bool
    language: Language
    free_tiers: tuple[TierId, ...]
    way: Way = "open"
    is_staff: bool = False
    agreement: Agreement = NOTHING


@dataclass(frozen=True, slots=True)
class AdmitPerson:
    """They were invited, given a seat or taken in; or brought from elsewhere, and have no account yet."""

    account_id: AccountId | None
    name: Sealed
    email: Sealed
    language: Language
    free_tiers: tuple[TierId, ...]


@dataclass(frozen=True, slots=True)
class ChangeProfile:
    name: Sealed
    language: Language


@dataclass(frozen=True, slots=True)
class ChangeAddress:
    """They have proved the address; `elsewhere` when somebody else signs in with it, or is known by it here."""

    email: Sealed
    is_current: bool
    elsewhere: bool


@dataclass(frozen=True, slots=True)
class LeaveCommunity:
    ownership: Ownership = "none"


@dataclass(frozen=True, slots=True)
class BanMember:
    """`access_until` is how long the community's grace lets them enter what they may.

    `works_here`: the person has a role, which goes with it; `takes_roles`: whoever asks may take roles.
    """

    ownership: Ownership = "none"
    by_owner: bool = False
    access_until: datetime | None = None
    works_here: bool = False
    takes_roles: bool = False


@dataclass(frozen=True, slots=True)
class LiftBan:
    """Who was shut out may come back."""


@dataclass(frozen=True, slots=True)
class BeTakenIn:
    """Another member has proved to be this one as well; `is_asked` while they may be refused still."""

    is_asked: bool = False


@dataclass(frozen=True, slots=True)
class ErasePerson:
    """`by_owner`: an owner asks, or the person themselves. A guest is known, and has never joined."""

    person_id: PersonId
    ownership: Ownership = "none"
    by_owner: bool = False
    mark: Code | None = None
    is_guest: bool = False


@dataclass(frozen=True, slots=True)
class ForgetLapsed:
    """Their time is over by the community's rules; nobody who came back meanwhile is forgotten."""

    person_id: PersonId
    ground: Ground
    mark: Code | None = None


@dataclass(frozen=True, slots=True)
class ConfirmForgotten:
    service: Service


MemberCommand = (
    JoinCommunity
    | AdmitPerson
    | ChangeProfile
    | ChangeAddress
    | LeaveCommunity
    | BanMember
    | LiftBan
    | BeTakenIn
    | ErasePerson
    | ForgetLapsed
    | ConfirmForgotten
)
