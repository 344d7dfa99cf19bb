"""Reading a creator's own billing before anything of it is taken over."""

from services.billing.migration import routes
from services.billing.migration.decider import MIGRATION
from services.billing.migration.projections import MIGRATIONS, ORIGINS
from services.billing.migration.reactions import ACTIONS, REACTIONS
from shared.feature import Feature

FEATURE = Feature(
    name="migration",
    deciders=(MIGRATION,),
    router=routes.router,
    projections=(MIGRATIONS, ORIGINS),
    reactions=REACTIONS,
    actions=ACTIONS,
)
