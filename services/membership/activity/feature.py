"""Who takes part, and how."""

from services.membership.activity import routes
from services.membership.activity.decider import ACTIVITY
from services.membership.activity.projections import ACTIVITY_DAYS
from services.membership.activity.publications import PUBLICATIONS
from services.membership.activity.reactions import ACTIONS, LOOPS, REACTIONS
from shared.feature import Feature

FEATURE = Feature(
    name="activity",
    deciders=(ACTIVITY,),
    router=routes.router,
    projections=(ACTIVITY_DAYS,),
    reactions=REACTIONS,
    publications=PUBLICATIONS,
    actions=ACTIONS,
    loops=LOOPS,
)
