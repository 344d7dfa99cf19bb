"""What became of somebody's data after they were erased, signed."""

from services.membership.certificate import routes
from services.membership.certificate.decider import CERTIFICATE
from services.membership.certificate.projections import CERTIFICATES
from services.membership.certificate.reactions import REACTIONS
from shared.feature import Feature

FEATURE = Feature(
    name="certificate",
    deciders=(CERTIFICATE,),
    router=routes.router,
    projections=(CERTIFICATES,),
    reactions=REACTIONS,
)
