"""What is still missing before money can come in."""

from services.membership.setup import routes
from services.membership.setup.projections import SETUP
from shared.feature import Feature

FEATURE = Feature(name="setup", router=routes.router, projections=(SETUP,))
