"""By which link a person came, if they agree to its being known."""

from services.membership.attribution import routes
from services.membership.attribution.decider import ATTRIBUTION
from services.membership.attribution.publications import PUBLICATIONS
from services.membership.attribution.reactions import ACTIONS, REACTIONS
from shared.feature import Feature

FEATURE = Feature(
    name="attribution",
    deciders=(ATTRIBUTION,),
    router=routes.router,
    reactions=REACTIONS,
    actions=ACTIONS,
    publications=PUBLICATIONS,
)
