"""Who stays."""

from services.analytics.retention import routes
from services.analytics.retention.projections import ACCESS, MEMBERS
from shared.feature import Feature

FEATURE = Feature(name="retention", router=routes.router, projections=(MEMBERS, ACCESS))
