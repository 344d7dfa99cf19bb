"""Which organisations a person acts for."""

from services.membership.representative import routes
from services.membership.representative.decider import REPRESENTATIVE
from services.membership.representative.reactions import ACTIONS, REACTIONS
from shared.feature import Feature

FEATURE = Feature(
    name="representative",
    deciders=(REPRESENTATIVE,),
    router=routes.router,
    reactions=REACTIONS,
    actions=ACTIONS,
)
