"""What people are told by other channels than mail."""

from services.membership.direct import routes
from services.membership.direct.decider import DIRECT
from services.membership.direct.projections import DIRECT_MESSAGES
from services.membership.direct.reactions import ACTIONS, REACTIONS
from shared.feature import Feature

FEATURE = Feature(
    name="direct",
    deciders=(DIRECT,),
    router=routes.router,
    projections=(DIRECT_MESSAGES,),
    reactions=REACTIONS,
    actions=ACTIONS,
)
