"""Which groups a community has on WhatsApp, and whose people may enter them."""

from services.membership.group import routes
from services.membership.group.decider import GROUP
from shared.feature import Feature

FEATURE = Feature(name="group", deciders=(GROUP,), router=routes.router)
