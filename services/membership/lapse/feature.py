"""What is kept of people who are gone, and when it is forgotten."""

from services.membership.lapse.decider import LAPSE
from services.membership.lapse.projections import ABSENCES
from services.membership.lapse.reactions import ACTIONS, REACTIONS
from shared.feature import Feature

FEATURE = Feature(
    name="lapse",
    deciders=(LAPSE,),
    projections=(ABSENCES,),
    reactions=REACTIONS,
    actions=ACTIONS,
)
