"""Outgoing webhooks: everything that is published of a community, told to its endpoints in order."""

from services.membership.delivery import routes
from services.membership.delivery.decider import DELIVERY
from services.membership.delivery.projections import ERRANDS, FEED
from services.membership.delivery.reactions import ACTIONS, LOOPS, REACTIONS
from shared.feature import Feature

FEATURE = Feature(
    name="delivery",
    deciders=(DELIVERY,),
    router=routes.router,
    projections=(FEED, ERRANDS),
    reactions=REACTIONS,
    actions=ACTIONS,
    loops=LOOPS,
)
