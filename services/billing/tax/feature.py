"""The rates of the tax that is in a community's prices."""

from services.billing.tax import routes
from services.billing.tax.decider import TAX
from shared.feature import Feature

FEATURE = Feature(name="tax", deciders=(TAX,), router=routes.router)
