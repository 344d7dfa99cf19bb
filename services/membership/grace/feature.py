"""The days that access lasts after its reason is over."""

from services.membership.grace import routes
from services.membership.grace.decider import GRACE
from shared.feature import Feature

FEATURE = Feature(name="grace", deciders=(GRACE,), router=routes.router)
