"""Seats that one pays for and others sit on."""

from services.membership.seat import routes
from services.membership.seat.decider import SEAT
from services.membership.seat.projections import SEATS
from services.membership.seat.publications import PUBLICATIONS
from services.membership.seat.reactions import ACTIONS, REACTIONS
from shared.feature import Feature

FEATURE = Feature(
    name="seat",
    deciders=(SEAT,),
    router=routes.router,
    projections=(SEATS,),
    reactions=REACTIONS,
    publications=PUBLICATIONS,
    actions=ACTIONS,
)
