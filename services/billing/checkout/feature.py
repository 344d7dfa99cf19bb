"""From choosing to having paid."""

from services.billing.checkout import routes
from services.billing.checkout.decider import CHECKOUT
from services.billing.checkout.projections import CHECKOUTS, QUOTE_KEYS
from services.billing.checkout.publications import PUBLICATIONS
from services.billing.checkout.reactions import REACTIONS
from shared.feature import Feature

FEATURE = Feature(
    name="checkout",
    deciders=(CHECKOUT,),
    router=routes.router,
    projections=(CHECKOUTS, QUOTE_KEYS),
    reactions=REACTIONS,
    publications=PUBLICATIONS,
)
