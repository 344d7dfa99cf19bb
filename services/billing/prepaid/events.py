"""What happened to somebody who has paid elsewhere until a day, and whom a letter leads to go on here."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from shared.ids import Code, Label, PersonId, derive

Occasion = Literal["brought", "ahead", "over"]
"""As soon as they are here, if staff asked for it; before what they paid runs out; once it has."""


def prepaid_of(person_id: UUID) -> UUID:
    """The stream of what a person has paid elsewhere."""
    return derive(person_id, "prepaid")


@dataclass(frozen=True, slots=True)
class PlannedLetter:
    occasion: Occasion
    at: datetime


@dataclass(frozen=True, slots=True)
class PrepaidHeard:
    """Whoever subscribes to the offer before `until` pays from then on. They were brought `at`."""

    person_id: PersonId
    offer_id: UUID
    until: datetime
    letters: tuple[PlannedLetter, ...]
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PrepaidLetterDue:
    """It is time to look whether they have subscribed."""

    person_id: PersonId
    offer_id: UUID
    until: datetime
    occasion: Occasion


@dataclass(frozen=True, slots=True)
class PrepaidTold:
    """They have not; by `link` they do, without signing in."""

    person_id: PersonId
    occasion: Occasion
    offer: Label
    until: datetime
    link: Code


@dataclass(frozen=True, slots=True)
class PrepaidCheckoutOpened:
    """Whoever has the link is subscribing them."""

    person_id: PersonId
    checkout_id: UUID


@dataclass(frozen=True, slots=True)
class PrepaidLetGo:
    """They are no member any more, since then."""

    person_id: PersonId
    at: datetime


PrepaidEvent = PrepaidHeard | PrepaidLetterDue | PrepaidTold | PrepaidCheckoutOpened | PrepaidLetGo
