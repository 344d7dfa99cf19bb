"""Which chat server a community has, and which role follows which tier."""

from services.membership.chat_server import routes
from services.membership.chat_server.decider import CHAT_CLAIM, CHAT_SERVER
from shared.feature import Feature

FEATURE = Feature(name="chat_server", deciders=(CHAT_SERVER, CHAT_CLAIM), router=routes.router)
