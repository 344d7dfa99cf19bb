"""Asking members: one poll, its terms, its count."""

from services.membership.poll import routes
from services.membership.poll.decider import POLL
from services.membership.poll.projections import POLLS
from services.membership.poll.publications import PUBLICATIONS
from services.membership.poll.reactions import ACTIONS, REACTIONS
from shared.feature import Feature

FEATURE = Feature(
    name="poll",
    deciders=(POLL,),
    router=routes.router,
    projections=(POLLS,),
    publications=PUBLICATIONS,
    reactions=REACTIONS,
    actions=ACTIONS,
)
