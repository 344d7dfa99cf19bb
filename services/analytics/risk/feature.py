"""Who may be about to go, for which reasons."""

from services.analytics.risk import routes
from services.analytics.risk.decider import RISK, RISK_ROUNDS
from services.analytics.risk.projections import RISKS
from services.analytics.risk.publications import PUBLICATIONS
from services.analytics.risk.reactions import ACTIONS, REACTIONS
from shared.feature import Feature

FEATURE = Feature(
    name="risk",
    deciders=(RISK, RISK_ROUNDS),
    router=routes.router,
    projections=(RISKS,),
    reactions=REACTIONS,
    publications=PUBLICATIONS,
    actions=ACTIONS,
)
