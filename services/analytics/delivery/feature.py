"""How the figures reach an organiser."""

from services.analytics.delivery import routes
from shared.feature import Feature

FEATURE = Feature(name="delivery", router=routes.router)
