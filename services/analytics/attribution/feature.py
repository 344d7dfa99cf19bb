"""Which links people came by, and what they paid."""

from services.analytics.attribution import routes
from services.analytics.attribution.projections import ATTRIBUTION
from shared.feature import Feature

FEATURE = Feature(name="attribution", router=routes.router, projections=(ATTRIBUTION,))
