"""What can be bought."""

from services.billing.offer import routes
from services.billing.offer.decider import OFFER
from services.billing.offer.projections import OFFERS
from services.billing.offer.publications import PUBLICATIONS
from shared.feature import Feature

FEATURE = Feature(
    name="offer",
    deciders=(OFFER,),
    router=routes.router,
    projections=(OFFERS,),
    publications=PUBLICATIONS,
)
