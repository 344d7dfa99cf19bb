"""What somebody buys for somebody else."""

from services.membership.present import routes
from services.membership.present.decider import PRESENT
from services.membership.present.projections import PRESENTS
from services.membership.present.reactions import ACTIONS, REACTIONS
from shared.feature import Feature

FEATURE = Feature(
    name="present",
    deciders=(PRESENT,),
    router=routes.router,
    projections=(PRESENTS,),
    reactions=REACTIONS,
    actions=ACTIONS,
)
