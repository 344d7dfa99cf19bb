"""What is paid for again and again."""

from services.billing.subscription import routes
from services.billing.subscription.decider import SUBSCRIPTION
from services.billing.subscription.projections import SUBSCRIPTIONS
from services.billing.subscription.publications import PUBLICATIONS
from services.billing.subscription.reactions import ACTIONS, REACTIONS
from shared.feature import Feature

FEATURE = Feature(
    name="subscription",
    deciders=(SUBSCRIPTION,),
    router=routes.router,
    projections=(SUBSCRIPTIONS,),
    reactions=REACTIONS,
    publications=PUBLICATIONS,
    actions=ACTIONS,
)
