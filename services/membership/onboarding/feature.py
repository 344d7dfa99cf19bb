"""The way in: steps that run by themselves once a tier opens."""

from services.membership.onboarding import routes
from services.membership.onboarding.decider import ONBOARDING
from services.membership.onboarding.projections import ONBOARDINGS
from services.membership.onboarding.publications import PUBLICATIONS
from services.membership.onboarding.reactions import ACTIONS, REACTIONS
from shared.feature import Feature

FEATURE = Feature(
    name="onboarding",
    deciders=(ONBOARDING,),
    router=routes.router,
    projections=(ONBOARDINGS,),
    reactions=REACTIONS,
    publications=PUBLICATIONS,
    actions=ACTIONS,
)
