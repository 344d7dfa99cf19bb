"""Organisations that pay, and those who act for them."""

from services.membership.organisation import routes
from services.membership.organisation.decider import ORGANISATION
from services.membership.organisation.projections import ORGANISATIONS
from services.membership.organisation.publications import PUBLICATIONS
from services.membership.organisation.reactions import REACTIONS
from shared.feature import Feature

FEATURE = Feature(
    name="organisation",
    deciders=(ORGANISATION,),
    router=routes.router,
    projections=(ORGANISATIONS,),
    reactions=REACTIONS,
    publications=PUBLICATIONS,
)
