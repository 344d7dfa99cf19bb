"""By which rules members are recognised, and when they are looked at."""

from services.membership.recognition_rules import routes
from services.membership.recognition_rules.decider import RECOGNITION_ROUNDS, RECOGNITION_RULES
from services.membership.recognition_rules.reactions import REACTIONS
from shared.feature import Feature

FEATURE = Feature(
    name="recognition_rules",
    deciders=(RECOGNITION_RULES, RECOGNITION_ROUNDS),
    router=routes.router,
    reactions=REACTIONS,
)
