"""Why people leave: asked of who leaves, and counted."""

from services.billing.exit_survey import routes
from services.billing.exit_survey.decider import EXIT_SURVEY
from services.billing.exit_survey.projections import EXIT_ANSWERS
from services.billing.exit_survey.publications import PUBLICATIONS
from services.billing.exit_survey.reactions import ACTIONS, REACTIONS
from shared.feature import Feature

FEATURE = Feature(
    name="exit_survey",
    deciders=(EXIT_SURVEY,),
    router=routes.router,
    projections=(EXIT_ANSWERS,),
    reactions=REACTIONS,
    actions=ACTIONS,
    publications=PUBLICATIONS,
)
