"""How long a community keeps people who are gone, and when it looks at them."""

from services.membership.retention_rules import routes
from services.membership.retention_rules.decider import RETENTION_RULES
from services.membership.retention_rules.reactions import REACTIONS
from shared.feature import Feature

FEATURE = Feature(
    name="retention_rules",
    deciders=(RETENTION_RULES,),
    router=routes.router,
    reactions=REACTIONS,
)
