"""tessera.events.gathering.v1: what people come together for."""

from typing import ClassVar
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict

from shared.contracts.contract import Contract, LabelText, MoneyValue


class GatheringContract(Contract):
    """A fact about one gathering; the key is the gathering."""

    topic: ClassVar[str] = "tessera.events.gathering.v1"

    gathering_id: UUID


class Presale(BaseModel):
    """Holders of some tiers buy before everybody."""

    model_config = ConfigDict(frozen=True)

    tiers: tuple[UUID, ...]
    opens_at: AwareDatetime
    everybody_at: AwareDatetime


class MemberPrice(BaseModel):
    """Holders of some tiers pay less."""

    model_config = ConfigDict(frozen=True)

    tiers: tuple[UUID, ...]
    price: MoneyValue


class GatheringPublished(GatheringContract):
    """People can come; where `only_for` names tiers, their holders alone."""

    version: ClassVar[int] = 2

    name: LabelText
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    capacity: int
    price: MoneyValue
    presale: Presale | None = None
    member_price: MemberPrice | None = None
    only_for: tuple[UUID, ...] = ()


class GatheringRescheduled(GatheringContract):
    """It takes place at another time."""

    starts_at: AwareDatetime
    ends_at: AwareDatetime


class GatheringCancelled(GatheringContract):
    """It does not take place; paid tickets are refunded."""
