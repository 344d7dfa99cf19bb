"""Taking subscriptions over from the creator's own billing, each period charged by one side."""

from services.billing.takeover import routes
from services.billing.takeover.decider import TAKEOVER
from services.billing.takeover.projections import TAKEOVERS
from services.billing.takeover.publications import PUBLICATIONS
from services.billing.takeover.reactions import ACTIONS, REACTIONS
from shared.feature import Feature

FEATURE = Feature(
    name="takeover",
    deciders=(TAKEOVER,),
    router=routes.router,
    projections=(TAKEOVERS,),
    reactions=REACTIONS,
    publications=PUBLICATIONS,
    actions=ACTIONS,
)
