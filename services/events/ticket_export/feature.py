"""Who comes to a gathering, as a table."""

from services.events.ticket_export import routes
from shared.feature import Feature

FEATURE = Feature(name="ticket_export", router=routes.router)
