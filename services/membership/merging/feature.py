"""One human being who is two persons of a community, and becomes one."""

from services.membership.merging import routes
from services.membership.merging.decider import MERGING
from services.membership.merging.publications import PUBLICATIONS
from services.membership.merging.reactions import REACTIONS
from shared.feature import Feature

FEATURE = Feature(
    name="merging",
    deciders=(MERGING,),
    router=routes.router,
    reactions=REACTIONS,
    publications=PUBLICATIONS,
)
