"""Ideas of the members': backed by others, and answered."""

from services.membership.idea import routes
from services.membership.idea.decider import IDEA
from services.membership.idea.projections import IDEAS
from services.membership.idea.publications import PUBLICATIONS
from shared.feature import Feature

FEATURE = Feature(
    name="idea",
    deciders=(IDEA,),
    router=routes.router,
    projections=(IDEAS,),
    publications=PUBLICATIONS,
)
