"""What happened to what is kept of somebody who is gone; the stream is derived from the person."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from services.membership.retention_rules.events import Ground
from shared.ids import Code, PersonId
from shared.personal_value import Sealed

Holding = Literal["access", "subscription", "ticket", "dispute", "role"]
"""What keeps somebody, whatever the rules."""
Because = Literal["back", "rules", Holding]


@dataclass(frozen=True, slots=True)
class LapseForetold:
    """They are gone `since`: by the rules of this version they are forgotten at `ends_at`, and are told so.

    `way` leads to the certificate of it, and `mark` is what they can tell it by (`proof.py`).
    """

    person_id: PersonId
    ground: Ground
    since: datetime
    ends_at: datetime
    rules: int
    way: Sealed | None = None
    mark: Code | None = None


@dataclass(frozen=True, slots=True)
class LapseCalledOff:
    """They came back, something keeps them, or the rules are others now."""

    person_id: PersonId
    because: Because
    rules: int


@dataclass(frozen=True, slots=True)
class PersonLapsed:
    """Their time is over by this rule: they are forgotten."""

    person_id: PersonId
    ground: Ground
    since: datetime
    rules: int
    mark: Code | None = None


LapseEvent = LapseForetold | LapseCalledOff | PersonLapsed
