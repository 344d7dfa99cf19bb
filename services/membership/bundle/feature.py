"""All that every service keeps of a person, in one ZIP, for them or for whoever may ask for them."""

from services.membership.bundle import routes
from services.membership.bundle.decider import BUNDLE
from services.membership.bundle.publications import PUBLICATIONS
from services.membership.bundle.reactions import ACTIONS, REACTIONS
from shared.feature import Feature

FEATURE = Feature(
    name="bundle",
    deciders=(BUNDLE,),
    router=routes.router,
    reactions=REACTIONS,
    publications=PUBLICATIONS,
    actions=ACTIONS,
)
