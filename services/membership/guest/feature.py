"""Who gives without an account."""

from services.membership.guest import routes
from services.membership.guest.decider import GUEST
from services.membership.guest.reactions import REACTIONS
from shared.feature import Feature

FEATURE = Feature(name="guest", deciders=(GUEST,), router=routes.router, reactions=REACTIONS)
