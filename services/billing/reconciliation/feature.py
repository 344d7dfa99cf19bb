"""Whether the processor's account and our book say the same: compared every day, put right where that needs nobody."""

from services.billing.reconciliation import routes
from services.billing.reconciliation.decider import RECONCILIATION
from services.billing.reconciliation.projections import RECONCILIATIONS
from services.billing.reconciliation.publications import PUBLICATIONS
from services.billing.reconciliation.reactions import ACTIONS, REACTIONS
from shared.feature import Feature

FEATURE = Feature(
    name="reconciliation",
    deciders=(RECONCILIATION,),
    router=routes.router,
    projections=(RECONCILIATIONS,),
    reactions=REACTIONS,
    publications=PUBLICATIONS,
    actions=ACTIONS,
)
