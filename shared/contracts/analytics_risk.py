"""tessera.analytics.risk.v1: who may be about to go, by codes and never by words."""

from typing import ClassVar, Literal
from uuid import UUID

from shared.contracts.contract import Contract

RiskReason = Literal["payment_failing", "leaving", "doing_less"]


class RiskContract(Contract):
    """One person's in one community."""

    topic: ClassVar[str] = "tessera.analytics.risk.v1"

    person_id: UUID


class AtRiskSeen(RiskContract):
    """A person may be about to go, for these reasons from now on, whatever they were before."""

    version: ClassVar[int] = 2

    reasons: tuple[RiskReason, ...]


class RiskOver(RiskContract):
    """Nothing says so any more: they came back, or they are gone."""
