"""Why subscriptions end: as billing saw it, and as people say."""

from services.analytics.exits import routes
from services.analytics.exits.projections import EXITS
from shared.feature import Feature

FEATURE = Feature(name="exits", router=routes.router, projections=(EXITS,))
