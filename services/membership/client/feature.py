"""Programs that sign in with a secret."""

from services.membership.client import routes
from services.membership.client.decider import CLIENT
from services.membership.client.projections import CLIENTS
from shared.feature import Feature

FEATURE = Feature(name="client", deciders=(CLIENT,), router=routes.router, projections=(CLIENTS,))
