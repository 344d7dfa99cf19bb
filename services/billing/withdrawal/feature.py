"""A buyer's right of withdrawal: thinking better of it within fourteen days, without a reason."""

from services.billing.withdrawal import routes
from services.billing.withdrawal.decider import WITHDRAWAL
from services.billing.withdrawal.projections import WITHDRAWALS
from services.billing.withdrawal.publications import PUBLICATIONS
from shared.feature import Feature

FEATURE = Feature(
    name="withdrawal",
    deciders=(WITHDRAWAL,),
    router=routes.router,
    projections=(WITHDRAWALS,),
    publications=PUBLICATIONS,
)
