"""What a community offers to belong to."""

from services.membership.tier import routes
from services.membership.tier.decider import TIER
from services.membership.tier.projections import TIERS
from services.membership.tier.publications import PUBLICATIONS
from services.membership.tier.reactions import REACTIONS
from shared.feature import Feature

FEATURE = Feature(
    name="tier",
    deciders=(TIER,),
    router=routes.router,
    projections=(TIERS,),
    reactions=REACTIONS,
    publications=PUBLICATIONS,
)
