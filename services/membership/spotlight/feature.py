"""Whose doings staff show to the community, and whose they might."""

from services.membership.spotlight import routes
from services.membership.spotlight.decider import SPOTLIGHT
from services.membership.spotlight.projections import SPOTLIGHTS
from services.membership.spotlight.publications import PUBLICATIONS
from shared.feature import Feature

FEATURE = Feature(
    name="spotlight",
    deciders=(SPOTLIGHT,),
    router=routes.router,
    projections=(SPOTLIGHTS,),
    publications=PUBLICATIONS,
)
