"""Members who let the other members find them."""

from services.membership.directory import routes
from services.membership.directory.decider import DIRECTORY
from services.membership.directory.projections import ENTRIES
from services.membership.directory.reactions import REACTIONS
from shared.feature import Feature

FEATURE = Feature(
    name="directory",
    deciders=(DIRECTORY,),
    router=routes.router,
    projections=(ENTRIES,),
    reactions=REACTIONS,
)
