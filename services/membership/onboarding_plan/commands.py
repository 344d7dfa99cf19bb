"""What may be asked of a tier's steps."""

from dataclasses import dataclass

from services.membership.onboarding_plan.events import Step
from services.membership.tier.events import TierId


@dataclass(frozen=True, slots=True)
class PlanOnboarding:
    """No steps: nobody is led in any more."""

    tier_id: TierId
    steps: tuple[Step, ...]


OnboardingPlanCommand = PlanOnboarding
