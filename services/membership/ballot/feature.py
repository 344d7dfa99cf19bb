"""Members' ballots in polls."""

from services.membership.ballot import routes
from services.membership.ballot.decider import BALLOT
from services.membership.ballot.projections import BALLOTS
from shared.feature import Feature

FEATURE = Feature(
    name="ballot",
    deciders=(BALLOT,),
    router=routes.router,
    projections=(BALLOTS,),
)
