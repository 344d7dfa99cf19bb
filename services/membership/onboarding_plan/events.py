"""What happened to the steps that lead the people of a tier in; the stream is derived from the tier."""

from dataclasses import dataclass
from typing import Literal

from services.membership.member.events import Language
from services.membership.tier.events import TierId
from shared.ids import Code, Label

StepKind = Literal["access", "chat", "welcome", "introduce", "gathering", "checklist"]


@dataclass(frozen=True, slots=True)
class StepWords:
    language: Language
    title: Label
    text: Label


@dataclass(frozen=True, slots=True)
class Step:
    """It opens so many hours after the tier did, with a `letter` or without.

    So many hours later who has not done it is reminded, and `ends_after` days later nobody waits for it any more.
    """

    key: Code
    kind: StepKind
    words: tuple[StepWords, ...]
    opens_after: int = 0
    letter: bool = False
    remind_after: int | None = None
    ends_after: int = 14

    def words_in(self, language: Language) -> StepWords:
        return next((words for words in self.words if words.language == language), self.words[0])


@dataclass(frozen=True, slots=True)
class OnboardingPlanned:
    """It holds for whom the tier opens to from now on; who is on the way goes on as they began."""

    tier_id: TierId
    steps: tuple[Step, ...]


OnboardingPlanEvent = OnboardingPlanned
