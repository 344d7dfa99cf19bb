"""Who may come."""

from services.events.ticket import routes
from services.events.ticket.decider import TICKET
from services.events.ticket.projections import TICKETS
from services.events.ticket.publications import PUBLICATIONS
from services.events.ticket.reactions import REACTIONS
from shared.feature import Feature

FEATURE = Feature(
    name="ticket",
    deciders=(TICKET,),
    router=routes.router,
    projections=(TICKETS,),
    reactions=REACTIONS,
    publications=PUBLICATIONS,
)
