"""Which trials were begun by one card. Neither the card nor whose it is can be told from them."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class CardTrialGiven:
    """A trial of these offers was begun by the card; the print `claim` stands for the checkout."""

    claim: UUID
    offers: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class CardTrialReturned:
    """It came to nothing: the card may still begin one."""

    claim: UUID


CardTrialEvent = CardTrialGiven | CardTrialReturned
