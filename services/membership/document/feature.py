"""What a community wants to be agreed to: legal documents in versions, and who accepted which."""

from services.membership.document import routes
from services.membership.document.decider import ACCEPTANCE, DOCUMENT, NOTICE
from services.membership.document.projections import DOCUMENTS
from services.membership.document.publications import PUBLICATIONS
from services.membership.document.reactions import ACTIONS, REACTIONS
from shared.feature import Feature

FEATURE = Feature(
    name="document",
    deciders=(DOCUMENT, ACCEPTANCE, NOTICE),
    router=routes.router,
    projections=(DOCUMENTS,),
    reactions=REACTIONS,
    actions=ACTIONS,
    publications=PUBLICATIONS,
)
