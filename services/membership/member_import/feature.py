"""Members who come from elsewhere, by a file."""

from services.membership.member_import import routes
from services.membership.member_import.decider import MEMBER_IMPORT
from services.membership.member_import.projections import IMPORTS
from services.membership.member_import.publications import PUBLICATIONS
from services.membership.member_import.reactions import ACTIONS, REACTIONS
from shared.feature import Feature

FEATURE = Feature(
    name="member_import",
    deciders=(MEMBER_IMPORT,),
    router=routes.router,
    projections=(IMPORTS,),
    reactions=REACTIONS,
    publications=PUBLICATIONS,
    actions=ACTIONS,
)
