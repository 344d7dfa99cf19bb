"""People who join, leave, are shut out, are forgotten."""

from services.membership.member import routes
from services.membership.member.decider import MEMBER
from services.membership.member.projections import MEMBERS
from services.membership.member.publications import PUBLICATIONS
from services.membership.member.reactions import REACTIONS
from shared.feature import Feature

FEATURE = Feature(
    name="member",
    deciders=(MEMBER,),
    router=routes.router,
    projections=(MEMBERS,),
    reactions=REACTIONS,
    publications=PUBLICATIONS,
)
