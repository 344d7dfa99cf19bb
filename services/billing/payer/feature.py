"""Who pays: the processor's customer and the card that is kept."""

from services.billing.payer import routes
from services.billing.payer.decider import PAYER
from services.billing.payer.projections import CUSTOMERS, PAYERS
from services.billing.payer.publications import PUBLICATIONS
from services.billing.payer.reactions import ACTIONS, REACTIONS
from shared.feature import Feature

FEATURE = Feature(
    name="payer",
    deciders=(PAYER,),
    router=routes.router,
    projections=(PAYERS, CUSTOMERS),
    reactions=REACTIONS,
    publications=PUBLICATIONS,
    actions=ACTIONS,
)
