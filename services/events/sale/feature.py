"""The seats of a gathering: held, sold, given back."""

from services.events.sale import routes
from services.events.sale.decider import SALE
from services.events.sale.projections import SEATS_LEFT
from services.events.sale.publications import PUBLICATIONS
from services.events.sale.reactions import REACTIONS
from shared.feature import Feature

FEATURE = Feature(
    name="sale",
    deciders=(SALE,),
    router=routes.router,
    projections=(SEATS_LEFT,),
    reactions=REACTIONS,
    publications=PUBLICATIONS,
)
