"""What was bought."""

from services.billing.order.decider import ORDER
from services.billing.order.publications import PUBLICATIONS
from services.billing.order.reactions import ACTIONS, REACTIONS
from shared.feature import Feature

FEATURE = Feature(
    name="order",
    deciders=(ORDER,),
    reactions=REACTIONS,
    actions=ACTIONS,
    publications=PUBLICATIONS,
)
