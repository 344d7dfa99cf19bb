"""Money that people send or bring themselves."""

from services.billing.by_hand import routes
from services.billing.by_hand.decider import BY_HAND, RECEIPT
from services.billing.by_hand.projections import REFUNDS_OWED
from shared.feature import Feature

FEATURE = Feature(
    name="by_hand",
    deciders=(BY_HAND, RECEIPT),
    router=routes.router,
    projections=(REFUNDS_OWED,),
)
