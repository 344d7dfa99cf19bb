"""Ways into the community's groups, which follow access; and out of them, which somebody must go."""

from services.membership.group_seat import routes
from services.membership.group_seat.decider import GROUP_SEAT
from services.membership.group_seat.projections import GROUP_SEATS
from services.membership.group_seat.publications import PUBLICATIONS
from services.membership.group_seat.reactions import ACTIONS, REACTIONS
from shared.feature import Feature

FEATURE = Feature(
    name="group_seat",
    deciders=(GROUP_SEAT,),
    router=routes.router,
    projections=(GROUP_SEATS,),
    reactions=REACTIONS,
    publications=PUBLICATIONS,
    actions=ACTIONS,
)
