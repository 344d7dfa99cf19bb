"""Which campaigns a sponsor is behind, and who sees for the sponsor what they bring."""

from services.membership.sponsorship import routes
from services.membership.sponsorship.decider import SPONSORSHIP
from services.membership.sponsorship.projections import SPONSORSHIPS
from services.membership.sponsorship.publications import PUBLICATIONS
from services.membership.sponsorship.reactions import ACTIONS, REACTIONS
from shared.feature import Feature

FEATURE = Feature(
    name="sponsorship",
    deciders=(SPONSORSHIP,),
    router=routes.router,
    projections=(SPONSORSHIPS,),
    reactions=REACTIONS,
    actions=ACTIONS,
    publications=PUBLICATIONS,
)
