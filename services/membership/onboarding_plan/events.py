"""What happened to the steps that lead the people of a tier in; the stream is derived from the tier."""

from dataclasses import dataclass
from typing import Literal

from services.membership.member.events import Language
from services.membership.tier.events import TierId
from shared.ids import Code, Label

StepKind = Literal["access", "chat", "welcome", "introduce", "gathering", "checklist"]

Trigger = Literal["start", "step", "ticket", "attendance", "chat"]
"""The tier opened; another step was done; they have their first ticket; they were there for the first time; they are in
the chat."""


@dataclass(frozen=True, slots=True)
class StepWords:
    language: Language
    title: Label
    text: Label


@dataclass(frozen=True, slots=True)
class Step:
    """It opens so many hours after what it waits for, with a `letter` or without; `step` is which other one that is.

    What has not come `ends_after` days after the tier opened is waited for no more. So many hours after it opened who
    has not done it is reminded, and once it was open for `ends_after` days nobody waits for it any more.
    """

    key: Code
    kind: StepKind
    words: tuple[StepWords, ...]
    opens_after: int = 0
    letter: bool = False
    remind_after: int | None = None
    ends_after: int = 14
    trigger: Trigger = "start"
    step: Code | None = None

    def words_in(self, language: Language) -> StepWords:
        return next((words for words in self.words if words.language == language), self.words[0])


@dataclass(frozen=True, slots=True)
class OnboardingPlanned:
    """It holds for whom the tier opens to from now on; who is on the way goes on as they began."""

    tier_id: TierId
    steps: tuple[Step, ...]


OnboardingPlanEvent = OnboardingPlanned
