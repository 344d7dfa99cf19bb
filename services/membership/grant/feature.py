"""Each benefit that a person has, waits for or has had, in one record."""

from services.membership.grant import routes
from services.membership.grant.projections import BENEFITS_GIVEN
from shared.feature import Feature

FEATURE = Feature(name="grant", router=routes.router, projections=(BENEFITS_GIVEN,))
