"""Whether the chat server is as the seats say: compared every day, told first, repaired within bounds."""

from services.membership.chat_audit import routes
from services.membership.chat_audit.decider import CHAT_AUDIT
from services.membership.chat_audit.projections import CHAT_AUDITS, CHAT_DRIFTS
from services.membership.chat_audit.publications import PUBLICATIONS
from services.membership.chat_audit.reactions import ACTIONS, REACTIONS
from shared.feature import Feature

FEATURE = Feature(
    name="chat_audit",
    deciders=(CHAT_AUDIT,),
    router=routes.router,
    projections=(CHAT_AUDITS, CHAT_DRIFTS),
    reactions=REACTIONS,
    publications=PUBLICATIONS,
    actions=ACTIONS,
)
