"""What may be asked of a person's way in."""

from dataclasses import dataclass

from services.membership.onboarding.events import Telling
from services.membership.onboarding_plan.events import Step, StepKind, Trigger
from services.membership.tier.events import TierId
from shared.ids import Code, Label, PersonId


@dataclass(frozen=True, slots=True)
class BeginOnboarding:
    """`already` is what they have done before there was a step for it, `come` what steps wait for and has come."""

    person_id: PersonId
    tier_id: TierId
    steps: tuple[Step, ...]
    already: frozenset[StepKind]
    come: frozenset[Trigger] = frozenset()


@dataclass(frozen=True, slots=True)
class OpenStep:
    person_id: PersonId
    tier_id: TierId
    round: int
    key: Code


@dataclass(frozen=True, slots=True)
class RemindOfStep:
    person_id: PersonId
    tier_id: TierId
    round: int
    key: Code


@dataclass(frozen=True, slots=True)
class EndStep:
    person_id: PersonId
    tier_id: TierId
    round: int
    key: Code


@dataclass(frozen=True, slots=True)
class GiveUpStep:
    """What it waits for has had its time."""

    person_id: PersonId
    tier_id: TierId
    round: int
    key: Code


@dataclass(frozen=True, slots=True)
class TellOfStep:
    """In the person's language."""

    person_id: PersonId
    tier_id: TierId
    round: int
    key: Code
    template: Telling
    title: Label
    text: Label


@dataclass(frozen=True, slots=True)
class NoticeStep:
    """The person did something that steps of this kind wait for."""

    person_id: PersonId
    kind: StepKind


@dataclass(frozen=True, slots=True)
class NoticeTrigger:
    """Something came that steps may wait for before they open."""

    person_id: PersonId
    trigger: Trigger


@dataclass(frozen=True, slots=True)
class MarkStep:
    person_id: PersonId
    tier_id: TierId
    key: Code


@dataclass(frozen=True, slots=True)
class StopOnboarding:
    person_id: PersonId
    tier_id: TierId


OnboardingCommand = (
    BeginOnboarding
    | OpenStep
    | RemindOfStep
    | EndStep
    | GiveUpStep
    | TellOfStep
    | NoticeStep
    | NoticeTrigger
    | MarkStep
    | StopOnboarding
)


@dataclass(frozen=True, slots=True)
class LookAtPlan:
    """Look by which steps the person is led into the tier, and what of it they have done before."""

    person_id: PersonId
    tier_id: TierId


@dataclass(frozen=True, slots=True)
class FindWords:
    """Look in which language the person reads, and say it in that."""

    person_id: PersonId
    tier_id: TierId
    round: int
    key: Code
    template: Telling
