"""What may be asked of a sponsorship."""

from dataclasses import dataclass

from services.membership.link.events import LinkId, LinkKind
from shared.ids import AccountId, Label


@dataclass(frozen=True, slots=True)
class MakeSponsorship:
    name: Label


@dataclass(frozen=True, slots=True)
class GivePlacement:
    """`kind` is the link's, None where there is no such link."""

    link_id: LinkId
    kind: LinkKind | None


@dataclass(frozen=True, slots=True)
class TakePlacement:
    link_id: LinkId


@dataclass(frozen=True, slots=True)
class NameContact:
    """`has_role`: the account is a sponsor's contact."""

    account_id: AccountId
    has_role: bool


@dataclass(frozen=True, slots=True)
class NamePromised:
    """Name the contact that an invitation promised to be one, to whoever accepted it."""

    account_id: AccountId


@dataclass(frozen=True, slots=True)
class DismissContact:
    account_id: AccountId


@dataclass(frozen=True, slots=True)
class DismissEverywhere:
    """A call to dismiss a contact of every sponsorship whose contact they are."""

    account_id: AccountId


SponsorshipCommand = (
    MakeSponsorship | GivePlacement | TakePlacement | NameContact | NamePromised | DismissContact
)
