"""What happened on a person's way in, tier by tier; the stream is derived from the person."""

from dataclasses import dataclass
from typing import Literal

from services.membership.onboarding_plan.events import Step
from services.membership.tier.events import TierId
from shared.ids import Code, Label, PersonId

Telling = Literal["onboarding_step", "onboarding_reminder"]
StepState = Literal["waiting", "open", "done", "missed"]
DoneBy = Literal["itself", "member"]


@dataclass(frozen=True, slots=True)
class OnboardingBegun:
    """The tier opened to the person for the `round`th time, and these steps lead them in."""

    person_id: PersonId
    tier_id: TierId
    round: int
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class StepOpened:
    person_id: PersonId
    tier_id: TierId
    round: int
    step: Step


@dataclass(frozen=True, slots=True)
class StepTriggered:
    """What it waited for has come: it opens in its own time."""

    person_id: PersonId
    tier_id: TierId
    round: int
    step: Step


@dataclass(frozen=True, slots=True)
class StepReminded:
    """They have not done it, and are to be told so."""

    person_id: PersonId
    tier_id: TierId
    round: int
    key: Code


@dataclass(frozen=True, slots=True)
class StepToldOf:
    """They are written to, in the words of the plan."""

    person_id: PersonId
    tier_id: TierId
    round: int
    key: Code
    template: Telling
    title: Label
    text: Label


@dataclass(frozen=True, slots=True)
class StepDone:
    person_id: PersonId
    tier_id: TierId
    key: Code
    by: DoneBy


@dataclass(frozen=True, slots=True)
class StepMissed:
    """Its time is over."""

    person_id: PersonId
    tier_id: TierId
    key: Code


@dataclass(frozen=True, slots=True)
class OnboardingCompleted:
    """Nothing is left to do or to wait for."""

    person_id: PersonId
    tier_id: TierId
    done: int
    missed: int


@dataclass(frozen=True, slots=True)
class OnboardingStopped:
    """The tier closed to the person before they were through."""

    person_id: PersonId
    tier_id: TierId


OnboardingEvent = (
    OnboardingBegun
    | StepOpened
    | StepTriggered
    | StepReminded
    | StepToldOf
    | StepDone
    | StepMissed
    | OnboardingCompleted
    | OnboardingStopped
)
