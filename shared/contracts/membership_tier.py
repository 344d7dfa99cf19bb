"""tessera.membership.tier.v1: what a community offers to belong to."""

from typing import ClassVar
from uuid import UUID

from shared.contracts.contract import Contract, LabelText


class TierContract(Contract):
    """A fact about one tier; the key is the tier."""

    topic: ClassVar[str] = "tessera.membership.tier.v1"

    tier_id: UUID


class TierDefined(TierContract):
    """A tier exists: free ones are for everybody who joins, paid ones are granted by what is bought."""

    name: LabelText
    paid: bool


class TierRetired(TierContract):
    """Nobody new gets the tier; those who have it keep it."""
