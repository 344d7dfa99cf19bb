"""What a person lets the other members see of them."""

from dataclasses import dataclass
from typing import Literal

from shared.ids import PersonId
from shared.personal_value import Sealed

HiddenBecause = Literal["own_wish", "left", "banned", "erased"]


@dataclass(frozen=True, slots=True)
class EntryShown:
    """In the person's own words, and nothing that they did not write for it; `contact` is how to reach them."""

    person_id: PersonId
    name: Sealed
    about: Sealed | None = None
    contact: Sealed | None = None


@dataclass(frozen=True, slots=True)
class EntryHidden:
    person_id: PersonId
    cause: HiddenBecause


DirectoryEvent = EntryShown | EntryHidden
