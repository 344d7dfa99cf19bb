"""tessera.membership.sponsorship.v1: which campaigns a sponsor is behind, and who looks at them for the sponsor."""

from typing import ClassVar
from uuid import UUID

from shared.contracts.contract import Contract


class SponsorshipContract(Contract):
    """One sponsorship; the key is the sponsorship."""

    topic: ClassVar[str] = "tessera.membership.sponsorship.v1"

    sponsorship_id: UUID


class PlacementGiven(SponsorshipContract):
    """What this campaign brings is the sponsorship's from now on."""

    link_id: UUID


class PlacementTaken(SponsorshipContract):
    """What this campaign brings is the sponsorship's no more."""

    link_id: UUID


class ContactNamed(SponsorshipContract):
    """This account sees what the sponsorship brings, while it has the role of a sponsor's contact."""

    account_id: UUID


class ContactDismissed(SponsorshipContract):
    """This account does not see it any more."""

    account_id: UUID
