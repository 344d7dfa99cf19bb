"""A dearer price for those who have an older one."""

from services.billing.price_rise import routes
from services.billing.price_rise.decider import PRICE_RISE
from services.billing.price_rise.projections import PRICE_RISES
from services.billing.price_rise.publications import PUBLICATIONS
from services.billing.price_rise.reactions import ACTIONS, REACTIONS
from shared.feature import Feature

FEATURE = Feature(
    name="price_rise",
    deciders=(PRICE_RISE,),
    router=routes.router,
    projections=(PRICE_RISES,),
    reactions=REACTIONS,
    publications=PUBLICATIONS,
    actions=ACTIONS,
)
