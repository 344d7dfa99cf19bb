"""What members came for, and whether they found it."""

from services.membership.goal import routes
from services.membership.goal.decider import GOAL
from services.membership.goal.projections import GOALS
from services.membership.goal.publications import PUBLICATIONS
from services.membership.goal.reactions import REACTIONS
from shared.feature import Feature

FEATURE = Feature(
    name="goal",
    deciders=(GOAL,),
    router=routes.router,
    projections=(GOALS,),
    reactions=REACTIONS,
    publications=PUBLICATIONS,
)
