"""tessera.events.gathering.v1: what people come together for."""

from typing import ClassVar
from uuid import UUID

from pydantic import AwareDatetime

from shared.contracts.contract import Contract, LabelText, MoneyValue


class GatheringContract(Contract):
    """A fact about one gathering; the key is the gathering."""

    topic: ClassVar[str] = "tessera.events.gathering.v1"

    gathering_id: UUID


class GatheringPublished(GatheringContract):
    """People can come."""

    name: LabelText
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    capacity: int
    price: MoneyValue


class GatheringRescheduled(GatheringContract):
    """It takes place at another time."""

    starts_at: AwareDatetime
    ends_at: AwareDatetime


class GatheringCancelled(GatheringContract):
    """It does not take place; paid tickets are refunded."""
