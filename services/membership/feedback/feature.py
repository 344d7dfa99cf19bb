"""What members say of one delivery: a ritual's occurrence, a gathering, an item of content."""

from services.membership.feedback import routes
from services.membership.feedback.decider import FEEDBACK
from services.membership.feedback.projections import FEEDBACKS, GATHERINGS_HELD
from services.membership.feedback.publications import PUBLICATIONS
from shared.feature import Feature

FEATURE = Feature(
    name="feedback",
    deciders=(FEEDBACK,),
    router=routes.router,
    projections=(FEEDBACKS, GATHERINGS_HELD),
    publications=PUBLICATIONS,
)
