"""The rates of the tax that is in a community's prices."""

from services.billing.tax import routes
from services.billing.tax.decider import TAX
from services.billing.tax.projections import TAX_RATES
from shared.feature import Feature

FEATURE = Feature(name="tax", deciders=(TAX,), router=routes.router, projections=(TAX_RATES,))
