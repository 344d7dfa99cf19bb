"""Money in and money back."""

from services.billing.payment import routes
from services.billing.payment.decider import PAYMENT
from services.billing.payment.projections import DISPUTES, PAYMENTS
from services.billing.payment.publications import PUBLICATIONS
from services.billing.payment.reactions import ACTIONS, REACTIONS
from shared.feature import Feature

FEATURE = Feature(
    name="payment",
    deciders=(PAYMENT,),
    router=routes.router,
    projections=(PAYMENTS, DISPUTES),
    reactions=REACTIONS,
    publications=PUBLICATIONS,
    actions=ACTIONS,
)
