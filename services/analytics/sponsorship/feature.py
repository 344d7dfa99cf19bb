"""What a sponsor's placements bring."""

from services.analytics.sponsorship import routes
from services.analytics.sponsorship.projections import SPONSORSHIPS
from shared.feature import Feature

FEATURE = Feature(name="sponsorship", router=routes.router, projections=(SPONSORSHIPS,))
