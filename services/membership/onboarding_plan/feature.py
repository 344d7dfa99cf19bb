"""Which steps lead the people of a tier in."""

from services.membership.onboarding_plan import routes
from services.membership.onboarding_plan.decider import ONBOARDING_PLAN
from shared.feature import Feature

FEATURE = Feature(name="onboarding_plan", deciders=(ONBOARDING_PLAN,), router=routes.router)
