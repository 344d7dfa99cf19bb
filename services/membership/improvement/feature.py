"""You said, we did: what was done after polls and after what people say on leaving, and who is told of it."""

from services.membership.improvement import routes
from services.membership.improvement.decider import IMPROVEMENT
from services.membership.improvement.projections import EXIT_WISHES, IMPROVEMENTS
from services.membership.improvement.reactions import ACTIONS, REACTIONS
from shared.feature import Feature

FEATURE = Feature(
    name="improvement",
    deciders=(IMPROVEMENT,),
    router=routes.router,
    projections=(IMPROVEMENTS, EXIT_WISHES),
    reactions=REACTIONS,
    actions=ACTIONS,
)
