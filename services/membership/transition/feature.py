"""A free community that is going to cost: planned, seen, announced, put off, called off and carried out."""

from services.membership.transition import routes
from services.membership.transition.decider import TRANSITION
from services.membership.transition.projections import OFFERS_HEARD
from services.membership.transition.publications import PUBLICATIONS
from services.membership.transition.reactions import REACTIONS
from shared.feature import Feature

FEATURE = Feature(
    name="transition",
    deciders=(TRANSITION,),
    router=routes.router,
    projections=(OFFERS_HEARD,),
    reactions=REACTIONS,
    publications=PUBLICATIONS,
)
