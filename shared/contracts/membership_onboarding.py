"""tessera.membership.onboarding.v1: how people find their way into a tier that opened to them."""

from typing import ClassVar, Literal
from uuid import UUID

from shared.contracts.contract import CodeText, Contract


class OnboardingContract(Contract):
    """One person's way into one tier; the key is all of that person's ways."""

    topic: ClassVar[str] = "tessera.membership.onboarding.v1"

    person_id: UUID
    tier_id: UUID


class OnboardingBegun(OnboardingContract):
    """The tier opened to the person, and steps lead them in."""

    steps: int


class OnboardingStepDone(OnboardingContract):
    """A step is done: by itself, or as the member says."""

    step: CodeText
    by: Literal["itself", "member"]


class OnboardingCompleted(OnboardingContract):
    """Nothing is left to do or to wait for."""

    done: int
    missed: int


class OnboardingStopped(OnboardingContract):
    """The tier closed to the person before they were through."""
