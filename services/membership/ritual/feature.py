"""The recurring promises of a community, and whether they are kept."""

from services.membership.ritual import routes
from services.membership.ritual.decider import RITUAL
from services.membership.ritual.projections import RITUALS
from services.membership.ritual.publications import PUBLICATIONS
from services.membership.ritual.reactions import REACTIONS
from shared.feature import Feature

FEATURE = Feature(
    name="ritual",
    deciders=(RITUAL,),
    router=routes.router,
    projections=(RITUALS,),
    reactions=REACTIONS,
    publications=PUBLICATIONS,
)
