"""What who is about to leave is offered, so that they stay."""

from services.billing.stay import routes
from services.billing.stay.decider import STAY, STAY_RULES
from services.billing.stay.projections import STAYS
from shared.feature import Feature

FEATURE = Feature(
    name="stay", deciders=(STAY_RULES, STAY), router=routes.router, projections=(STAYS,)
)
