"""The domain that a community calls its own, proved by a record that only its owner can set."""

from services.membership.domain import routes
from services.membership.domain.decider import DOMAIN, DOMAIN_NAME
from services.membership.domain.projections import DOMAINS
from services.membership.domain.reactions import ACTIONS, REACTIONS
from shared.feature import Feature

FEATURE = Feature(
    name="domain",
    deciders=(DOMAIN, DOMAIN_NAME),
    router=routes.router,
    projections=(DOMAINS,),
    reactions=REACTIONS,
    actions=ACTIONS,
)
