"""What a code takes off, and for whom."""

from services.billing.discount import routes
from services.billing.discount.decider import DISCOUNT
from services.billing.discount.projections import DISCOUNTS
from services.billing.discount.reactions import REACTIONS
from shared.feature import Feature

FEATURE = Feature(
    name="discount",
    deciders=(DISCOUNT,),
    router=routes.router,
    projections=(DISCOUNTS,),
    reactions=REACTIONS,
)
