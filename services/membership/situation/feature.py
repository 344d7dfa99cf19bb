"""How a person stands with the community, in one call."""

from services.membership.situation import routes
from shared.feature import Feature

FEATURE = Feature(name="situation", router=routes.router)
