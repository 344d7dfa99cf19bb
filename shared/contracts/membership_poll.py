"""tessera.membership.poll.v1: that members were asked, and how many answered."""

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import Field

from shared.contracts.contract import Contract


class PollContract(Contract):
    """One poll; the key is the poll."""

    topic: ClassVar[str] = "tessera.membership.poll.v1"

    poll_id: UUID


class PollOpened(PollContract):
    """Members are asked something, until it closes; whoever is asked votes at most once."""

    secrecy: Literal["anonymous", "named"]
    closes_at: datetime


class PollCounted(PollContract):
    """It was counted; what came of it is for those who may see it, and not told here."""

    ballots: int = Field(ge=0)
