"""The books: every movement of money, and both tables that are taken out of billing."""

from services.billing.ledger import routes
from services.billing.ledger.projections import LEDGER
from services.billing.ledger.reactions import LOOPS
from shared.feature import Feature

FEATURE = Feature(name="ledger", router=routes.router, projections=(LEDGER,), loops=LOOPS)
