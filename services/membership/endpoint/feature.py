"""Where a community's own tools hear what happens in it."""

from services.membership.endpoint import routes
from services.membership.endpoint.decider import ENDPOINT
from services.membership.endpoint.projections import ENDPOINTS
from services.membership.endpoint.reactions import REACTIONS
from shared.feature import Feature

FEATURE = Feature(
    name="endpoint",
    deciders=(ENDPOINT,),
    router=routes.router,
    projections=(ENDPOINTS,),
    reactions=REACTIONS,
)
