"""Communities, who works for them, and the name in their address."""

from services.membership.community import routes
from services.membership.community.decider import COMMUNITY, SLUG
from services.membership.community.projections import COMMUNITIES, STAFF_ROLES, VISIBILITY
from services.membership.community.publications import PUBLICATIONS
from services.membership.community.reactions import ACTIONS, REACTIONS
from shared.feature import Feature

FEATURE = Feature(
    name="community",
    deciders=(COMMUNITY, SLUG),
    router=routes.router,
    projections=(COMMUNITIES, STAFF_ROLES, VISIBILITY),
    reactions=REACTIONS,
    actions=ACTIONS,
    publications=PUBLICATIONS,
)
