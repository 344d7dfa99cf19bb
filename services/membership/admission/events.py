"""What happened to a community's door: who may come in by themselves, and what is asked of those who apply."""

from dataclasses import dataclass
from typing import Literal

from shared.ids import Label

Way = Literal["open", "application", "invitation"]
"""By themselves; once staff have read what they wrote; or only if they are invited."""


@dataclass(frozen=True, slots=True)
class Question:
    """Answered in the person's own words, or by one of the `options` where there are any."""

    text: Label
    options: tuple[Label, ...] = ()
    required: bool = True


@dataclass(frozen=True, slots=True)
class AdmissionChosen:
    """`version` counts the choices, so that nobody answers what is not asked any more."""

    version: int
    way: Way
    questions: tuple[Question, ...] = ()


AdmissionEvent = AdmissionChosen
