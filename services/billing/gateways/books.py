"""What the reconciler asks of a processor: what became of our charges on a community's own account."""

from datetime import datetime
from typing import Protocol
from uuid import UUID

from services.billing.comparison import Charged, PageOfCharges
from shared.ids import Code


class ProcessorBooks(Protocol):
    """Each method raises ProcessorUnavailable, and Declined where we may not read; none changes anything.

    One that `lists` tells of what our book does not know; of another, each payment of our book is asked for.
    """

    @property
    def lists(self) -> bool: ...

    async def page(
        self, account: Code, community_id: UUID, start: datetime, end: datetime, after: Code | None
    ) -> PageOfCharges:
        """Some of the intents made from `start` on and before `end`; ours bear the community and the payment."""
        ...

    async def refunded(
        self, account: Code, community_id: UUID, start: datetime, end: datetime, after: Code | None
    ) -> PageOfCharges:
        """Intents of ours, each once, of which something went back in that time; `after` is a refund. No strangers."""
        ...

    async def fetch(self, intent: Code, account: Code, community_id: UUID) -> Charged | None:
        """How one stands now, None where there is none of ours."""
        ...
