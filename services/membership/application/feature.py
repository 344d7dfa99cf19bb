"""Those who would like to belong, and what staff answer them."""

from services.membership.application import routes
from services.membership.application.decider import APPLICATION
from services.membership.application.projections import APPLICATIONS
from services.membership.application.publications import PUBLICATIONS
from services.membership.application.reactions import ACTIONS, REACTIONS
from shared.feature import Feature

FEATURE = Feature(
    name="application",
    deciders=(APPLICATION,),
    router=routes.router,
    projections=(APPLICATIONS,),
    reactions=REACTIONS,
    publications=PUBLICATIONS,
    actions=ACTIONS,
)
