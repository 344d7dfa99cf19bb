"""People who are expected: invited by letter to join, or to work for the community."""

from services.membership.invitation import routes
from services.membership.invitation.decider import INVITATION
from services.membership.invitation.projections import INVITATIONS
from services.membership.invitation.publications import PUBLICATIONS
from services.membership.invitation.reactions import ACTIONS, REACTIONS
from shared.feature import Feature

FEATURE = Feature(
    name="invitation",
    deciders=(INVITATION,),
    router=routes.router,
    projections=(INVITATIONS,),
    reactions=REACTIONS,
    publications=PUBLICATIONS,
    actions=ACTIONS,
)
