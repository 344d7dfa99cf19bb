"""At which level a member stands by what they do."""

from services.membership.recognition import routes
from services.membership.recognition.decider import RECOGNITION
from services.membership.recognition.projections import RECOGNITIONS
from services.membership.recognition.publications import PUBLICATIONS
from services.membership.recognition.reactions import ACTIONS, REACTIONS
from shared.feature import Feature

FEATURE = Feature(
    name="recognition",
    deciders=(RECOGNITION,),
    router=routes.router,
    projections=(RECOGNITIONS,),
    reactions=REACTIONS,
    publications=PUBLICATIONS,
    actions=ACTIONS,
)
