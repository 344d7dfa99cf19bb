"""tessera.membership.community.v1: communities and who works for them."""

from typing import ClassVar, Literal
from uuid import UUID

from shared.contracts.contract import Contract, Currency, LabelText

CommunityKind = Literal["brand", "media", "creator", "association"]
Role = Literal[
    "owner", "admin", "moderator", "event_manager", "accountant", "partner_manager",
    "read_only", "sponsor_contact", "affiliate",
]  # fmt: skip


Visibility = Literal["public", "unlisted", "private"]
Language = Literal["en", "fr"]
Audience = Literal["persons", "companies"]


class CommunityContract(Contract):
    """A fact about a community itself; the key is the community's stream."""

    topic: ClassVar[str] = "tessera.membership.community.v1"


class CommunityCreated(CommunityContract):
    """An organiser opened a community."""

    version: ClassVar[int] = 4

    kind: CommunityKind
    name: LabelText
    currency: Currency
    time_zone: LabelText
    mode: Literal["live", "test"]
    visibility: Visibility = "public"
    language: Language = "en"
    audience: Audience = "persons"


class StaffRoleGranted(CommunityContract):
    """An account may act for the community; `roles_version` orders grants and revocations of a community."""

    account_id: UUID
    role: Role
    roles_version: int


class StaffRoleRevoked(CommunityContract):
    """An account may no longer act in this role."""

    account_id: UUID
    role: Role
    roles_version: int
