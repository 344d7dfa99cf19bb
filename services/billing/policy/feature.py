"""What follows when money does not come, or goes back."""

from services.billing.policy import routes
from services.billing.policy.decider import POLICY
from services.billing.policy.projections import POLICIES
from shared.feature import Feature

FEATURE = Feature(name="policy", deciders=(POLICY,), router=routes.router, projections=(POLICIES,))
