"""What a community earns."""

from services.analytics.revenue import routes
from services.analytics.revenue.projections import TAKINGS
from shared.feature import Feature

FEATURE = Feature(name="revenue", router=routes.router, projections=(TAKINGS,))
