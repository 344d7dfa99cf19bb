"""What people are told, and that they were."""

from services.membership.announcement import routes
from services.membership.announcement.decider import ANNOUNCEMENT, CIRCULAR
from services.membership.announcement.projections import BOUNCES, MESSAGES
from services.membership.announcement.reactions import ACTIONS, REACTIONS
from shared.feature import Feature

FEATURE = Feature(
    name="announcement",
    deciders=(ANNOUNCEMENT, CIRCULAR),
    router=routes.router,
    projections=(MESSAGES, BOUNCES),
    reactions=REACTIONS,
    actions=ACTIONS,
)
