"""Who may enter what, and why."""

from services.membership.access import routes
from services.membership.access.decider import ACCESS
from services.membership.access.projections import ACCESS_REASONS, BOUGHT
from services.membership.access.publications import PUBLICATIONS
from services.membership.access.reactions import ACTIONS, REACTIONS
from shared.feature import Feature

FEATURE = Feature(
    name="access",
    deciders=(ACCESS,),
    router=routes.router,
    projections=(ACCESS_REASONS, BOUGHT),
    reactions=REACTIONS,
    publications=PUBLICATIONS,
    actions=ACTIONS,
)
