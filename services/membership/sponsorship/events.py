"""What happened to a sponsorship: where it is placed, and who looks at it for the sponsor."""

from dataclasses import dataclass
from typing import NewType
from uuid import UUID

from services.membership.link.events import LinkId
from shared.ids import AccountId, Label

SponsorshipId = NewType("SponsorshipId", UUID)


@dataclass(frozen=True, slots=True)
class SponsorshipMade:
    """`name` is the sponsor's, as the community calls it."""

    name: Label


@dataclass(frozen=True, slots=True)
class PlacementGiven:
    """Who comes by this campaign comes by the sponsor's means."""

    link_id: LinkId


@dataclass(frozen=True, slots=True)
class PlacementTaken:
    link_id: LinkId


@dataclass(frozen=True, slots=True)
class ContactNamed:
    """Whoever signs in with the account sees what the placements bring, while they are a sponsor's contact."""

    account_id: AccountId


@dataclass(frozen=True, slots=True)
class ContactDismissed:
    account_id: AccountId


SponsorshipEvent = (
    SponsorshipMade | PlacementGiven | PlacementTaken | ContactNamed | ContactDismissed
)
