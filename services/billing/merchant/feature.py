"""On whose account a community sells."""

from services.billing.merchant import routes
from services.billing.merchant.decider import MERCHANT
from services.billing.merchant.projections import MERCHANTS
from services.billing.merchant.publications import PUBLICATIONS
from services.billing.merchant.reactions import ACTIONS, REACTIONS
from shared.feature import Feature

FEATURE = Feature(
    name="merchant",
    deciders=(MERCHANT,),
    router=routes.router,
    projections=(MERCHANTS,),
    reactions=REACTIONS,
    publications=PUBLICATIONS,
    actions=ACTIONS,
)
