"""What may be asked of a community, of its staff, and of the name in its address."""

from dataclasses import dataclass

from services.membership.community.events import (
    Audience,
    Brand,
    CommunityKind,
    Mode,
    Role,
    Visibility,
)
from services.membership.member.events import Language
from shared.ids import AccountId, Code, CommunityId, Label


@dataclass(frozen=True, slots=True)
class CreateCommunity:
    owner: AccountId
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
class MoveCommunity:
    """`before` is the name it is known to have, which is freed by the same request."""

    before: Code
    slug: Code


@dataclass(frozen=True, slots=True)
class RebrandCommunity:
    brand: Brand


@dataclass(frozen=True, slots=True)
class RenameCommunity:
    name: Label


@dataclass(frozen=True, slots=True)
class ChooseCurrency:
    """`in_use` once something was offered in it."""

    currency: Code
    in_use: bool


@dataclass(frozen=True, slots=True)
class ChooseLanguage:
    language: Language


@dataclass(frozen=True, slots=True)
class ChooseTimeZone:
    time_zone: Code


@dataclass(frozen=True, slots=True)
class ChooseKind:
    kind: CommunityKind


@dataclass(frozen=True, slots=True)
class ChooseAudience:
    audience: Audience


@dataclass(frozen=True, slots=True)
class ChooseVisibility:
    visibility: Visibility


@dataclass(frozen=True, slots=True)
class GrantRole:
    by: AccountId
    account_id: AccountId
    role: Role


@dataclass(frozen=True, slots=True)
class RevokeRole:
    by: AccountId
    account_id: AccountId
    role: Role


@dataclass(frozen=True, slots=True)
class RevokeAllRoles:
    """The account's person was shut out or erased."""

    account_id: AccountId


@dataclass(frozen=True, slots=True)
class LookWhetherShutOut:
    """No command: an action that reads where whoever has a role now stands."""

    account_id: AccountId


CommunityCommand = (
    CreateCommunity
    | MoveCommunity
    | RebrandCommunity
    | RenameCommunity
    | ChooseCurrency
    | ChooseLanguage
    | ChooseTimeZone
    | ChooseKind
    | ChooseAudience
    | ChooseVisibility
    | GrantRole
    | RevokeRole
    | RevokeAllRoles
)


@dataclass(frozen=True, slots=True)
class TakeSlug:
    community_id: CommunityId


@dataclass(frozen=True, slots=True)
class FreeSlug:
    community_id: CommunityId


SlugCommand = TakeSlug | FreeSlug
