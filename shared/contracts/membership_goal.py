"""tessera.membership.goal.v1: that members said what they came for, and whether they found it."""

from typing import ClassVar, Literal
from uuid import UUID

from shared.contracts.contract import Contract


class GoalContract(Contract):
    """One person's goal; the key is all that they ever told."""

    topic: ClassVar[str] = "tessera.membership.goal.v1"

    person_id: UUID


class GoalSet(GoalContract):
    """A member said what they came for; it takes the place of what they said before."""


class GoalReviewed(GoalContract):
    """A member said how it went; their last word counts."""

    outcome: Literal["reached", "partly", "not_reached"]
