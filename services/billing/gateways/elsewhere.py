"""What is asked of the creator's own billing while its subscriptions are taken over."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from services.billing.elsewhere import Theirs
from shared.ids import Code


@dataclass(frozen=True, slots=True)
class PageOfTheirs:
    """Some subscriptions, and the last of them where there are more."""

    theirs: tuple[Theirs, ...]
    after: Code | None


class BillingElsewhere(Protocol):
    """One creator's billing, on their own account. Every method raises ProcessorUnavailable; all may be repeated."""

    async def page(self, account: Code, after: Code | None) -> PageOfTheirs:
        """The subscriptions that have not ended, in a stable order; Declined when the account is not open to us."""
        ...

    async def fetch(self, subscription: Code, account: Code) -> Theirs | None:
        """How it stands now, None where there is none."""
        ...

    async def set_to_end(
        self, subscription: Code, account: Code, takeover_id: UUID, community_id: UUID
    ) -> None:
        """Have it end with its period, and remember for which takeover; Declined when that cannot be."""
        ...

    async def let_go_on(self, subscription: Code, account: Code) -> None:
        """Have it go on as if it had never been told to end; Declined when that cannot be."""
        ...
