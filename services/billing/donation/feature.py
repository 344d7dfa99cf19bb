"""What strangers give, and how it is looked at and stopped without an account."""

from services.billing.donation import routes
from services.billing.donation.decider import DONATION
from services.billing.donation.projections import DONATIONS
from services.billing.donation.publications import PUBLICATIONS
from services.billing.donation.reactions import ACTIONS, REACTIONS
from shared.feature import Feature

FEATURE = Feature(
    name="donation",
    deciders=(DONATION,),
    router=routes.router,
    projections=(DONATIONS,),
    reactions=REACTIONS,
    actions=ACTIONS,
    publications=PUBLICATIONS,
)
