"""What happened to a community, to its staff, and to the name in its address."""

from dataclasses import dataclass
from typing import Literal

from services.membership.member.events import Language
from shared.ids import AccountId, Code, CommunityId, Label

CommunityKind = Literal["brand", "media", "creator", "association"]
Mode = Literal["live", "test"]
Visibility = Literal["public", "unlisted", "private"]
"""Found by anybody; by whoever has its address; or only by who belongs to it or is invited."""
Audience = Literal["persons", "companies"]
"""Whom it is made for: people who join for themselves, or companies that join with some of theirs."""
Role = Literal[
    "owner",
    "admin",
    "moderator",
    "event_manager",
    "accountant",
    "partner_manager",
    "read_only",
    "sponsor_contact",
    "affiliate",
]


@dataclass(frozen=True, slots=True)
class Brand:
    """How a community looks: colours are #rrggbb, `logo` an https address; without an `accent` it is the colour."""

    colour: Code
    logo: Label | None = None
    accent: Code | None = None


@dataclass(frozen=True, slots=True)
class CommunityCreated:
    """`language` is that of whoever says nothing of theirs."""

    kind: CommunityKind
    name: Label
    slug: Code
    brand: Brand
    currency: Code
    time_zone: Code
    mode: Mode
    visibility: Visibility = "public"
    language: Language = "en"
    audience: Audience = "persons"


@dataclass(frozen=True, slots=True)
class VisibilityChosen:
    """Strangers see it like this from now on; members and staff see all of it in any case."""

    visibility: Visibility


@dataclass(frozen=True, slots=True)
class CommunityMoved:
    """Its address has another name in it."""

    slug: Code


@dataclass(frozen=True, slots=True)
class CommunityRebranded:
    """It looks otherwise from now on: its page, and every letter that is written."""

    brand: Brand


@dataclass(frozen=True, slots=True)
class CommunityDescribed:
    """It is called, reckons or speaks otherwise from now on; all of it is said, for whoever hears of this first.

    Its `kind` could not change at first, and was not said.
    """

    name: Label
    currency: Code
    time_zone: Code
    mode: Mode
    language: Language = "en"
    audience: Audience = "persons"
    kind: CommunityKind | None = None


@dataclass(frozen=True, slots=True)
class StaffRoleGranted:
    """`roles_version` counts the changes of a community's staff, so that the newer of two views is known."""

    account_id: AccountId
    role: Role
    roles_version: int


@dataclass(frozen=True, slots=True)
class StaffRoleRevoked:
    account_id: AccountId
    role: Role
    roles_version: int


CommunityEvent = (
    CommunityCreated
    | CommunityMoved
    | CommunityRebranded
    | CommunityDescribed
    | VisibilityChosen
    | StaffRoleGranted
    | StaffRoleRevoked
)


@dataclass(frozen=True, slots=True)
class SlugTaken:
    community_id: CommunityId


@dataclass(frozen=True, slots=True)
class SlugFreed:
    pass


SlugEvent = SlugTaken | SlugFreed
