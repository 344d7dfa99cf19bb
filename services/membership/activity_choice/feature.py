"""Whether what a person does is recorded: their own choice."""

from services.membership.activity_choice import routes
from services.membership.activity_choice.decider import ACTIVITY_CHOICE
from services.membership.activity_choice.publications import PUBLICATIONS
from shared.feature import Feature

FEATURE = Feature(
    name="activity_choice",
    deciders=(ACTIVITY_CHOICE,),
    router=routes.router,
    publications=PUBLICATIONS,
)
