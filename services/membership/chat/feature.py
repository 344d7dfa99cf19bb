"""Seats on the community's chat server: roles that follow access."""

from services.membership.chat import routes
from services.membership.chat.decider import CHAT
from services.membership.chat.projections import CHAT_ACCOUNTS, CHAT_SEATS
from services.membership.chat.publications import PUBLICATIONS
from services.membership.chat.reactions import ACTIONS, REACTIONS
from shared.feature import Feature

FEATURE = Feature(
    name="chat",
    deciders=(CHAT,),
    router=routes.router,
    projections=(CHAT_SEATS, CHAT_ACCOUNTS),
    reactions=REACTIONS,
    publications=PUBLICATIONS,
    actions=ACTIONS,
)
