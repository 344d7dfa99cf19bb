"""What owners of links have coming, and what was paid out to them."""

from services.billing.commission_payout import routes
from services.billing.commission_payout.decider import COMMISSION_PAYOUT
from services.billing.commission_payout.projections import COMMISSIONS
from services.billing.commission_payout.reactions import REACTIONS
from shared.feature import Feature

FEATURE = Feature(
    name="commission_payout",
    deciders=(COMMISSION_PAYOUT,),
    router=routes.router,
    projections=(COMMISSIONS,),
    reactions=REACTIONS,
)
