"""One text to many people at once: announcements."""

from services.membership.broadcast import routes
from services.membership.broadcast.decider import BROADCAST
from services.membership.broadcast.projections import BROADCASTS
from services.membership.broadcast.reactions import ACTIONS, REACTIONS
from shared.feature import Feature

FEATURE = Feature(
    name="broadcast",
    deciders=(BROADCAST,),
    router=routes.router,
    projections=(BROADCASTS,),
    reactions=REACTIONS,
    actions=ACTIONS,
)
