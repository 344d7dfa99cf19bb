"""Links that people are sent by: referrals, ambassadors, affiliates and campaigns."""

from services.membership.link import routes
from services.membership.link.decider import LINK
from services.membership.link.projections import LINKS
from services.membership.link.publications import PUBLICATIONS
from services.membership.link.reactions import REACTIONS
from shared.feature import Feature

FEATURE = Feature(
    name="link",
    deciders=(LINK,),
    router=routes.router,
    projections=(LINKS,),
    reactions=REACTIONS,
    publications=PUBLICATIONS,
)
