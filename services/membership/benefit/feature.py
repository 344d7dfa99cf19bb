"""What each tier gives: what is set up to be given by it, and perks in the organiser's words."""

from services.membership.benefit import routes
from services.membership.benefit.decider import BENEFIT
from services.membership.benefit.projections import GATHERING_BENEFITS
from shared.feature import Feature

FEATURE = Feature(
    name="benefit", deciders=(BENEFIT,), router=routes.router, projections=(GATHERING_BENEFITS,)
)
