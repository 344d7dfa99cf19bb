"""What is asked of a processor about the accounts of those who sell."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from shared.ids import Code


@dataclass(frozen=True, slots=True)
class Found:
    """An account as the processor knows it. `missing`: what its owner still has to tell, in the processor's words.

    `charges`: money may be taken for it; `payouts`: it may be sent on to its owner. `community_id` is written on it by
    the platform alone, and names whose it is; None where nobody has written one.
    """

    community_id: UUID | None
    charges: bool
    payouts: bool
    missing: tuple[Code, ...]


class SellerAccounts(Protocol):
    """Each method raises ProcessorUnavailable, and Declined for what the processor refuses."""

    async def make(self, community_id: UUID) -> Code:
        """An account for a community that has none; a repeat answers with the same."""
        ...

    async def form_url(self, account: Code, return_url: str, again_url: str) -> str:
        """The processor's own form for its owner, good once and for minutes; `again_url` is where an old one leads."""
        ...

    async def find(self, account: Code) -> Found | None:
        """How it stands now; None where we may not act for it."""
        ...

    def consent_url(self, state: str) -> str | None:
        """Where the owner of an account lets us act for it; None where the platform has not been set up for that."""
        ...

    async def agreed(self, code: str) -> Code:
        """The account whose owner came back with this code, which is good once."""
        ...
