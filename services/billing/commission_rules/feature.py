"""What who sends buyers earns."""

from services.billing.commission_rules import routes
from services.billing.commission_rules.decider import COMMISSION_RULES
from shared.feature import Feature

FEATURE = Feature(name="commission_rules", deciders=(COMMISSION_RULES,), router=routes.router)
