"""What people come together for."""

from services.events.gathering import routes
from services.events.gathering.decider import GATHERING
from services.events.gathering.projections import GATHERINGS
from services.events.gathering.publications import PUBLICATIONS
from shared.feature import Feature

FEATURE = Feature(
    name="gathering",
    deciders=(GATHERING,),
    router=routes.router,
    projections=(GATHERINGS,),
    publications=PUBLICATIONS,
)
