"""tessera.membership.transition.v1: what was free is going to cost, from when, and who has the founder rate of it."""

from typing import ClassVar
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict

from shared.contracts.contract import Contract


class TransitionContract(Contract):
    """A fact about one change from free to paid; the key is the community's one stream of them."""

    topic: ClassVar[str] = "tessera.membership.transition.v1"

    transition_id: UUID
    offer_id: UUID


class TransitionAnnounced(TransitionContract):
    """From `effective_from` on nobody has these tiers for having joined; whoever had them has the light one, if any."""

    tier_ids: tuple[UUID, ...]
    light_tier_id: UUID | None
    effective_from: AwareDatetime
    founders: int


class Founder(BaseModel):
    """A member who has the founder rate."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    person_id: UUID


class FoundersNamed(TransitionContract):
    """Some of the founders: they may buy the offer at its founder rate."""

    effective_from: AwareDatetime
    people: tuple[Founder, ...]


class TransitionPostponed(TransitionContract):
    """Its day is another, later one."""

    effective_from: AwareDatetime


class TransitionCalledOff(TransitionContract):
    """What is free stays free, and nobody is a founder who has not bought."""


class TransitionCarriedOut(TransitionContract):
    """Its day has come."""
