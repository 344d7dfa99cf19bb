"""What people want to be sent."""

from services.membership.preference import routes
from services.membership.preference.decider import PREFERENCE
from services.membership.preference.projections import CHANNELS_CHOSEN, PREFERENCES
from services.membership.preference.reactions import REACTIONS
from shared.feature import Feature

FEATURE = Feature(
    name="preference",
    deciders=(PREFERENCE,),
    router=routes.router,
    projections=(PREFERENCES, CHANNELS_CHOSEN),
    reactions=REACTIONS,
)
