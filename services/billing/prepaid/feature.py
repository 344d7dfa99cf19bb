"""Who paid elsewhere until a day, and goes on here from that day on by the link of a letter."""

from services.billing.prepaid import routes
from services.billing.prepaid.decider import PREPAID
from services.billing.prepaid.publications import PUBLICATIONS
from services.billing.prepaid.reactions import ACTIONS, REACTIONS
from shared.feature import Feature

FEATURE = Feature(
    name="prepaid",
    deciders=(PREPAID,),
    router=routes.router,
    reactions=REACTIONS,
    actions=ACTIONS,
    publications=PUBLICATIONS,
)
