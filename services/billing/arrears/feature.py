"""What somebody owes of all they subscribe to, and what is withheld for it."""

from services.billing.arrears import routes
from services.billing.arrears.decider import ARREARS
from services.billing.arrears.projections import OVERDUE
from services.billing.arrears.reactions import ACTIONS, REACTIONS
from shared.feature import Feature

FEATURE = Feature(
    name="arrears",
    deciders=(ARREARS,),
    router=routes.router,
    projections=(OVERDUE,),
    reactions=REACTIONS,
    actions=ACTIONS,
)
