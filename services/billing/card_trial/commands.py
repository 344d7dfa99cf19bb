"""What may be asked of the trials that one card has had."""

from dataclasses import dataclass
from uuid import UUID

from services.billing.policy.events import TrialsPerCard


@dataclass(frozen=True, slots=True)
class GiveTrial:
    """A checkout, known here by its `claim`, is about to begin a trial of these offers by the card."""

    claim: UUID
    offers: tuple[UUID, ...]
    per: TrialsPerCard


@dataclass(frozen=True, slots=True)
class KeepTrial:
    """The checkout is completed by the card, be it after it had expired."""

    claim: UUID
    offers: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class ReturnTrial:
    """The checkout came to nothing, or was paid by another card."""

    claim: UUID


CardTrialCommand = GiveTrial | KeepTrial | ReturnTrial
